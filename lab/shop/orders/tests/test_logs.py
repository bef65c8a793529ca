import json
import logging

from orders.logs import JsonFormatter


def test_only_known_fields_are_written_and_nothing_can_forge_a_line():
    record = logging.makeLogRecord({"msg": "placed\nforged", "order": "7", "email": "ada@shop.example"})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "ada@" not in line
    assert json.loads(line)["order"] == "7"
