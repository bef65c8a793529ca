"""Whose request it is. The gateway has verified the token already; this service
verifies it again, so that it need not trust its place in the network."""

from __future__ import annotations

from uuid import UUID

import jwt

ISSUER = "shop-identity"
AUDIENCE = "shop"


class InvalidToken(Exception):
    """A request without a token that holds."""


class TokenVerifier:
    def __init__(self, public_key: str) -> None:
        self._key = public_key

    def customer(self, authorization: str) -> UUID:
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            raise InvalidToken
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["ES384"],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": ["exp", "iat", "sub", "jti"]},
            )
            return UUID(claims["sub"])
        except (jwt.InvalidTokenError, ValueError) as problem:
            raise InvalidToken from problem
