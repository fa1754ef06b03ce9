"""What expressions can see in a run: `@contact`, `@results`, `@input` and the other thirteen names they start from.

Nothing is built before an expression asks for it: an object here knows how to answer for a name, and asks the state then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from domain.expressions.values.kinds import MISSING, Deprecated, Lazy, ObjectValue, Value
from domain.flow.engine.contact_context import ContactView, contact_fields, contact_urns, ticket_view
from domain.flow.engine.context_values import (
    ChannelView,
    Lines,
    UserView,
    flow_object,
    json_value,
    moment,
    named_object,
    redacted_urn,
)
from domain.flow.engine.legacy_extra import legacy_extra
from domain.flow.engine.related_run import RelatedRun, results_object

if TYPE_CHECKING:
    from domain.flow.engine.execution import Execution
    from domain.flow.engine.inputs import MessageInput
    from domain.flow.engine.session import Run


class RunContext:
    """The names that expressions of the current run start from."""

    __slots__ = ("_x",)

    def __init__(self, x: Execution) -> None:
        self._x = x

    def get(self, name: str, default: Any = None, /) -> Value:
        """The value of a lower-case name."""
        resolve = _ROOT.get(name)
        return default if resolve is None else resolve(self._x)


def _contact(x: Execution) -> Value:
    return ContactView(x, x.contact)


def _globals(x: Execution) -> Value:
    items = x.assets.globals
    return Lines({key: item.value for key, item in items.items()}, {key: item.name for key, item in items.items()})


def _input(x: Execution) -> Value:
    received = x.session.input
    return None if received is None else InputView(x, received)


class InputView(ObjectValue):
    """`@input`."""

    __slots__ = ("_input", "_x")

    _properties: ClassVar[dict[str, Callable[[Execution, MessageInput], Value]]] = {
        "type": lambda x, received: "msg",
        "uuid": lambda x, received: received.uuid,
        "created_on": lambda x, received: moment(received.created_on),
        "channel": lambda x, received: _channel(x, received.channel),
        "urn": lambda x, received: redacted_urn(x, received.urn) if received.urn else None,
        "text": lambda x, received: received.text,
        "attachments": lambda x, received: list(received.attachments),
        "external_id": lambda x, received: received.external_id,
        "payload": lambda x, received: json_value(received.payload) if received.payload is not None else {},
    }

    def __init__(self, x: Execution, received: MessageInput) -> None:
        self._x = x
        self._input = received

    def property(self, name: str) -> Value:
        found = self._properties.get(name)
        return MISSING if found is None else found(self._x, self._input)

    def names(self) -> Iterable[str]:
        return self._properties

    def default(self) -> Value:
        urls = (attachment.partition(":")[2] for attachment in self._input.attachments)
        return "\n".join(part for part in (self._input.text, *urls) if part)


def _channel(x: Execution, reference: Mapping[str, Any] | None) -> Value:
    channel = x.assets.channels.get(reference.get("uuid", "")) if reference else None
    return None if channel is None else ChannelView(channel)


def _run(x: Execution) -> Value:
    run = x.current_run()
    return {
        "__default__": Lazy(lambda: f"{ContactView(x, x.contact).formatted()}@{run.flow.get('name', '')}"),
        "uuid": run.uuid,
        "contact": Lazy(lambda: ContactView(x, x.contact)),
        "flow": Lazy(lambda: flow_object(x, run.flow)),
        "status": run.status,
        "locals": Lazy(lambda: dict(run.locals or {})),
        "results": Lazy(lambda: results_object(run.results)),
        "path": Lazy(lambda: _path(run)),
        "created_on": Lazy(lambda: moment(run.created_on)),
        "exited_on": Lazy(lambda: moment(run.exited_on) if run.exited_on else None),
    }


def _path(run: Run) -> Value:
    return [{"node_uuid": step.node_uuid, "arrived_on": moment(step.arrived_on)} for step in run.path or ()]


def _child(x: Execution) -> Value:
    child = x.session.child_of(x.current_run())
    return None if child is None else RelatedRun.of_run(x, "child", child)


def _parent(x: Execution) -> Value:
    parent = x.session.parent_of(x.current_run())
    if parent is not None:
        return RelatedRun.of_run(x, "parent", parent)
    summary = x.session.trigger.run_summary
    return RelatedRun.of_summary(x, summary) if summary else None


def _ticket(x: Execution) -> Value:
    ticket = x.contact.open_ticket
    return None if ticket is None else ticket_view(ticket)


def _webhook(x: Execution) -> Value:
    webhook = x.current_run().webhook
    if webhook is None:
        return None
    return {
        "__default__": f"{webhook.get('method', '')} {webhook.get('url', '')}",
        "status": webhook.get("status") or 0,
        "headers": Lazy(lambda: json_value(webhook.get("headers") or {})),
        "json": Lazy(lambda: json_value(webhook.get("json"))),
    }


def _node(x: Execution) -> Value:
    node = x.node
    if node is None:
        return None
    router = node.definition.router
    run = x.current_run()
    return {
        "uuid": node.uuid,
        "categories": [category.name for category in router.categories] if router is not None else [],
        "visit_count": Lazy(lambda: Decimal(run.visits(node.uuid))),
    }


def _trigger(x: Execution) -> Value:
    trigger = x.session.trigger
    params = trigger.known_params
    return {
        "type": trigger.type,
        "params": Lazy(lambda: json_value(params) if params else {}),
        "keyword": trigger.keyword,
        "user": Lazy(lambda: _user(x)),
        "origin": trigger.origin,
        "campaign": Lazy(lambda: _campaign(x)),
        "ticket": Lazy(lambda: _trigger_ticket(x)),
    }


def _user(x: Execution) -> Value:
    reference = x.session.trigger.user
    user = x.assets.users.get(reference.get("uuid", "")) if reference else None
    return None if user is None else UserView(user)


def _campaign(x: Execution) -> Value:
    trigger = x.session.trigger
    reference = (trigger.event or {}).get("campaign") if trigger.type == "campaign" else None
    campaign = x.assets.campaigns.get(reference.get("uuid", "")) if reference else None
    return None if campaign is None else named_object(campaign.uuid, campaign.name)


def _trigger_ticket(x: Execution) -> Value:
    document = x.session.trigger.ticket
    if not document:
        return None
    from domain.contact.contact import read_ticket

    return ticket_view(read_ticket(document, x.assets))


def _resume(x: Execution) -> Value:
    resume = x.resume
    if resume is None:
        return None
    return {"type": resume.type, "dial": Lazy(lambda: json_value(resume.dial) if resume.dial else None)}


_ROOT: dict[str, Callable[[Execution], Value]] = {
    "contact": _contact,
    "fields": lambda x: contact_fields(x, x.contact),
    "urns": lambda x: contact_urns(x, x.contact),
    "locals": lambda x: dict(x.current_run().locals or {}),
    "results": lambda x: results_object(x.current_run().results),
    "input": _input,
    "run": _run,
    "child": _child,
    "parent": _parent,
    "ticket": _ticket,
    "webhook": _webhook,
    "node": _node,
    "globals": _globals,
    "trigger": _trigger,
    "resume": _resume,
    "legacy_extra": lambda x: Deprecated(
        Lazy(lambda: legacy_extra(x.session.trigger.known_params, x.current_run().results or {})),
        "@legacy_extra is deprecated",
    ),
}
