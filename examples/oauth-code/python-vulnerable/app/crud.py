from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .models import AuthorizationCode


async def find_grant(session: AsyncSession, code: str) -> AuthorizationCode | None:
    result = await session.execute(
        select(AuthorizationCode).where(AuthorizationCode.code == code, AuthorizationCode.redeemed_at.is_(None))
    )
    return result.scalar_one_or_none()


async def redeem(session: AsyncSession, grant: AuthorizationCode) -> None:
    grant.redeemed_at = datetime.now(timezone.utc)
    await session.commit()
