"""Actions that ask somebody outside: webhooks, language models, the help desk, airtime providers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from domain.flow.definition.actions.action import ONLINE, Action
from domain.flow.definition.checks import IS_HTTP_METHOD, IS_LOCAL, IS_RESULT_NAME, is_header_name
from domain.flow.definition.references import LLMReference, TopicReference, UserReference
from domain.flow.definition.shapes import OMIT, Problems, Spec, declared, nested, string

_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?")
"""An amount as text: editors have written both."""
MAX_AMOUNT = Decimal(10) ** 15
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class HeadersSpec(Spec):
    """HTTP headers: a name each, and a template for the value."""

    __slots__ = ()

    template = True
    empty = _NOTHING

    def read(self, value: Any, path: str, problems: Problems) -> Mapping[str, str]:
        if value is None:
            return _NOTHING
        if not isinstance(value, dict):
            problems.add(path, "must be an object")
            return _NOTHING
        if len(value) > 10:
            problems.add(path, "must be less than or equal to 10")
        for name, header in value.items():
            self._read_one(name, header, path, problems)
        return MappingProxyType(dict(value))

    @staticmethod
    def _read_one(name: str, header: Any, path: str, problems: Problems) -> None:
        if len(name) > 100:
            problems.add(f"{path}[{name}]", "must be less than or equal to 100")
        elif not isinstance(header, str):
            problems.add(f"{path}[{name}]", "must be text")
        elif len(header) > 5000:
            problems.add(f"{path}[{name}]", "must be less than or equal to 5000")

    def write(self, value: Any) -> Any:
        return dict(value) if value else OMIT


class AmountsSpec(Spec):
    """An amount of money per currency."""

    __slots__ = ()

    empty = _NOTHING

    def read(self, value: Any, path: str, problems: Problems) -> Mapping[str, Decimal]:
        if not value:
            problems.add(path, "is required")
            return _NOTHING
        if not isinstance(value, dict):
            problems.add(path, "must be an object")
            return _NOTHING
        if len(value) > 100:
            problems.add(path, "must be less than or equal to 100")
        return MappingProxyType({code: self._read_one(code, amount, path, problems) for code, amount in value.items()})

    @staticmethod
    def _read_one(currency: str, amount: Any, path: str, problems: Problems) -> Decimal:
        if len(currency) > 8:
            problems.add(f"{path}[{currency}]", "must be less than or equal to 8")
        if isinstance(amount, str) and _NUMBER.fullmatch(amount):
            amount = Decimal(amount)
        if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
            problems.add(f"{path}[{currency}]", "must be a number")
            return Decimal(0)
        made = Decimal(str(amount)) if isinstance(amount, float) else Decimal(amount)
        if not made.is_finite() or made.adjusted() > 100 or len(made.as_tuple().digits) > 36:
            problems.sentences.append("number value is out of permitted range")
            return Decimal(0)
        return made

    def write(self, value: Any) -> Any:
        return {code: int(amount) if amount == int(amount) else float(amount) for code, amount in value.items()}


@dataclass(frozen=True, slots=True)
class CallWebhook(Action):
    """Calls a URL; the answer becomes @webhook."""

    type: ClassVar[str] = "call_webhook"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    method: str = string(required=True, check=IS_HTTP_METHOD)
    url: str = string(required=True, max_chars=8192, template=True)
    headers: Mapping[str, str] = declared(HeadersSpec())
    body: str = string(omit_empty=True, max_chars=20_000, template=True)
    result_name: str = string(omit_empty=True, check=IS_RESULT_NAME)

    def objection(self) -> str | None:
        for name in self.headers:
            if not is_header_name(name):
                return f"header '{name}' is not a valid HTTP header"
        return None


@dataclass(frozen=True, slots=True)
class CallResthook(Action):
    """Calls every subscriber of a resthook."""

    type: ClassVar[str] = "call_resthook"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    resthook: str = string(required=True, max_chars=1000)
    result_name: str = string(omit_empty=True, check=IS_RESULT_NAME)


@dataclass(frozen=True, slots=True)
class CallLLM(Action):
    """Has a language model work on a text; the answer goes to a local variable."""

    type: ClassVar[str] = "call_llm"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    llm: LLMReference = nested(LLMReference, required=True)
    instructions: str = string(required=True, max_chars=10_000, template=True)
    input: str = string(max_chars=10_000, template=True)
    output_local: str = string(required=True, check=IS_LOCAL)


@dataclass(frozen=True, slots=True)
class CallClassifier(Action):
    """Retired: classifiers are read, but no longer called."""

    type: ClassVar[str] = "call_classifier"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    input: str = string(template=True)
    result_name: str = string(required=True, check=IS_RESULT_NAME)


@dataclass(frozen=True, slots=True)
class OpenTicket(Action):
    """Opens a ticket with the help desk."""

    type: ClassVar[str] = "open_ticket"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    topic: TopicReference | None = nested(TopicReference, omit_empty=False)
    assignee: UserReference | None = nested(UserReference)
    note: str = string(max_chars=10_000, template=True)


@dataclass(frozen=True, slots=True)
class TransferAirtime(Action):
    """Sends the contact airtime, by the currency of the contact's number."""

    type: ClassVar[str] = "transfer_airtime"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    amounts: Mapping[str, Decimal] = declared(AmountsSpec())

    def objection(self) -> str | None:
        for currency, amount in self.amounts.items():
            if amount < 0 or amount > MAX_AMOUNT:
                return f"amount for '{currency}' is out of range"
        return None
