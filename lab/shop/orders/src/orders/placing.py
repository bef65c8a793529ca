"""Placing an order."""

from __future__ import annotations

from uuid import UUID

from orders.broker import Publisher, PublishError
from orders.model import Line, Order, OrderRequest, new_order
from orders.prices import Prices
from orders.store import OrderStore


class Impossible(Exception):
    """An order that is well-formed but cannot be placed."""


def place(
    wanted: OrderRequest, customer: UUID, store: OrderStore, prices: Prices, publisher: Publisher
) -> Order:
    lines: list[Line] = []
    currencies: set[str] = set()
    for line in wanted.lines:
        price = prices.of(line.product)
        if price is None:
            raise Impossible(f"there is no product {line.product}")
        lines.append(Line(line.product, line.quantity, price.cents))
        currencies.add(price.currency)
    if len(currencies) != 1:
        raise Impossible("the products have different currencies")

    order = new_order(customer, currencies.pop(), lines)
    store.add(order)
    try:
        publisher.order_placed(order)
    except PublishError:
        store.cancel(order.id)  # nobody would ever bill it
        raise
    return order
