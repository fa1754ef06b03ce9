"""Topping up somebody's phone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Transfer:
    """`uuid` names the transfer at the provider too, so that one asked for twice is made once. `amounts`: currency → decimal text."""

    org: str
    uuid: str
    sender: str
    recipient: str
    amounts: Mapping[str, str]


class AirtimeTransfers(Protocol):
    async def transfer(self, transfer: Transfer) -> Mapping[str, Any]:
        """{external_id, currency, amount: text, http_logs: […]} or {error}."""


@dataclass(frozen=True, slots=True)
class AirtimeAccount:
    """An organization's account with a provider of airtime. `url` is the base of its API."""

    url: str
    key: str
    secret: str = field(repr=False)


class AirtimeAccounts(Protocol):
    def account(self, org: str) -> AirtimeAccount | None:
        """The organization's account; None if none is set up."""
