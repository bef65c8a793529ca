"""Telling the rest of the shop what happened to an order."""

from __future__ import annotations

import json
import ssl
from typing import Protocol

import pika
from pika.exceptions import AMQPError

from orders.model import Order

EXCHANGE = "shop"


class PublishError(Exception):
    """The broker did not take an event."""


class Publisher(Protocol):
    def order_placed(self, order: Order) -> None: ...


class RabbitPublisher:
    """Publishes over TLS, with confirmation. One connection per event keeps the
    service free of a heartbeat thread; orders are rare enough for that."""

    def __init__(self, host: str, port: int, user: str, password: str, tls: ssl.SSLContext) -> None:
        self._parameters = pika.ConnectionParameters(
            host=host,
            port=port,
            credentials=pika.PlainCredentials(user, password),
            ssl_options=pika.SSLOptions(tls, server_hostname=host),
            socket_timeout=5,
            blocked_connection_timeout=5,
        )

    def order_placed(self, order: Order) -> None:
        event = {
            "order": str(order.id),
            "customer": str(order.customer),
            "cents": order.total,
            "currency": order.currency,
        }
        try:
            with pika.BlockingConnection(self._parameters) as connection:
                channel = connection.channel()
                channel.confirm_delivery()
                channel.basic_publish(
                    exchange=EXCHANGE,
                    routing_key="order.placed",
                    body=json.dumps(event).encode(),
                    properties=pika.BasicProperties(content_type="application/json", delivery_mode=2),
                    mandatory=True,
                )
        except (AMQPError, OSError) as problem:
            raise PublishError from problem
