from lnbits.db import Database

db = Database("ext_events")


async def get_event(event_id: str):
    return await db.fetchone("SELECT * FROM events.events WHERE id = :id", {"id": event_id})


async def create_ticket(event_id: str, email: str, paid: bool):
    await db.execute(
        "INSERT INTO events.ticket (event_id, email, paid) VALUES (:event_id, :email, :paid)",
        {"event_id": event_id, "email": email, "paid": paid},
    )


async def use_promo_code(event_id: str, code: str):
    """One statement tests the limit and counts; no row comes back when the code is exhausted."""
    return await db.fetchone(
        """
        UPDATE events.promo_codes SET used = used + 1
        WHERE event_id = :event_id AND code = :code AND active AND (max_uses IS NULL OR used < max_uses)
        RETURNING discount_percent
        """,
        {"event_id": event_id, "code": code},
    )
