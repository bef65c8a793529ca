"""One JSON object a line, and no personal data."""

from __future__ import annotations

import json
import logging
import sys

SHOWN = ("order", "kind")


class JsonFormatter(logging.Formatter):
    """Writes the message and the few extra fields that are known to be harmless.
    JSON escapes line breaks, so no value can forge an entry."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "service": "orders",
            "message": record.getMessage(),
        }
        entry.update({name: getattr(record, name) for name in SHOWN if hasattr(record, name)})
        return json.dumps(entry)


def configure() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("pika").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
