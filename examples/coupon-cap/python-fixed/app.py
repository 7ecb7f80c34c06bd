from datetime import datetime, timedelta, timezone

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from db import get_pool

app = FastAPI()
DAILY_CAP = 50


class Claim(BaseModel):
    affiliate_id: str
    email: str


async def claim_slot(conn: asyncpg.Connection, affiliate_id: str, cap: int) -> bool:
    """One statement counts and claims: no row comes back when the cap is reached."""
    ymd = datetime.now(timezone.utc).date().isoformat()
    count = await conn.fetchval(
        """
        INSERT INTO affiliate_coupon_daily_count AS c (affiliate_id, ymd, count)
        SELECT $1, $2, 1 WHERE $3 >= 1
        ON CONFLICT (affiliate_id, ymd) DO UPDATE SET count = c.count + 1, updated_at = now() WHERE c.count < $3
        RETURNING count
        """,
        affiliate_id,
        ymd,
        cap,
    )
    return count is not None


async def prune(conn: asyncpg.Connection) -> None:
    """For a daily job: nobody asks about a day that is 60 days old."""
    oldest = (datetime.now(timezone.utc) - timedelta(days=60)).date().isoformat()
    await conn.execute("DELETE FROM affiliate_coupon_daily_count WHERE ymd < $1", oldest)


@app.post("/coupons/claim")
async def claim(body: Claim, pool: asyncpg.Pool = Depends(get_pool)):
    async with pool.acquire() as conn, conn.transaction():
        if not await claim_slot(conn, body.affiliate_id, DAILY_CAP):
            raise HTTPException(status_code=409, detail="daily_cap_reached")
        await conn.execute("INSERT INTO coupon_claims (affiliate_id, email) VALUES ($1, $2)", body.affiliate_id, body.email)
    return {"ok": True}
