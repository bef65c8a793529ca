from uuid import uuid4

import pytest
from conftest import EVE

TWO_LINES = {"lines": [{"product": "teapot", "quantity": 1}, {"product": "cup", "quantity": 4}]}


def test_placing_an_order_prices_it_and_tells_the_broker(client, bearer, parts):
    answer = client.post("/orders", json=TWO_LINES, headers=bearer())
    assert answer.status_code == 201
    assert answer.json["total"] == {"cents": 4850, "currency": "EUR"}
    assert [order.total for order in parts.publisher.events] == [4850]


def test_a_customer_sees_only_own_orders(client, bearer):
    order = client.post("/orders", json=TWO_LINES, headers=bearer()).json["id"]
    assert len(client.get("/orders", headers=bearer()).json) == 1
    assert client.get("/orders", headers=bearer(EVE)).json == []
    assert client.get(f"/orders/{order}", headers=bearer(EVE)).status_code == 404
    assert client.post(f"/orders/{order}/cancel", headers=bearer(EVE)).status_code == 404


def test_cancelling(client, bearer):
    order = client.post("/orders", json=TWO_LINES, headers=bearer()).json["id"]
    assert client.post(f"/orders/{order}/cancel", headers=bearer()).json["status"] == "cancelled"
    assert client.get(f"/orders/{order}", headers=bearer()).json["status"] == "cancelled"
    assert client.get(f"/orders/{uuid4()}", headers=bearer()).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "{}",
        '{"lines": []}',
        '{"lines": [{"product": "teapot", "quantity": 0}]}',
        '{"lines": [{"product": "teapot", "quantity": "1"}]}',
        '{"lines": [{"product": "../users", "quantity": 1}]}',
        '{"lines": [{"product": "teapot", "quantity": 1, "cents": 1}]}',
        '{"lines": [{"product": "sofa", "quantity": 1}]}',
        '{"lines": [{"product": "cup", "quantity": 1}, {"product": "kettle", "quantity": 1}]}',
    ],
)
def test_bad_orders_are_refused(client, bearer, parts, body):
    assert client.post("/orders", data=body, headers=bearer()).status_code == 422
    assert parts.store.orders == {}


def test_an_order_that_cannot_be_announced_is_cancelled(client, bearer, parts):
    parts.publisher.broken = True
    assert client.post("/orders", json=TWO_LINES, headers=bearer()).status_code == 503
    assert [order.status for order in parts.store.orders.values()] == ["cancelled"]


def test_unexpected_errors_say_nothing_about_the_inside(client, bearer, parts, monkeypatch):
    def broken(_):
        raise RuntimeError("connection to postgres.internal lost")

    monkeypatch.setattr(parts.store, "of_customer", broken)
    answer = client.get("/orders", headers=bearer())
    assert answer.status_code == 500
    assert "postgres" not in answer.text
