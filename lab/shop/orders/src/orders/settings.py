"""What the service is told from outside."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    database_host: str
    database_name: str
    database_user: str
    database_password: str
    broker_host: str
    broker_port: int
    broker_user: str
    broker_password: str
    catalogue_url: str
    token_public_key: str
    tls_authority: str
    tls_certificate: str
    tls_key: str
    listen: str


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Passwords stand in files; the environment only names them."""

    def content(name: str) -> str:
        return Path(environment[name]).read_text().strip()

    return Settings(
        database_host=environment["DATABASE_HOST"],
        database_name=environment.get("DATABASE_NAME", "orders"),
        database_user=environment.get("DATABASE_USER", "orders"),
        database_password=content("DATABASE_PASSWORD_FILE"),
        broker_host=environment["BROKER_HOST"],
        broker_port=int(environment.get("BROKER_PORT", "5671")),
        broker_user=environment.get("BROKER_USER", "orders"),
        broker_password=content("BROKER_PASSWORD_FILE"),
        catalogue_url=environment["CATALOGUE_URL"],
        token_public_key=content("TOKEN_PUBLIC_KEY"),
        tls_authority=environment["TLS_AUTHORITY"],
        tls_certificate=environment["TLS_CERTIFICATE"],
        tls_key=environment["TLS_KEY"],
        listen=environment.get("LISTEN", "0.0.0.0:8443"),
    )


def tls_client(authority: str) -> ssl.SSLContext:
    """Verifies host names and trusts only the shop's own authority."""
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
