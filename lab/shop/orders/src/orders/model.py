"""What an order is, and what a client may ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

ProductId = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]


class RequestedLine(BaseModel):
    """One product and how many of it. The price is never the client's to say."""

    model_config = ConfigDict(extra="forbid", strict=True)
    product: ProductId
    quantity: Annotated[int, Field(ge=1, le=100)]


class OrderRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    lines: Annotated[list[RequestedLine], Field(min_length=1, max_length=50)]


@dataclass(frozen=True)
class Price:
    cents: int
    currency: str


@dataclass(frozen=True)
class Line:
    product: str
    quantity: int
    cents: int


@dataclass(frozen=True)
class Order:
    id: UUID
    customer: UUID
    status: str
    currency: str
    placed_at: datetime
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return sum(line.quantity * line.cents for line in self.lines)

    def cancelled(self) -> Order:
        return replace(self, status="cancelled")

    def to_json(self) -> dict:
        return {
            "id": str(self.id),
            "status": self.status,
            "placed_at": self.placed_at.isoformat(),
            "total": {"cents": self.total, "currency": self.currency},
            "lines": [vars(line) for line in self.lines],
        }


def new_order(customer: UUID, currency: str, lines: list[Line]) -> Order:
    return Order(uuid4(), customer, "placed", currency, datetime.now(UTC), tuple(lines))
