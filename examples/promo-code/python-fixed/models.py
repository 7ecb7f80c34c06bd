from pydantic import BaseModel


class PromoCode(BaseModel):
    code: str
    discount_percent: float = 0.0
    active: bool = True
    # None for no limit. A ticket uses the code once, and gives the use back when it is released.
    max_uses: int | None = None
    used: int = 0


class CreateTicket(BaseModel):
    event_id: str
    email: str
    promo_code: str | None = None
