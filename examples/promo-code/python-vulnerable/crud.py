from lnbits.db import Database

db = Database("ext_events")


async def get_event(event_id: str):
    return await db.fetchone("SELECT * FROM events.events WHERE id = :id", {"id": event_id})


async def create_ticket(event_id: str, email: str, paid: bool):
    await db.execute(
        "INSERT INTO events.ticket (event_id, email, paid) VALUES (:event_id, :email, :paid)",
        {"event_id": event_id, "email": email, "paid": paid},
    )
