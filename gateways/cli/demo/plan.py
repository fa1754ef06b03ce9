"""What the demo consists of: ids and secrets drawn once, written down before anything is made, so that a crash half-way is gone on from."""

import secrets
import uuid
from pathlib import Path
from typing import Any

import orjson

Plan = dict[str, Any]

WORKSPACES = (
    ("Water Ministry", "Africa/Kigali", "RW", "2020", "3030"),
    ("Harvest Co-op", "America/Bogota", "CO", "4040", "5050"),
)


def read_or_draw(file: Path) -> Plan:
    """The plan of this installation."""
    if file.exists():
        plan: Plan = orjson.loads(file.read_bytes())
        return plan
    plan = {
        "login": {"email": "demo@evenkeel.example", "password": secrets.token_urlsafe(9)},
        "workspaces": [_workspace(*each) for each in WORKSPACES],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(plan, option=orjson.OPT_INDENT_2))
    new.chmod(0o600)
    new.replace(file)
    return plan


def _workspace(name: str, timezone: str, country: str, external: str, kannel: str) -> Plan:
    ids = {key: str(uuid.uuid4()) for key in ("uuid", "user", "field", "global", "keyword", "flow")}
    return {
        **ids,
        "name": name,
        "timezone": timezone,
        "country": country,
        "api_token": secrets.token_hex(20),
        "channels": [
            {"uuid": str(uuid.uuid4()), "type": "EX", "name": f"External {external}", "address": external},
            {"uuid": str(uuid.uuid4()), "type": "KN", "name": f"Kannel {kannel}", "address": kannel},
        ],
    }
