"""`@results`, and what a run sees of the run that entered its flow and of the one it entered: `@parent` and `@child`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from domain.contact.contact import Contact
from domain.expressions.values.kinds import MISSING, Deprecated, Lazy, ObjectValue, Value
from domain.flow.engine.contact_context import ContactView, contact_fields, contact_urns
from domain.flow.engine.context_values import Lines, flow_object, json_value, moment
from domain.flow.engine.session import Result, Run

if TYPE_CHECKING:
    from domain.flow.engine.execution import Execution


def result_object(result: Result) -> Value:
    """A result; stands for its value."""
    return {
        "__default__": result.value,
        "name": result.name,
        "value": result.value,
        "category": result.category,
        "category_localized": result.category_localized or result.category,
        "input": result.input,
        "extra": Lazy(lambda: json_value(result.extra)),
        "node_uuid": result.node_uuid,
        "created_on": Lazy(lambda: moment(result.created_on) if result.created_on else None),
    }


def results_object(results: Mapping[str, Result] | None) -> Value:
    """Results by key; stands for one line `Name: value` each."""
    return ResultsView(results or {})


class ResultsView(ObjectValue):
    """Results by key."""

    __slots__ = ("_results",)

    def __init__(self, results: Mapping[str, Result]) -> None:
        self._results = results

    def property(self, name: str) -> Value:
        result = self._results.get(name)
        return MISSING if result is None else result_object(result)

    def names(self) -> Iterable[str]:
        return self._results

    def default(self) -> Value:
        values = {key: result.value for key, result in self._results.items()}
        return Lines(values, {key: result.name for key, result in self._results.items()}).default()


class RelatedRun(ObjectValue):
    """What can be seen of another run: no more than its contact, flow, results and status."""

    __slots__ = ("contact", "flow", "results", "seen_as", "status", "uuid", "x")

    x: Execution
    seen_as: str
    uuid: str
    contact: Contact | None
    flow: Mapping[str, Any] | None
    results: Mapping[str, Result] | None
    status: str

    _properties: ClassVar[dict[str, Callable[[RelatedRun], Value]]] = {
        "uuid": lambda run: run.uuid,
        "contact": lambda run: ContactView(run.x, run.contact) if run.contact is not None else None,
        "flow": lambda run: flow_object(run.x, run.flow) if run.flow is not None else None,
        "fields": lambda run: contact_fields(run.x, run.contact) if run.contact is not None else None,
        "urns": lambda run: contact_urns(run.x, run.contact) if run.contact is not None else None,
        "results": lambda run: results_object(run.results),
        "status": lambda run: run.status,
        "run": lambda run: {
            "status": Deprecated(
                run.status, f"@{run.seen_as}.run.status is deprecated, use @{run.seen_as}.status instead"
            )
        },
    }

    def __init__(
        self,
        x: Execution,
        seen_as: str,
        uuid: str,
        contact: Contact | None,
        flow: Mapping[str, Any] | None,
        results: Mapping[str, Result] | None,
        status: str,
    ) -> None:
        self.x = x
        self.seen_as = seen_as
        self.uuid = uuid
        self.contact = contact
        self.flow = flow
        self.results = results
        self.status = status

    @classmethod
    def of_run(cls, x: Execution, seen_as: str, run: Run) -> RelatedRun:
        """A run of the same session, seen as `child` or `parent`."""
        return cls(x, seen_as, run.uuid, x.contact, run.flow, run.results, run.status)

    @classmethod
    def of_summary(cls, x: Execution, summary: Mapping[str, Any]) -> RelatedRun:
        """The run of another session that started this one."""
        contact = summary.get("contact")
        results = {key: Result.from_json(result) for key, result in (summary.get("results") or {}).items()}
        return cls(
            x,
            "parent",
            summary.get("uuid", ""),
            Contact.from_json(contact, x.assets) if contact else None,
            summary.get("flow"),
            results,
            summary.get("status", ""),
        )

    def property(self, name: str) -> Value:
        found = self._properties.get(name)
        return MISSING if found is None else found(self)

    def names(self) -> Iterable[str]:
        return self._properties

    def default(self) -> Value:
        contact = ContactView(self.x, self.contact).formatted() if self.contact is not None else "<nocontact>"
        flow = self.flow or {}
        known = self.x.assets.flow_or_none(flow.get("uuid", ""))
        return f"{contact}@{known.name if known is not None else '<missing>'}"
