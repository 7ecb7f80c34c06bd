import asyncpg


async def is_locked(pool: asyncpg.Pool, email: str) -> bool:
    attempts = await pool.fetchval(
        "SELECT attempts FROM pw_failures WHERE email_lc = $1 AND window_start > now() - interval '30 minutes'", email.lower()
    )
    return attempts is not None and attempts >= 10


async def count_failure(pool: asyncpg.Pool, email: str) -> None:
    """One statement counts, or begins again when the window is over."""
    await pool.execute(
        """
        INSERT INTO pw_failures AS f (email_lc, window_start, attempts) VALUES ($1, now(), 1)
        ON CONFLICT (email_lc) DO UPDATE SET
          attempts = CASE WHEN f.window_start > now() - interval '30 minutes' THEN f.attempts + 1 ELSE 1 END,
          window_start = CASE WHEN f.window_start > now() - interval '30 minutes' THEN f.window_start ELSE now() END
        """,
        email.lower(),
    )


async def forget(pool: asyncpg.Pool, email: str) -> None:
    await pool.execute("DELETE FROM pw_failures WHERE email_lc = $1", email.lower())
