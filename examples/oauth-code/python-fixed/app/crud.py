from datetime import datetime, timezone

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .models import AuthorizationCode, RefreshToken


async def find_grant(session: AsyncSession, code: str) -> AuthorizationCode | None:
    result = await session.execute(select(AuthorizationCode).where(AuthorizationCode.code == code))
    return result.scalar_one_or_none()


async def redeem(session: AsyncSession, code: str) -> bool:
    """Whether this request is the one that redeems the code."""
    now = datetime.now(timezone.utc)
    result = await session.execute(
        update(AuthorizationCode)
        .where(AuthorizationCode.code == code, AuthorizationCode.redeemed_at.is_(None), AuthorizationCode.expires_at > now)
        .values(redeemed_at=now)
    )
    await session.commit()
    return result.rowcount == 1


async def revoke_family(session: AsyncSession, family: str) -> None:
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.auth_grant_family_id == family, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=datetime.now(timezone.utc))
    )
    await session.commit()
