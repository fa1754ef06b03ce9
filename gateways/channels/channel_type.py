"""The frame that all types share: routing to the right reader, settings and their check, secrets, description.

A type made from a description and a type written in code fill the same frame, so doors and senders see no difference.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, quote_plus

from gateways.channels.contract import (
    NO_INSTALLATION,
    NO_OPTIONS,
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    Ignored,
    Installation,
    LogLine,
    NamePlan,
    NewId,
    OutgoingMessage,
    Refused,
    Route,
    SendOptions,
    SendPlan,
    no_id,
)
from gateways.channels.replies import ignored, refused
from gateways.channels.setting_kinds import expected_instead


class RefuseRequest(Exception):
    """Raised while reading a request: it is wrong, in one way or in `several`, each a sentence."""

    def __init__(self, reason: str, status: int = 400, several: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason, self.status, self.several = reason, status, several


class IgnoreRequest(Exception):
    """Raised while reading a request: there is nothing to do."""

    def __init__(self, reason: str, *log: LogLine) -> None:
        super().__init__(reason)
        self.reason, self.log = reason, log


@dataclass(frozen=True, slots=True)
class Inbound:
    """One request being read, with all that reading it may need."""

    channel: Channel
    request: HttpRequest
    installation: Installation
    new_id: NewId


Reader = Callable[[Inbound], Answer]
Sender = Callable[[Channel, OutgoingMessage, SendOptions], SendPlan]
Fetcher = Callable[[Channel, str, SendOptions], FetchPlan]
Typing = Callable[[Channel, str, str, SendOptions], HttpRequest | None]
Namer = Callable[[Channel, str, SendOptions], NamePlan]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A route and what reads its requests."""

    route: Route
    read: Reader


@dataclass(frozen=True, slots=True)
class Features:
    """What a type can do, for people who choose one."""

    attachments: str = "links"
    """links (appended to the text), media (as themselves) or none"""
    quick_replies: bool = False
    templates: bool = False
    max_length: int | None = None
    signature: bool = False
    token: bool = False
    linked: bool = False
    """Whether it comes and goes over a link that stays open, rather than by requests."""
    proxied: bool = False
    """Whether its requests go out through the proxy, since users choose where they go."""
    throughput: int = 0
    """Parts per second that the aggregator takes from an ordinary account: the `tps` of new channels; 0 if it doesn't matter."""
    documentation: str = ""
    other_schemes: tuple[str, ...] = ()
    """Those that a channel can be made for instead of the type's own."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to the aggregator (`POST https://…`, its body) and the answer it is taken to give."""

    request: str
    body: str
    status: int
    answer: str


@dataclass(frozen=True, slots=True)
class Example:
    """What a type makes of a request (`action` is set), or of a message to send (`text` is): documentation that is run."""

    title: str
    action: str = ""
    method: str = "POST"
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    gives: tuple[Mapping[str, Any], ...] = ()
    text: str = ""
    attachments: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    outcome: str = ""
    external_ids: tuple[str, ...] = ()


COMMON_FIELDS: Final = (ConfigField("max_length", "int"), ConfigField("callback_domain"))


def plain_fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """For types whose attachments are open URLs; a reference nobody can resolve is gone."""
    yield from ()
    return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None


def no_typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest | None:
    """For types that can't show typing."""
    return None


def no_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """For types that can't look up who somebody is."""
    yield from ()
    return None


def methods_by_action(routes: Iterable[Route]) -> dict[str, frozenset[str]]:
    """The methods that each action can be called with."""
    found: dict[str, frozenset[str]] = {}
    for route in routes:
        found[route.action] = found.get(route.action, frozenset()) | frozenset(route.methods)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltType:
    """A channel type, filled in. See `contract.ChannelType` for what each method promises."""

    code: str
    name: str
    schemes: tuple[str, ...]
    receivers: Mapping[str, tuple[Receiver, ...]]
    send: Sender
    fields: tuple[ConfigField, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    """Groups of settings of which one has to be complete."""
    features: Features = Features()
    fetch: Fetcher = plain_fetch
    typing: Typing = no_typing
    find_name: Namer = no_name
    addresses_of: Callable[[HttpRequest], tuple[str, ...]] = lambda request: ()
    restyle: Callable[[Answer], Answer] = lambda answer: answer
    """Puts a type's own wording into refusals and ignored requests."""
    examples: tuple[Example, ...] = ()
    derived_secrets: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda config: ()
    actions: tuple[Route, ...] = field(init=False)
    methods: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        routes = tuple(receiver.route for group in self.receivers.values() for receiver in group)
        object.__setattr__(self, "actions", routes)
        object.__setattr__(self, "methods", methods_by_action(routes))

    def receive(
        self,
        action: str,
        channel: Channel,
        request: HttpRequest,
        *,
        installation: Installation = NO_INSTALLATION,
        new_id: NewId = no_id,
    ) -> Answer:
        """See the contract."""
        group = self.receivers.get(action)
        if group is None:
            return refused(f"{self.name} has no '{action}'", 404)
        for receiver in group:
            if request.method in receiver.route.methods:
                return self._read(receiver, Inbound(channel, request, installation, new_id))
        return refused(f"'{action}' can't be called with {request.method}", 405)

    def _read(self, receiver: Receiver, inbound: Inbound) -> Answer:
        try:
            answer = receiver.read(inbound)
        except RefuseRequest as refusal:
            answer = refused(refusal.reason, refusal.status, several=refusal.several)
        except IgnoreRequest as nothing:
            answer = ignored(nothing.reason, log=nothing.log)
        return self.restyle(answer) if isinstance(answer, Refused | Ignored) else answer

    def channel_addresses(self, request: HttpRequest) -> tuple[str, ...]:
        """See the contract."""
        return self.addresses_of(request)

    def channel_address(self, request: HttpRequest) -> str | None:
        """The first of them."""
        return next(iter(self.addresses_of(request)), None)

    def plan_send(self, channel: Channel, message: OutgoingMessage, options: SendOptions = NO_OPTIONS) -> SendPlan:
        """See the contract."""
        return self.send(channel, message, options)

    def plan_fetch(self, channel: Channel, attachment: str, options: SendOptions = NO_OPTIONS) -> FetchPlan:
        """See the contract."""
        return self.fetch(channel, attachment, options)

    def plan_typing(
        self, channel: Channel, urn: str, external_id: str = "", options: SendOptions = NO_OPTIONS
    ) -> HttpRequest | None:
        """See the contract."""
        return self.typing(channel, urn, external_id, options)

    def plan_name(self, channel: Channel, urn: str, options: SendOptions = NO_OPTIONS) -> NamePlan:
        """Looks up the name of somebody we only know the URN of; None where the type or the aggregator can't tell."""
        return self.find_name(channel, urn, options)

    def check_config(self, config: Mapping[str, Any]) -> list[str]:
        """See the contract."""
        problems: list[str] = []
        for setting in (*self.fields, *COMMON_FIELDS):
            value = config.get(setting.name)
            if value is None or value == "":
                if setting.required:
                    problems.append(f"'{setting.name}' is required")
            elif (expected := expected_instead(setting, value)) is not None:
                problems.append(f"'{setting.name}' must be {expected}")
        if self.alternatives and not any(all(config.get(name) for name in group) for group in self.alternatives):
            choice = ", or ".join(" and ".join(f"'{name}'" for name in group) for group in self.alternatives)
            problems.append(f"{choice} is required")
        return problems

    def secrets(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """See the contract."""
        plain = [str(config[each.name]) for each in self.fields if each.kind == "secret" and config.get(each.name)]
        pairs = [
            f"{config[user.name]}:{config[word.name]}"
            for user in self.fields
            for word in self.fields
            if word.kind == "secret" and user is not word and config.get(user.name) and config.get(word.name)
        ]
        derived = [quote(each, safe="") for each in plain] + [quote_plus(each) for each in plain]
        derived += [b64encode(each.encode()).decode() for each in pairs]
        return tuple(dict.fromkeys([*plain, *derived, *self.derived_secrets(config)]))

    def describe(self) -> dict[str, Any]:
        """See the contract."""
        gives = {route.gives for route in self.actions}
        return {
            "code": self.code,
            "name": self.name,
            "schemes": list(self.schemes),
            "actions": [{"action": each.action, "methods": list(each.methods)} for each in self.actions],
            "settings": [_setting(each) for each in self.fields],
            "receives": self.features.linked or bool(gives & {"message", "several"}),
            "statuses": self.features.linked or bool(gives & {"status", "several"}),
            "events": bool(gives & {"event", "several"}),
            "attachments": self.features.attachments,
            "quick_replies": self.features.quick_replies,
            "templates": self.features.templates,
            "max_length": self.features.max_length,
            "signature": self.features.signature,
            "token": self.features.token,
            "typing": self.typing is not no_typing,
            "names": self.find_name is not no_name,
            "proxied": self.features.proxied,
            "throughput": self.features.throughput,
        }


def _setting(setting: ConfigField) -> dict[str, Any]:
    return {
        "name": setting.name,
        "kind": setting.kind,
        "required": setting.required,
        "default": setting.default,
        "choices": list(setting.choices),
    }
