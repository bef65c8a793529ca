from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fakes import MemoryPrices, MemoryPublisher, MemoryStore
from orders.app import Parts, create_app
from orders.tokens import AUDIENCE, ISSUER, TokenVerifier

ADA = UUID("6f1c1a52-3f0b-4f57-8a1b-3a6a4f0f2b10")
EVE = UUID("c0d7a2d2-9a55-45ce-8a3c-5a9a2f1d7e21")


@pytest.fixture(scope="session")
def key():
    return ec.generate_private_key(ec.SECP384R1())


@pytest.fixture
def parts(key):
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Parts(MemoryStore(), MemoryPrices(), MemoryPublisher(), TokenVerifier(public.decode()))


@pytest.fixture
def client(parts):
    return create_app(parts).test_client()


@pytest.fixture
def bearer(key):
    """Makes the header of a token; keyword arguments change or drop claims."""

    def make(customer=ADA, signer=None, algorithm="ES384", **changes):
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(customer),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + timedelta(minutes=5),
        } | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return {"Authorization": "Bearer " + jwt.encode(claims, key if signer is None else signer, algorithm=algorithm)}

    return make
