"""A sprint at work: what actions and routers may read, change and say.

One `Execution` exists per sprint. It holds the sprint's own copies, so that nothing of it is seen by anybody until the
sprint is done, and it is the only place that appends events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.contact.contact import Contact
from domain.contact.modifiers.apply import regroup
from domain.contact.modifiers.change import Change, Event, new_event
from domain.contact.modifiers.modifier import Modifier
from domain.contact.timestamps import rfc3339
from domain.contact.world import World
from domain.environment.environment import Environment
from domain.expressions.scope import Problem
from domain.expressions.template import Template
from domain.expressions.values.kinds import Value
from domain.flow.engine.environments import merged_environment
from domain.flow.engine.evaluation import Evaluation
from domain.flow.engine.inputs import Call
from domain.flow.engine.options import EngineOptions
from domain.flow.engine.resumes import Resume
from domain.flow.engine.services import Services
from domain.flow.engine.session import FAILED, Result, Run, Saving, Session

if TYPE_CHECKING:
    from domain.flow.assets import Assets
    from domain.flow.engine.compiled_flow import CompiledFlow, CompiledNode


CHARS_OF_EVENT = 200
"""What an event counts for, its texts aside."""


class EventStep(NamedTuple):
    """The node an event was made at, and the run that was there."""

    flow_uuid: str
    node_uuid: str
    run_uuid: str


class EnteredFlow(NamedTuple):
    """A flow that an action wants entered once the node's actions are done."""

    flow: CompiledFlow
    terminal: bool


class Execution:
    """One sprint at work."""

    __slots__ = (
        "_environment",
        "_evaluation",
        "_spent",
        "assets",
        "base_environment",
        "call",
        "contact",
        "entered",
        "events",
        "flow",
        "last_visited",
        "node",
        "options",
        "requests",
        "resume",
        "run",
        "savings",
        "segments",
        "services",
        "session",
        "steps",
        "steps_taken",
        "world",
        "written",
    )

    session: Session
    contact: Contact
    resume: Resume | None

    def __init__(
        self,
        *,
        session: Session,
        contact: Contact,
        assets: Assets,
        environment: Environment,
        world: World,
        services: Services,
        options: EngineOptions,
        call: Call | None = None,
        resume: Resume | None = None,
    ) -> None:
        self.session = session
        self.contact = contact
        self.assets = assets
        self.base_environment = environment
        self.world = world
        self.services = services
        self.options = options
        self.call = call
        self.resume = resume
        self.events: list[Event] = []
        self.steps: list[EventStep | None] = []
        """Where each event was made; None for those made outside a node."""
        self.segments: list[dict[str, Any]] = []
        self.savings: list[Saving] = []
        self.run: Run | None = None
        self.flow: CompiledFlow | None = None
        self.node: CompiledNode | None = None
        self.last_visited = ""
        """The uuid of the node visited last, in whichever run: segments leave from there."""
        self.entered: EnteredFlow | None = None
        self.steps_taken = 0
        self.written = 0
        """Characters of all texts and events so far, about."""
        self.requests = 0
        self._environment: Environment | None = None
        self._evaluation: Evaluation | None = None
        self._spent = 0

    # -- time and events

    def now(self) -> str:
        """The time as state and events hold it."""
        return rfc3339(self.world.now())

    def log(self, type_: str, /, **fields: Any) -> Event:
        """Appends an event, made at the current node."""
        event = new_event(self.world, type_, **fields)
        self.append(event)
        return event

    def log_outside(self, type_: str, /, **fields: Any) -> Event:
        """Appends an event that belongs to no node."""
        event = new_event(self.world, type_, **fields)
        self.events.append(event)
        self.steps.append(None)
        self.written += CHARS_OF_EVENT
        return event

    def append(self, event: Event) -> None:
        """Appends an event that was made by other means, at the current node."""
        self.events.append(event)
        self.written += CHARS_OF_EVENT
        node, run = self.node, self.run
        self.steps.append(
            EventStep(run.flow["uuid"], node.uuid, run.uuid) if node is not None and run is not None else None
        )

    def log_error(self, text: str, code: str = "", extra: Mapping[str, str] | None = None) -> None:
        """Says what could not be done; the flow goes on."""
        self._log_problem("error", text, code, extra)

    def log_warning(self, text: str, code: str = "", extra: Mapping[str, str] | None = None) -> None:
        """Says what its author should change."""
        self._log_problem("warning", text, code, extra)

    def _log_problem(self, type_: str, text: str, code: str, extra: Mapping[str, str] | None) -> None:
        fields: dict[str, Any] = {"text": text}
        if code:
            fields["code"] = code
        if extra:
            fields["extra"] = dict(extra)
        self.log(type_, **fields)

    def log_missing(self, kind: str, identity: str, name: str, *, by_key: bool = False) -> None:
        """Says that the flow depends on something the organization no longer has."""
        known_by = "key" if by_key else "uuid"
        self.log_error(
            f"Missing dependency: {kind}[{known_by}={identity},name={name}]",
            "dependency:missing",
            {"type": kind, "identity": identity},
        )

    # -- evaluation

    @property
    def environment(self) -> Environment:
        """The organization's environment merged with what the contact prefers."""
        if self._environment is None:
            self._environment = merged_environment(
                self.base_environment, self.contact, self.assets, self.options.llm_prompts
            )
        return self._environment

    @property
    def languages(self) -> tuple[str, str]:
        """The languages that texts are looked up in, first things first: the contact's, and the organization's."""
        return (self.environment.default_language, self.base_environment.default_language)

    @property
    def evaluation(self) -> Evaluation:
        """Evaluates templates in the current state of the run and the contact."""
        if self._evaluation is None:
            self._evaluation = Evaluation(self, self._spent)
        return self._evaluation

    def text(self, template: Template, *, escape: Callable[[str], str] | None = None) -> tuple[str, bool]:
        """The text of a template, cut to the longest that templates may give, and whether it had no errors.

        Each error becomes an event. `escape` is applied to what each expression gives. Once the sprint has said more than it
        may, which ends the run after the action, there is no text any more.
        """
        if self.written > self.options.max_chars_per_sprint:
            return "", False
        if template.constant is not None:
            self.written += len(template.constant)
            return template.constant, True
        text, problems = self.evaluation.text(template, escape)
        self.written += len(text)
        if problems:
            return text, not self._log_template_problems(problems)
        return text, True

    def long_text(self, template: Template) -> str:
        """The text of a template however long it is."""
        if template.constant is not None:
            return template.constant
        text, problems = self.evaluation.long_text(template)
        self.written += len(text)
        if problems:
            self._log_template_problems(problems)
        return text

    def value(self, template: Template) -> Value:
        """The typed value of a template that is one expression, an error value included; otherwise its text."""
        if template.constant is not None:
            return template.constant
        value, problems = self.evaluation.value(template)
        if problems:
            self._log_template_problems(problems)
        return value

    def _log_template_problems(self, problems: list[Problem]) -> bool:
        """Logs them; whether any was an error."""
        failed = False
        for problem in problems:
            if problem.kind == "error":
                failed = True
                self.log_error(problem.text, problem.code, {"expression": problem.expression})
            else:
                self.log_warning(problem.text, "context:deprecated")
        return failed

    # -- changes

    def set_contact(self, contact: Contact) -> None:
        """Makes the contact what a change left; what was worked out of the old one is forgotten."""
        self.contact = contact
        self._environment = None
        if self._evaluation is not None:
            self._spent = self._evaluation.scope.work_done
            self._evaluation = None

    def modify(self, modifier: Modifier) -> bool:
        """Applies a modifier, its events included; whether the contact changed."""
        change = self._change(self.environment)
        changed = modifier.apply(self.contact, change)
        is_changed = changed is not self.contact
        if is_changed:
            changed = regroup(changed, change, modifier.touches)
            self.set_contact(changed)
        for event in change.events:
            self.append(event)
        return is_changed

    def regroup(self, environment: Environment) -> None:
        """Brings the contact's groups in line with their queries."""
        change = self._change(environment)
        regrouped = regroup(self.contact, change, None)
        if regrouped is not self.contact:
            self.set_contact(regrouped)
        for event in change.events:
            self.append(event)

    def _change(self, environment: Environment) -> Change:
        return Change(environment, self.assets, self.world, self.options.contact_rules)

    def current_run(self) -> Run:
        """The run that is being worked on."""
        assert self.run is not None, "only a run's own node asks for it"
        return self.run

    def save_result(self, result: Result) -> None:
        """Saves a result under its key; an event says so if its value or category is new."""
        run = self.current_run()
        key = self.assets.result_key(result.name)
        results = run.results or {}
        previous = results.get(key)
        run.results = {**results, key: result}
        run.modified_on = self.now()
        is_new = previous is None or previous.value != result.value or previous.category != result.category
        self.savings.append(Saving(run.uuid, key, result, is_new))
        if not is_new:
            return
        fields: dict[str, Any] = {"name": result.name, "value": result.value, "category": result.category}
        if result.extra is not None:
            fields["extra"] = result.extra
        if previous is not None:
            fields["previous"] = {"value": previous.value, "category": previous.category}
        self.log("run_result_changed", **fields)

    def set_local(self, name: str, value: str | None) -> None:
        """Sets a local of the run; None removes it."""
        run = self.current_run()
        values = dict(run.locals or {})
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
        run.locals = values

    # -- ends

    def exit_run(self, run: Run, status: str) -> None:
        """Ends a run and says so."""
        self._mark_exited(run, status)
        self._log_run_ended(run)

    def fail_run(self, run: Run, text: str) -> None:
        """Ends a run because the flow can't go on, for the reason given."""
        self.log("failure", text=text)
        self.exit_run(run, FAILED)

    def fail_run_in_action(self, text: str) -> None:
        """Ends the current run because an action can't be done."""
        run = self.current_run()
        self._mark_exited(run, FAILED)
        self.log("failure", text=text)
        self._log_run_ended(run)

    def _mark_exited(self, run: Run, status: str) -> None:
        run.exited_on = run.modified_on = self.now()
        run.status = status

    def _log_run_ended(self, run: Run) -> None:
        self.log_outside("run_ended", run_uuid=run.uuid, flow=run.flow, status=run.status)

    # -- the outside

    def request_key(self, action_uuid: str) -> str:
        """The key of the next request: the same each time the same sprint is run."""
        run, node = self.current_run(), self.node
        self.requests += 1
        return f"{run.uuid}/{node.uuid if node else ''}/{action_uuid}/{self.requests}"
