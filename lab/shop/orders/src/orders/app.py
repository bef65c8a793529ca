"""The HTTP face of the service."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, g, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from orders.broker import Publisher, PublishError
from orders.model import OrderRequest
from orders.placing import Impossible, place
from orders.prices import PriceError, Prices
from orders.store import OrderStore
from orders.tokens import InvalidToken, TokenVerifier

log = logging.getLogger("orders")


@dataclass(frozen=True)
class Parts:
    """What the application is built from."""

    store: OrderStore
    prices: Prices
    publisher: Publisher
    tokens: TokenVerifier


def create_app(parts: Parts) -> Flask:
    app = Flask("orders")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024

    @app.before_request
    def authenticate() -> None:
        if request.endpoint != "health":
            g.customer = parts.tokens.customer(request.headers.get("Authorization", ""))

    @app.get("/health")
    def health():
        return "", 204

    @app.post("/orders")
    def place_order():
        wanted = OrderRequest.model_validate_json(request.get_data())
        order = place(wanted, g.customer, parts.store, parts.prices, parts.publisher)
        log.info("order placed", extra={"order": str(order.id)})
        return jsonify(order.to_json()), 201

    @app.get("/orders")
    def list_orders():
        return jsonify([order.to_json() for order in parts.store.of_customer(g.customer)])

    @app.get("/orders/<uuid:order_id>")
    def show_order(order_id: UUID):
        order = parts.store.find(order_id, g.customer)
        return jsonify(order.to_json()) if order else problem(404, "no such order")

    @app.post("/orders/<uuid:order_id>/cancel")
    def cancel_order(order_id: UUID):
        order = parts.store.find(order_id, g.customer)
        if order is None:
            return problem(404, "no such order")
        parts.store.cancel(order.id)
        log.info("order cancelled", extra={"order": str(order.id)})
        return jsonify(order.cancelled().to_json())

    handle_errors(app)
    return app


def problem(status: int, text: str):
    return jsonify({"error": text}), status


def handle_errors(app: Flask) -> None:
    app.register_error_handler(InvalidToken, lambda _: problem(401, "please log in"))
    app.register_error_handler(ValidationError, lambda _: problem(422, "malformed order"))
    app.register_error_handler(Impossible, lambda error: problem(422, str(error)))
    app.register_error_handler(HTTPException, lambda error: problem(error.code or 500, error.name))

    @app.errorhandler(PriceError)
    @app.errorhandler(PublishError)
    def unavailable(error: Exception):
        log.error("a service is unavailable", extra={"kind": type(error).__name__})
        return problem(503, "try again later")

    @app.errorhandler(Exception)
    def unexpected(error: Exception):
        log.error("unexpected error", extra={"kind": type(error).__name__})
        return problem(500, "internal error")
