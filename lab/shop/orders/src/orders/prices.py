"""Asking the catalogue what products cost."""

from __future__ import annotations

import ssl
from typing import Protocol

import httpx
from pydantic import BaseModel, Field, ValidationError

from orders.model import Price


class PriceError(Exception):
    """The catalogue gave no usable answer."""


class Prices(Protocol):
    def of(self, product: str) -> Price | None:
        """The price of a product, or None where there is no such product."""


class CatalogueProduct(BaseModel):
    cents: int = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class CataloguePrices:
    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        self._client = httpx.Client(base_url=url, verify=tls, timeout=5.0)

    def of(self, product: str) -> Price | None:
        try:
            answer = self._client.get(f"/products/{product}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            found = CatalogueProduct.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as problem:
            raise PriceError from problem
        return Price(found.cents, found.currency)
