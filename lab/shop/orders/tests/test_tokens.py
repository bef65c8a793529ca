from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": datetime.now(UTC) - timedelta(minutes=1)},
        {"exp": None},
        {"jti": None},
        {"iss": "elsewhere"},
        {"aud": "bank"},
        {"sub": "not-a-uuid"},
        {"signer": ec.generate_private_key(ec.SECP384R1())},
        {"signer": "a shared secret that was guessed, at last", "algorithm": "HS256"},
        {"signer": "", "algorithm": "none"},
    ],
)
def test_bad_tokens_are_refused(client, bearer, changes):
    assert client.get("/orders", headers=bearer(**changes)).status_code == 401


def test_without_a_token(client):
    assert client.get("/orders").status_code == 401
    assert client.get("/health").status_code == 204
