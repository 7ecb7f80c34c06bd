from http import HTTPStatus

from fastapi import APIRouter, HTTPException
from lnbits.core.services import create_invoice

from .crud import create_ticket, get_event, use_promo_code
from .models import CreateTicket

events_api_router = APIRouter()


@events_api_router.post("/api/v1/tickets")
async def api_ticket_create(data: CreateTicket):
    event = await get_event(data.event_id)
    if not event:
        raise HTTPException(status_code=HTTPStatus.NOT_FOUND, detail="Event does not exist.")
    price = event.price_per_ticket
    if data.promo_code:
        promo = await use_promo_code(data.event_id, data.promo_code)
        if not promo:
            raise HTTPException(status_code=HTTPStatus.BAD_REQUEST, detail="Promo code is unknown or exhausted.")
        price = price * (1 - promo.discount_percent / 100)
    if price == 0:
        return await create_ticket(data.event_id, data.email, paid=True)
    return await create_invoice(wallet_id=event.wallet, amount=price, memo=event.name)
