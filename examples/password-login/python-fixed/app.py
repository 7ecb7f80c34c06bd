import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from passlib.context import CryptContext
from pydantic import BaseModel

from db import get_pool
from lockout import count_failure, forget, is_locked

app = FastAPI()
pwd_context = CryptContext(schemes=["argon2"])


class Login(BaseModel):
    email: str
    password: str


@app.post("/login")
async def login(body: Login, pool: asyncpg.Pool = Depends(get_pool)):
    if await is_locked(pool, body.email):
        raise HTTPException(status_code=429, detail="account_locked_30min")
    user = await pool.fetchrow("SELECT id, password_hash FROM users WHERE email = $1", body.email)
    if user is None or not pwd_context.verify(body.password, user["password_hash"]):
        await count_failure(pool, body.email)
        raise HTTPException(status_code=401, detail="invalid")
    await forget(pool, body.email)
    return {"id": user["id"]}
