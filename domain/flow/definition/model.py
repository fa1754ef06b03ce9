"""A flow as the engine walks it: immutable, with every look-up it needs ready.

A flow is a graph of nodes. A contact arrives at a node, its actions are done, and its router (if it has one) picks a category
and with it the exit by which the contact leaves. Texts are templates; translations of them lie in the `Localization`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from domain.flow.definition.actions.action import Action
from domain.flow.definition.checks import IS_HINT_TYPE, IS_UUID, MAX_NAME
from domain.flow.definition.localization import Localization
from domain.flow.definition.references import FlowReference
from domain.flow.definition.shapes import nested, number, string, strings

SPEC_VERSION = "14.4.2"
"""The version of the format that is read and written here; older definitions are migrated to it first."""

MAX_TEMPLATE = 10_000
"""Characters of a template."""

_WAIT_SECONDS_IF_UNSET = {"messaging": 3 * 24 * 3600, "voice": 5 * 60}


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a node. Without a destination the run ends there."""

    uuid: str = string(required=True, check=IS_UUID)
    destination_uuid: str = string(omit_empty=True, check=IS_UUID)
    """Empty where the run ends."""


@dataclass(frozen=True, slots=True)
class Category:
    """An answer that a router tells apart, and the exit it leads to."""

    uuid: str = string(required=True, check=IS_UUID)
    name: str = string(required=True, max_chars=MAX_NAME, localizable=True)
    exit_uuid: str = string(required=True, check=IS_UUID)


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a switch: `type` names it, `arguments` are templates."""

    uuid: str = string(required=True, check=IS_UUID)
    type: str = string(required=True)
    arguments: tuple[str, ...] = strings(max_chars=MAX_TEMPLATE, template=True, localizable=True)
    category_uuid: str = string(required=True, check=IS_UUID)


@dataclass(frozen=True, slots=True)
class Hint:
    """What kind of answer is expected: audio, image, video, location, or digits."""

    type: str = string(required=True, check=IS_HINT_TYPE)
    count: int | None = number(omit_empty=False)
    terminated_by: str = string(omit_empty=True)


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long a wait lasts before its category is taken without an answer."""

    seconds: int = number(required=True, minimum=0, if_missing=0, omit_empty=False)
    category_uuid: str = string(required=True, check=IS_UUID)


@dataclass(frozen=True, slots=True)
class MsgWait:
    """A pause until the contact writes."""

    type: ClassVar[str] = "msg"

    timeout: Timeout | None = nested(Timeout)
    hint: Hint | None = nested(Hint)


@dataclass(frozen=True, slots=True)
class DialWait:
    """A pause while the call is forwarded to another number. `phone` is a template."""

    type: ClassVar[str] = "dial"

    phone: str = string(required=True, max_chars=1000, template=True)
    dial_limit_seconds: int = number(minimum=0, if_missing=60)
    call_limit_seconds: int = number(minimum=0, if_missing=7200)


Wait = MsgWait | DialWait


@dataclass(frozen=True, slots=True)
class Router:
    """Picks a category, and with it an exit."""

    type: ClassVar[str] = ""

    wait: Wait | None
    result_name: str
    categories: tuple[Category, ...]
    _by_uuid: Mapping[str, Category] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_uuid", {category.uuid: category for category in self.categories})

    def category(self, uuid: str) -> Category | None:
        """The category of that uuid."""
        return self._by_uuid.get(uuid)

    @property
    def timeout(self) -> Timeout | None:
        """The time-out of the wait, if there is one."""
        return self.wait.timeout if isinstance(self.wait, MsgWait) else None


@dataclass(frozen=True, slots=True)
class SwitchRouter(Router):
    """Puts its operand to each case in turn; the first that holds gives the category, else the default one."""

    type: ClassVar[str] = "switch"

    operand: str
    cases: tuple[Case, ...]
    default_category_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class RandomRouter(Router):
    """Picks a category by chance."""

    type: ClassVar[str] = "random"


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the flow."""

    uuid: str
    actions: tuple[Action, ...]
    router: SwitchRouter | RandomRouter | None
    exits: tuple[Exit, ...]
    _exits_by_uuid: Mapping[str, Exit] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_exits_by_uuid", {way_out.uuid: way_out for way_out in self.exits})

    def exit(self, uuid: str) -> Exit | None:
        """The exit of that uuid."""
        return self._exits_by_uuid.get(uuid)

    def exit_of(self, category: Category) -> Exit:
        """The exit that a category of this node's router leads to."""
        return self._exits_by_uuid[category.exit_uuid]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow definition of the current version. The first node is where contacts come in; there may be none."""

    uuid: str
    name: str
    type: str
    language: str
    revision: int
    expire_after_minutes: int
    localization: Localization
    nodes: tuple[Node, ...]
    ui: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    _nodes_by_uuid: Mapping[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_nodes_by_uuid", {node.uuid: node for node in self.nodes})

    @property
    def reference(self) -> FlowReference:
        """How others refer to this revision of the flow."""
        return FlowReference(self.uuid, self.name, self.revision)

    @property
    def entry(self) -> Node | None:
        """Where contacts come in."""
        return self.nodes[0] if self.nodes else None

    def node(self, uuid: str) -> Node | None:
        """The node of that uuid."""
        return self._nodes_by_uuid.get(uuid)

    def destination(self, way_out: Exit) -> Node | None:
        """The node that an exit leads to; None where the run ends."""
        return self._nodes_by_uuid.get(way_out.destination_uuid) if way_out.destination_uuid else None

    @property
    def expire_after_seconds(self) -> int:
        """How long a wait of this flow lasts before the run expires."""
        if self.expire_after_minutes:
            return self.expire_after_minutes * 60
        return _WAIT_SECONDS_IF_UNSET.get(self.type, 0)
