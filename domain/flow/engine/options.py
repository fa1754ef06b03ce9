"""What a host decides about the engine: limits, and what may be sent and claimed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.contact.contact import Contact
from domain.contact.modifiers.change import DEFAULT_RULES, ContactRules

MessageCheck = Callable[[Contact, str], str]
"""Given the contact and the text of a message: why it must not be sent, or "" when it may be."""


def anything_may_be_sent(contact: Contact, text: str) -> str:
    """Finds no fault with any message."""
    return ""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The limits bound what one input can cost; each is what flow authors are used to."""

    max_steps_per_sprint: int = 100
    max_chars_per_sprint: int = 2_000_000
    """Of all texts that actions make: a node may hold a hundred messages of ten thousand characters, and be visited again."""
    max_sprints_per_session: int = 500
    max_runs_per_session: int = 500
    max_template_chars: int = 10_000
    max_result_chars: int = 640
    max_request_bytes: int = 262_144
    max_response_bytes: int = 262_144
    webhook_headers: Mapping[str, str] = field(default_factory=lambda: {"User-Agent": "Evenkeel"})
    """Added to webhook requests that don't set them."""
    blocked_hosts: frozenset[str] = frozenset()
    """Hosts, with everything below them, that webhooks may not call."""
    llm_prompts: Mapping[str, str] = field(default_factory=dict)
    """Named prompts that the function `prompt` gives to flows."""
    unsendable_reason: MessageCheck = anything_may_be_sent
    contact_rules: ContactRules = DEFAULT_RULES
    """Limits of a contact's data, and who may have which URN."""


DEFAULT = EngineOptions()
