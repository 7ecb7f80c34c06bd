"""What the walk makes of the forms of the language; the calls are those of a cursor."""
import sqlite3
from typing import Optional

from .helpers import notify, price_of

LIMIT = 50
TABLE = "seats"


def forms(conn: sqlite3.Connection, seat_id: int, *rest, note: Optional[str] = None, **options) -> bool:
    row = conn.execute(f"SELECT id, state, price FROM {TABLE} WHERE id = ?", (seat_id,)).fetchone()
    if row is None or not row["state"]:
        raise KeyError(seat_id)
    elif row["state"] == "taken" and 0 < row["price"] <= LIMIT:
        return False
    else:
        price = row["price"] if note else price_of(row, discount=2)
    ids = [r["id"] for r in conn.execute("SELECT id FROM seats").fetchall() if r["state"] != "gone"]
    for index, item in enumerate(ids):
        if index in (1, 2):
            continue
        notify(item, seat_id=seat_id, **options)
    else:
        notify(None)
    while price > 10:
        price -= 1
        if price == 20:
            break
    try:
        with conn:
            conn.execute("UPDATE seats SET price = %s WHERE id = %s" % (price, seat_id))
    except sqlite3.IntegrityError as error:
        raise ValueError("taken") from error
    except (sqlite3.OperationalError, OSError):
        return False
    else:
        notify("done")
    finally:
        conn.close()
    match row["state"]:
        case "open" | "held":
            conn.execute("DELETE FROM seats WHERE id = ?", (seat_id,))
        case _:
            pass
    assert row["price"] is not None, "no price"
    return True


class Desk:
    queue: "Queue"

    def __init__(self, conn: sqlite3.Connection):
        self.conn = conn

    @property
    def is_open(self) -> bool:
        return self.hours > 0

    @classmethod
    def every(cls, conn):
        return [cls(row) for row in conn.execute("SELECT * FROM desks")]

    async def take(self, seat_id: int) -> Optional[int]:
        def inner(amount):
            return amount + 1

        if (left := self.queue.remaining(seat_id)) and not left == 0:
            await self.queue.put(inner(left))
        seats = self.conn.execute("UPDATE seats SET n = n - 1 WHERE id = :id AND n > 0", {"id": seat_id})
        return seats.rowcount or None


class Stage(str, Enum):
    OPEN = "open"
    HELD = "held"


class Desk(Base):
    kind: str = "plain"
    LIMIT_NAME = "daily"

    class State(models.TextChoices):
        NEW = "new", _("New")

    async def close(self, db, desk_id):
        # A column is a column, whatever its default says; what a class binds in capitals is what it is bound to.
        await db.execute(
            "UPDATE desks SET stage = ?, state = ?, kind = ?, cap = ? WHERE id = ?",
            (Stage.HELD, self.State.NEW, self.kind, self.LIMIT_NAME, desk_id),
        )
