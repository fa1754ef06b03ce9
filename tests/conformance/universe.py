"""The world of the engine's cases: a clock that ticks at every reading, identifiers and chance from a fixed seed.

The generators themselves are part of the cases' folder and are loaded from there.
"""

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.contact.modifiers import ContactRules
from domain.flow.engine.options import EngineOptions


@cache
def generators(folder: Path) -> Any:
    """The cases' own generators."""
    spec = importlib.util.spec_from_file_location("case_generators", folder / "gogen.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Universe:
    """A world that makes what the cases expect. `start` is nanoseconds since 1970; `step` 0 stops the clock."""

    def __init__(self, folder: Path, *, start: int | None = None, step: int = 10**9) -> None:
        made = generators(folder)
        self.clock = made.Clock(made.MOCK_START_NS if start is None else start, step)
        self.identifiers = made.UUIDs(123456, self.clock)
        self.generator = made.PCG(123456)
        self.text_of: Callable[[int], str] = made.rfc3339nano

    def now(self) -> int:
        return int(self.clock.now())

    def now_text(self) -> str:
        return self.text_of(self.now())

    def uuid4(self) -> str:
        return str(self.identifiers.v4())

    def uuid7(self) -> str:
        return str(self.identifiers.v7())

    def random(self) -> float:
        return float(self.generator.float64())


def options_of(engine: dict[str, Any]) -> EngineOptions:
    """The engine options of a kind, out of `harness.json`."""
    prompts = {name: text for name, text in engine.get("llm_prompts", {}).items()}
    taken = "taken" in str(engine.get("claim_urn", ""))
    forbidding = "FORBIDDEN" in str(engine.get("check_sendable", ""))
    return EngineOptions(
        max_request_bytes=engine.get("max_request_bytes", 262_144),
        max_response_bytes=engine.get("max_response_bytes", 262_144),
        webhook_headers=engine.get("webhook_default_headers", {}),
        blocked_hosts=frozenset(engine.get("webhook_blocked_domains", ())),
        llm_prompts=prompts,
        unsendable_reason=_forbids if forbidding else lambda contact, text: "",
        contact_rules=ContactRules(
            max_field_chars=engine.get("max_field_chars", 640),
            claim_urn=_refuses_taken if taken else lambda contact, identity: True,
        ),
    )


def _forbids(contact: Contact, text: str) -> str:
    return "forbidden_content" if "FORBIDDEN" in text else ""


def _refuses_taken(contact: Contact, identity: str) -> bool:
    return "taken" not in identity.partition(":")[2]
