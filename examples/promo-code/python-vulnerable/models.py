from pydantic import BaseModel


class PromoCode(BaseModel):
    code: str
    discount_percent: float = 0.0
    active: bool = True


class CreateTicket(BaseModel):
    event_id: str
    email: str
    promo_code: str | None = None
