import enum
from typing import Optional

from sqlalchemy import Column, Enum, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlmodel import Field, SQLModel


class Base(DeclarativeBase):
    pass


class State(str, enum.Enum):
    OPEN = "open"
    TAKEN = "taken"


class Seat(Base):
    __tablename__ = "seats"
    __table_args__ = (
        UniqueConstraint("row_id", "number", name="one_number"),
        Index("one_code", "code", unique=True),
        Index("by_row", "row_id"),
        {"schema": "hall"},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(ForeignKey("rows.id"))
    number: Mapped[Optional[int]] = mapped_column()
    code: Mapped[str] = mapped_column(String(8))
    state: Mapped[State] = mapped_column(Enum(State))
    row: Mapped["Row"] = relationship(back_populates="seats")


class Row(Base):
    __tablename__ = "rows"
    id = Column(Integer, primary_key=True)
    letter = Column(String(1), unique=True, nullable=False)
    note = Column(String(40))
    state = Column(Enum("open", "shut", name="row_state"), nullable=False, server_default="open")


class GuestBase(SQLModel):
    email: str = Field(unique=True, max_length=80)


class GuestCreate(GuestBase):
    password: str


class Guest(GuestBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    seat_id: int = Field(foreign_key="seats.id")
