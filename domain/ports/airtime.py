"""Topping up somebody's phone."""

from collections.abc import Mapping
from dataclasses import dataclass
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
