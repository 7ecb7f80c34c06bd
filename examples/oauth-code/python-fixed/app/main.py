import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from . import crud
from .session import get_session
from .tokens import issue_tokens

router = APIRouter()
logger = logging.getLogger(__name__)


@router.post("/oauth/token")
async def token(code: Annotated[str, Form()], session: AsyncSession = Depends(get_session)):
    redeemed = await crud.redeem(session, code)
    grant = await crud.find_grant(session, code)
    if not redeemed:
        # A second use of a code revokes everything that its first use gave (RFC 6749, section 4.1.2).
        if grant is not None:
            logger.warning("oauth.code_reuse %s", grant.auth_grant_family_id)
            await crud.revoke_family(session, grant.auth_grant_family_id)
        raise HTTPException(status_code=400, detail="invalid_grant")
    return await issue_tokens(grant.user_id, grant.auth_grant_family_id)
