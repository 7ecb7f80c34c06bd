from datetime import datetime, timezone

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from db import get_pool

app = FastAPI()
DAILY_CAP = 50


class Claim(BaseModel):
    affiliate_id: str
    email: str


@app.post("/coupons/claim")
async def claim(body: Claim, pool: asyncpg.Pool = Depends(get_pool)):
    today = datetime.now(timezone.utc).date()
    async with pool.acquire() as conn, conn.transaction():
        claimed = await conn.fetchval(
            "SELECT count(*) FROM coupon_claims WHERE affiliate_id = $1 AND claimed_at::date = $2",
            body.affiliate_id,
            today,
        )
        if claimed >= DAILY_CAP:
            raise HTTPException(status_code=409, detail="daily_cap_reached")
        await conn.execute("INSERT INTO coupon_claims (affiliate_id, email) VALUES ($1, $2)", body.affiliate_id, body.email)
    return {"ok": True}
