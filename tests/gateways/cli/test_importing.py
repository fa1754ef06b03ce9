"""Export files of RapidPro become commands; what has no command is told."""

import json
import uuid
from typing import Any

import pytest

from commands.workspace.configure import TRIGGER_TYPES
from domain.flow.definition.export_shapes import TRIGGER_TYPES as CODES
from domain.flow.definition.export_shapes import code_of
from gateways.cli.importing import import_export


@pytest.mark.parametrize("kind", TRIGGER_TYPES)
def test_a_trigger_of_every_type_there_is_is_taken_from_a_file(kind: str) -> None:
    flow = {
        "uuid": str(uuid.UUID(int=1)), "name": "Survey", "spec_version": "14.0.0", "type": "messaging", "language": "eng", "revision": 1,
        "expire_after_minutes": 60, "localization": {}, "nodes": [],
    }  # fmt: skip
    trigger = {"trigger_type": code_of(CODES, kind), "flow": {"uuid": flow["uuid"], "name": "Survey"}}
    trigger |= {"keywords": ["survey"], "match_type": "F"} if kind == "keyword" else {}
    given: list[tuple[str, Any]] = []

    def submit(name: str, data: Any) -> Any:
        given.append((name, data))
        return {"uuid": flow["uuid"]}

    content = json.dumps({"version": "13", "flows": [flow], "triggers": [trigger]}).encode()
    told = import_export(content, submit)

    assert (told["triggers"], told["skipped"]) == (1, [])
    assert [data["trigger"]["type"] for name, data in given if name == "add_trigger"] == [kind]
