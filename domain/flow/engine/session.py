"""A session: one conversation of a contact with a flow, its subflows included. Its state is all that a resume needs.

    Session  one per conversation; the contact and the environment are not part of it, the host brings them each time
    Run      one per flow entered; a run that entered another is its parent and waits, active, until the child has ended
    Step     a node the run arrived at
    Result   what a router or action saved under a name

Sessions and runs change only while a sprint works on its own copy (`Session.copied`): steps, results and references are
never changed, only replaced, so a copy is shallow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from domain.errors import Invalid
from domain.flow.engine.inputs import MessageInput, Reference
from domain.flow.engine.triggers import Trigger, stored_trigger

ACTIVE, WAITING, COMPLETED, FAILED, EXPIRED, INTERRUPTED = (
    "active",
    "waiting",
    "completed",
    "failed",
    "expired",
    "interrupted",
)
LIVE = (ACTIVE, WAITING)
"""The statuses of a run that has not ended."""
MAX_STORED_WEBHOOK = 10_000
"""A webhook answer whose JSON is longer than this many bytes is not kept with the run, or sessions would grow without end."""


class Step(NamedTuple):
    """A visit to a node."""

    node_uuid: str
    arrived_on: str


@dataclass(frozen=True, slots=True)
class Result:
    """A value saved under a name. `extra` is any JSON that came with it, `extra_text` how that was written, if it matters."""

    name: str
    value: str
    created_on: str
    category: str = ""
    category_localized: str = ""
    node_uuid: str = ""
    input: str = ""
    extra: Any = None
    extra_text: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Result:
        return cls(
            name=document.get("name") or "",
            value=document.get("value") or "",
            created_on=document.get("created_on") or "",
            category=document.get("category") or "",
            category_localized=document.get("category_localized") or "",
            node_uuid=document.get("node_uuid") or "",
            input=document.get("input") or "",
            extra=document.get("extra"),
        )

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"name": self.name, "value": self.value}
        if self.category:
            document["category"] = self.category
        if self.category_localized:
            document["category_localized"] = self.category_localized
        document["node_uuid"] = self.node_uuid
        if self.input:
            document["input"] = self.input
        if self.extra is not None:
            document["extra"] = self.extra
        document["created_on"] = self.created_on
        return document


class Saving(NamedTuple):
    """A result that a sprint saved, whole. `is_new`: its value or category is, and an event said so; else only the time, input and
    the like are."""

    run_uuid: str
    key: str
    result: Result
    is_new: bool


@dataclass(slots=True)
class Run:
    """A contact's way through one flow."""

    uuid: str
    flow: Reference
    created_on: str
    modified_on: str
    status: str = ACTIVE
    path: list[Step] | None = None
    results: Mapping[str, Result] | None = None
    locals: Mapping[str, str] | None = None
    had_input: bool = False
    parent_uuid: str = ""
    webhook: Mapping[str, Any] | None = None
    exited_on: str | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Run:
        path = document.get("path")
        results = document.get("results")
        return cls(
            uuid=document["uuid"],
            flow=document["flow"],
            created_on=document["created_on"],
            modified_on=document["modified_on"],
            status=document["status"],
            path=[Step(step["node_uuid"], step["arrived_on"]) for step in path] if path else None,
            results={key: Result.from_json(result) for key, result in results.items()} if results else None,
            locals=document.get("locals"),
            had_input=bool(document.get("had_input")),
            parent_uuid=document.get("parent_uuid") or "",
            webhook=document.get("webhook"),
            exited_on=document.get("exited_on"),
        )

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"uuid": self.uuid, "flow": self.flow}
        if self.path:
            document["path"] = [{"node_uuid": node, "arrived_on": arrived} for node, arrived in self.path]
        if self.locals:
            document["locals"] = self.locals
        if self.results:
            document["results"] = {key: result.to_json() for key, result in self.results.items()}
        document["status"] = self.status
        if self.had_input:
            document["had_input"] = True
        if self.parent_uuid:
            document["parent_uuid"] = self.parent_uuid
        if self.webhook is not None and len(orjson.dumps(self.webhook.get("json"))) <= MAX_STORED_WEBHOOK:
            document["webhook"] = self.webhook
        document["created_on"] = self.created_on
        document["modified_on"] = self.modified_on
        document["exited_on"] = self.exited_on
        return document

    def copied(self) -> Run:
        """A run that may be changed without this one noticing."""
        return Run(
            self.uuid,
            self.flow,
            self.created_on,
            self.modified_on,
            self.status,
            self.path and self.path.copy(),
            self.results,
            self.locals,
            self.had_input,
            self.parent_uuid,
            self.webhook,
            self.exited_on,
        )

    @property
    def is_live(self) -> bool:
        return self.status == ACTIVE or self.status == WAITING

    def visits(self, node_uuid: str) -> int:
        """How often the run came to the node."""
        return sum(1 for step in self.path or () if step.node_uuid == node_uuid)


@dataclass(slots=True)
class Session:
    """A conversation. `input` is what the contact said last, None after a resume that brought nothing."""

    uuid: str
    type: str
    created_on: str
    trigger: Trigger
    contact_uuid: str
    status: str
    runs: list[Run]
    call_uuid: str = ""
    input: MessageInput | None = None
    sprints: int = 0

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Session:
        """Reads what `to_json` wrote. Assets it refers to are looked up when they are needed.

        Raises:
            Invalid: `to_json` never wrote that.
        """
        try:
            return cls._read(document)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Invalid(f"session: the document can't be read: {error!r}", field="session") from error

    @classmethod
    def _read(cls, document: Mapping[str, Any]) -> Session:
        stored_input = document.get("input")
        return cls(
            uuid=document["uuid"],
            type=document["type"],
            created_on=document["created_on"],
            trigger=stored_trigger(document["trigger"]),
            contact_uuid=document["contact_uuid"],
            status=document["status"],
            runs=[Run.from_json(run) for run in document.get("runs") or ()],
            call_uuid=document.get("call_uuid") or "",
            input=MessageInput.from_json(stored_input) if stored_input else None,
            sprints=document.get("sprints") or 0,
        )

    def to_json(self) -> dict[str, Any]:
        """The session as a document, as it is; store `compacted()` ones."""
        document: dict[str, Any] = {
            "uuid": self.uuid,
            "type": self.type,
            "created_on": self.created_on,
            "trigger": self.trigger.to_json(),
            "contact_uuid": self.contact_uuid,
            "runs": [run.to_json() for run in self.runs],
            "status": self.status,
            "sprints": self.sprints,
        }
        if self.call_uuid:
            document["call_uuid"] = self.call_uuid
        if self.input is not None:
            document["input"] = self.input.to_json()
        return document

    def copied(self) -> Session:
        """A session that may be changed without this one noticing."""
        return Session(
            self.uuid,
            self.type,
            self.created_on,
            self.trigger,
            self.contact_uuid,
            self.status,
            [run.copied() for run in self.runs],
            self.call_uuid,
            self.input,
            self.sprints,
        )

    def compacted(self) -> Session:
        """The session without what no later sprint needs: path, locals and webhook of runs that have ended."""
        small = self.copied()
        for run in small.runs:
            if run.exited_on is not None:
                run.path = run.locals = run.webhook = None
        return small

    def run(self, uuid: str) -> Run | None:
        """The run of that uuid."""
        for run in self.runs:
            if run.uuid == uuid:
                return run
        return None

    def parent_of(self, run: Run) -> Run | None:
        """The run of this session that entered the flow of `run`."""
        return self.run(run.parent_uuid) if run.parent_uuid else None

    def child_of(self, run: Run) -> Run | None:
        """The run that `run` entered last."""
        for other in reversed(self.runs):
            if other.parent_uuid == run.uuid:
                return other
        return None

    @property
    def waiting_run(self) -> Run | None:
        for run in self.runs:
            if run.status == WAITING:
                return run
        return None
