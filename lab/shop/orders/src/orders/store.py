"""Where orders are kept."""

from __future__ import annotations

from importlib.resources import files
from typing import Protocol
from uuid import UUID

from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from orders.model import Line, Order


class OrderStore(Protocol):
    def add(self, order: Order) -> None: ...

    def of_customer(self, customer: UUID) -> list[Order]: ...

    def find(self, order_id: UUID, customer: UUID) -> Order | None:
        """The order, if it is this customer's."""

    def cancel(self, order_id: UUID) -> None: ...


class PostgresStore:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def create_tables(self) -> None:
        with self._pool.connection() as connection:
            connection.execute(files("orders").joinpath("schema.sql").read_text())

    def add(self, order: Order) -> None:
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "insert into orders (id, customer, status, currency, placed_at) values (%s, %s, %s, %s, %s)",
                (order.id, order.customer, order.status, order.currency, order.placed_at),
            )
            cursor.executemany(
                "insert into order_lines (order_id, position, product, quantity, cents) values (%s, %s, %s, %s, %s)",
                [
                    (order.id, position, line.product, line.quantity, line.cents)
                    for position, line in enumerate(order.lines)
                ],
            )

    def of_customer(self, customer: UUID) -> list[Order]:
        return self._select("customer = %s order by placed_at desc limit 100", (customer,))

    def find(self, order_id: UUID, customer: UUID) -> Order | None:
        found = self._select("id = %s and customer = %s", (order_id, customer))
        return found[0] if found else None

    def cancel(self, order_id: UUID) -> None:
        with self._pool.connection() as connection:
            connection.execute("update orders set status = 'cancelled' where id = %s", (order_id,))

    def _select(self, condition: str, parameters: tuple) -> list[Order]:
        """Orders that meet a condition, which is always a constant of this module."""
        with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                "select id, customer, status, currency, placed_at from orders where " + condition, parameters
            ).fetchall()
            orders = []
            for row in rows:
                lines = cursor.execute(
                    "select product, quantity, cents from order_lines where order_id = %s order by position",
                    (row["id"],),
                ).fetchall()
                orders.append(Order(**row, lines=tuple(Line(**line) for line in lines)))
            return orders
