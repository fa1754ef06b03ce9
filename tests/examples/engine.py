"""An example flow and contact for tests of the engine: a question with three answers."""

from typing import Any

FLOW_UUID = "b1a2c3d4-0000-4000-8000-000000000001"
CONTACT_UUID = "b1a2c3d4-0000-4000-8000-0000000000c0"
ASK, THANK = "b1a2c3d4-0000-4000-8000-000000000010", "b1a2c3d4-0000-4000-8000-000000000020"

MESSAGE_EVENT: dict[str, Any] = {
    "uuid": "0197b335-6ded-79a4-95a6-3af85b57f108",
    "type": "msg_received",
    "created_on": "2025-06-01T12:00:09Z",
    "msg": {"urn": "tel:+250788123123", "text": "I like green best"},
}


def contact_document() -> dict[str, Any]:
    return {
        "uuid": CONTACT_UUID,
        "id": 1234,
        "name": "Ann Uwase",
        "language": "eng",
        "status": "active",
        "created_on": "2024-01-01T00:00:00Z",
        "urns": ["tel:+250788123123"],
    }


def _uuid(number: int) -> str:
    return f"b1a2c3d4-0000-4000-8000-{number:012x}"


def question_flow(*, timeout_seconds: int | None = None) -> dict[str, Any]:
    """Asks for a colour, thanks for it by name, and waits for more."""
    colours = ("Red", "Green", "Blue", "Other")
    categories = [
        {"uuid": _uuid(0x100 + n), "name": name, "exit_uuid": _uuid(0x200 + n)} for n, name in enumerate(colours)
    ]
    cases = [
        {
            "uuid": _uuid(0x300 + n),
            "type": "has_any_word",
            "arguments": [name.lower()],
            "category_uuid": _uuid(0x100 + n),
        }
        for n, name in enumerate(colours[:3])
    ]
    wait: dict[str, Any] = {"type": "msg"}
    if timeout_seconds is not None:
        wait["timeout"] = {"seconds": timeout_seconds, "category_uuid": _uuid(0x103)}
    return {
        "uuid": FLOW_UUID,
        "name": "Colours",
        "spec_version": "14.4.2",
        "language": "eng",
        "type": "messaging",
        "revision": 1,
        "expire_after_minutes": 60,
        "nodes": [
            {
                "uuid": ASK,
                "actions": [{"uuid": _uuid(0x11), "type": "send_msg", "text": "Hi @contact.first_name, which colour?"}],
                "router": {
                    "type": "switch", "operand": "@input.text", "wait": wait, "result_name": "Colour",
                    "categories": categories, "cases": cases, "default_category_uuid": _uuid(0x103),
                },
                "exits": [{"uuid": _uuid(0x200 + n), "destination_uuid": THANK} for n in range(4)],
            },
            {
                "uuid": THANK,
                "actions": [
                    {"uuid": _uuid(0x21), "type": "set_run_result", "name": "Answer", "value": "@results.colour.category", "category": "Given"},
                    {"uuid": _uuid(0x22), "type": "send_msg", "text": "@results.colour is fine, @contact.name. More?"},
                ],
                "router": {
                    "type": "switch", "operand": "@input.text", "wait": {"type": "msg"}, "cases": [],
                    "categories": [{"uuid": _uuid(0x400), "name": "All", "exit_uuid": _uuid(0x401)}],
                    "default_category_uuid": _uuid(0x400),
                },
                "exits": [{"uuid": _uuid(0x401)}],
            },
        ],
    }  # fmt: skip
