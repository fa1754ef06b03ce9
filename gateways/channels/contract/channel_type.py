"""What a channel type can do."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol

from gateways.channels.contract.channel import NO_INSTALLATION, Channel, ConfigField, Installation, Route
from gateways.channels.contract.http_exchange import HttpRequest, HttpResponse
from gateways.channels.contract.incoming import Answer
from gateways.channels.contract.outgoing import NO_OPTIONS, OutgoingMessage, SendOptions, SendOutcome

SendPlan = Generator[HttpRequest, HttpResponse, SendOutcome]
FetchPlan = Generator[HttpRequest, HttpResponse, HttpRequest | None]
NamePlan = Generator[HttpRequest, HttpResponse, str | None]
NewId = Callable[[], str]


def no_id() -> str:
    """For callers that don't need ids in the answers."""
    return ""


class ChannelType(Protocol):
    """One aggregator or messenger."""

    @property
    def code(self) -> str:
        """Upper case, as stored with channels: `EX`."""

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    @property
    def actions(self) -> tuple[Route, ...]: ...

    @property
    def methods(self) -> Mapping[str, frozenset[str]]:
        """The methods that each action can be called with."""

    @property
    def fields(self) -> tuple[ConfigField, ...]: ...

    def receive(
        self,
        action: str,
        channel: Channel,
        request: HttpRequest,
        *,
        installation: Installation = NO_INSTALLATION,
        new_id: NewId = no_id,
    ) -> Answer:
        """The facts in a request. Never raises: whatever is wrong with the request becomes `Refused`."""

    def channel_addresses(self, request: HttpRequest) -> tuple[str, ...]:
        """The addresses of the channels a request is for, each once, for types whose URL does not name the channel (Meta's).

        Each of these channels then takes from the request what is its own.
        """

    def plan_send(self, channel: Channel, message: OutgoingMessage, options: SendOptions = NO_OPTIONS) -> SendPlan:
        """The requests that send a message, one at a time."""

    def plan_fetch(self, channel: Channel, attachment: str, options: SendOptions = NO_OPTIONS) -> FetchPlan:
        """Finds the download for an attachment: look-ups are yielded, the download itself is returned (None: gone)."""

    def plan_typing(
        self, channel: Channel, urn: str, external_id: str = "", options: SendOptions = NO_OPTIONS
    ) -> HttpRequest | None:
        """The request that shows "typing…" to the contact, None where the type has none."""

    def check_config(self, config: Mapping[str, Any]) -> list[str]:
        """Problems with a channel's settings, each a sentence that names the key; empty when there are none."""

    def secrets(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """Every string that must not reach a log: secret settings and what is derived from them."""

    def describe(self) -> dict[str, Any]:
        """What the type can do, for the feature matrix and the settings form."""
