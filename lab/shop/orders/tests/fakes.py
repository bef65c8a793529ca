"""In-memory parts that stand for the database, the catalogue and the broker."""

from orders.broker import PublishError
from orders.model import Price


class MemoryStore:
    def __init__(self):
        self.orders = {}

    def add(self, order):
        self.orders[order.id] = order

    def of_customer(self, customer):
        return [order for order in self.orders.values() if order.customer == customer]

    def find(self, order_id, customer):
        order = self.orders.get(order_id)
        return order if order and order.customer == customer else None

    def cancel(self, order_id):
        self.orders[order_id] = self.orders[order_id].cancelled()


class MemoryPrices:
    known = {"teapot": Price(2450, "EUR"), "cup": Price(600, "EUR"), "kettle": Price(5000, "USD")}

    def of(self, product):
        return self.known.get(product)


class MemoryPublisher:
    def __init__(self):
        self.events = []
        self.broken = False

    def order_placed(self, order):
        if self.broken:
            raise PublishError
        self.events.append(order)
