from datetime import datetime

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class AuthorizationCode(Base):
    __tablename__ = "oauth_authorization_codes"
    code: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    auth_grant_family_id: Mapped[str]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]


class RefreshToken(Base):
    __tablename__ = "oauth_refresh_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    auth_grant_family_id: Mapped[str]
    revoked_at: Mapped[datetime | None]
