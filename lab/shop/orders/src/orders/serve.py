"""Starts the service: python -m orders.serve"""

from __future__ import annotations

import ssl

from flask import Flask
from gunicorn.app.base import BaseApplication
from psycopg_pool import ConnectionPool

from orders import logs, settings
from orders.app import Parts, create_app
from orders.broker import RabbitPublisher
from orders.prices import CataloguePrices
from orders.process import forbid_dumps
from orders.store import PostgresStore
from orders.tokens import TokenVerifier


def build(s: settings.Settings) -> Flask:
    pool = ConnectionPool(
        kwargs={
            "host": s.database_host,
            "dbname": s.database_name,
            "user": s.database_user,
            "password": s.database_password,
            "sslmode": "verify-full",
            "sslrootcert": s.tls_authority,
        },
        min_size=1,
        max_size=8,
        open=True,
    )
    store = PostgresStore(pool)
    store.create_tables()
    tls = settings.tls_client(s.tls_authority)
    return create_app(
        Parts(
            store=store,
            prices=CataloguePrices(s.catalogue_url, tls),
            publisher=RabbitPublisher(s.broker_host, s.broker_port, s.broker_user, s.broker_password, tls),
            tokens=TokenVerifier(s.token_public_key),
        )
    )


class Server(BaseApplication):
    """Gunicorn, configured here and not by command line."""

    def __init__(self, s: settings.Settings) -> None:
        self._settings = s
        super().__init__()

    def load_config(self) -> None:
        def server_tls(_config, default_context):
            context = default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            return context

        for name, value in {
            "bind": self._settings.listen,
            "workers": 2,
            "threads": 4,
            "certfile": self._settings.tls_certificate,
            "keyfile": self._settings.tls_key,
            "ssl_context": server_tls,
            "worker_tmp_dir": "/dev/shm",
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return build(self._settings)


if __name__ == "__main__":
    logs.configure()
    forbid_dumps()
    Server(settings.read()).run()
