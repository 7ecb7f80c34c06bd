from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from . import crud
from .session import get_session
from .tokens import issue_tokens

router = APIRouter()


@router.post("/oauth/token")
async def token(code: Annotated[str, Form()], session: AsyncSession = Depends(get_session)):
    grant = await crud.find_grant(session, code)
    if grant is None:
        raise HTTPException(status_code=400, detail="invalid_grant")
    await crud.redeem(session, grant)
    return await issue_tokens(grant.user_id, grant.auth_grant_family_id)
