"""The two ways into the engine: starting a session and resuming one. Each is one sprint.

Both are pure: what they are given stays as it was, whether the sprint ends well, raises or is given up because an answer of
the outside is needed (`AnswerNeeded`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from domain.contact.contact import Contact
from domain.contact.modifiers.change import Event
from domain.contact.world import World
from domain.environment.environment import Environment
from domain.errors import Invalid
from domain.flow.assets import Assets
from domain.flow.engine.advance import NOWHERE, Departure, advance, depart, departure_for, record_input
from domain.flow.engine.compiled_flow import CompiledNode
from domain.flow.engine.execution import EnteredFlow, EventStep, Execution
from domain.flow.engine.inputs import Call, MessageInput
from domain.flow.engine.options import DEFAULT, EngineOptions
from domain.flow.engine.resumes import WAIT_EXPIRATION, WAIT_TIMEOUT, Resume
from domain.flow.engine.services import Services
from domain.flow.engine.session import ACTIVE, EXPIRED, FAILED, WAITING, Run, Saving, Session
from domain.flow.engine.triggers import Trigger

SESSION_NOT_WAITING = 101
NO_WAITING_RUN = 102
RESUME_REJECTED = 103


class ResumeRefused(Invalid):
    """The session can't be resumed this way; it stays as it was. `code` tells why, for programs."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sprint:
    """What a start or resume made of a session and a contact, and the events that say so.

    `steps` is as long as `events`: the flow, node and run each was made at, or None. `segments` are the ways walked, `savings` the
    results saved, in order; the new ones are as many as the events that say so.
    """

    uuid: str
    session: Session
    contact: Contact
    events: list[Event]
    steps: list[EventStep | None]
    segments: list[dict[str, Any]]
    savings: list[Saving]

    @property
    def status(self) -> str:
        """The session's status: waiting, completed or failed."""
        return self.session.status


def start_session(
    *,
    assets: Assets,
    environment: Environment,
    contact: Contact,
    trigger: Trigger,
    world: World,
    services: Services,
    options: EngineOptions = DEFAULT,
    call: Call | None = None,
) -> Sprint:
    """Starts a session of the trigger's flow with the contact.

    Raises:
        DefinitionError: the flow doesn't exist or can't be read.
        Invalid: a voice flow was to be started without a call.
        AnswerNeeded: an outside answer is needed first.
    """
    flow = assets.flow(trigger.flow["uuid"])
    if flow.type == "voice" and call is None:
        raise Invalid("a voice flow can only be started on a call", field="call")
    session_uuid = world.uuid7()
    x = Execution(
        session=Session(session_uuid, flow.type, "", trigger, contact.uuid, ACTIVE, [], call.uuid if call else ""),
        contact=contact,
        assets=assets,
        environment=environment,
        world=world,
        services=services,
        options=options,
        call=call,
    )
    x.session.created_on = x.now()
    sprint_uuid = world.uuid4()
    x.entered = EnteredFlow(flow, terminal=False)
    _take_input(x, trigger.input)
    x.regroup(environment)
    advance(x, NOWHERE)
    return _finished(x, sprint_uuid)


def resume_session(
    session: Session,
    *,
    assets: Assets,
    environment: Environment,
    contact: Contact,
    resume: Resume,
    world: World,
    services: Services,
    options: EngineOptions = DEFAULT,
    call: Call | None = None,
) -> Sprint:
    """Wakes a session that waits.

    Raises:
        ResumeRefused: the session doesn't wait, or not for this.
        AnswerNeeded: an outside answer is needed first.
    """
    if session.status != WAITING:
        raise ResumeRefused("only waiting sessions can be resumed", SESSION_NOT_WAITING)
    x = Execution(
        session=session.copied(),
        contact=contact,
        assets=assets,
        environment=environment,
        world=world,
        services=services,
        options=options,
        call=call,
        resume=resume,
    )
    run = x.session.waiting_run
    if run is None:
        raise ResumeRefused("session doesn't contain any runs which are waiting", NO_WAITING_RUN)
    sprint_uuid = world.uuid4()
    x.run = run
    node = _waiting_node(x, run)
    if node is not None:
        advance(x, _wake(x, run, node, resume))
    return _finished(x, sprint_uuid)


def _take_input(x: Execution, received: MessageInput | None) -> None:
    if received is not None and received.channel is not None:
        channel = x.assets.channels.get(received.channel.get("uuid", ""))
        received = replace(received, channel=channel.reference() if channel is not None else None)
    x.session.input = received
    if received is not None:
        x.set_contact(x.contact.with_changes(last_seen_on=received.created_on))


def _waiting_node(x: Execution, run: Run) -> CompiledNode | None:
    """The node the run waits at. If it can't go on from there the session fails, and there is none."""
    node, reason = _find_waiting_node(x, run)
    if node is None:
        _fail_session(x, run, reason)
    return node


def _find_waiting_node(x: Execution, run: Run) -> tuple[CompiledNode | None, str]:
    x.flow = x.assets.flow_or_none(run.flow["uuid"])
    if x.flow is None:
        return None, "Can't resume run with missing flow asset"
    limit = x.options.max_sprints_per_session
    if x.session.sprints >= limit:
        return None, f"Reached maximum number of sprints per session ({limit})"
    if not run.path:
        return None, "Unable to find resume location: run has no location as path is empty"
    node = x.flow.node(run.path[-1].node_uuid)
    if node is None:
        return None, "Unable to find resume location: run is located at a flow node that no longer exists"
    if node.wait is None:
        return None, "Can't resume from node without a router or wait"
    return node, ""


def _fail_session(x: Execution, waiting: Run, reason: str) -> None:
    x.fail_run(waiting, reason)
    for run in x.session.runs:
        if run.is_live:
            x.exit_run(run, FAILED)
    x.session.status = FAILED


def _wake(x: Execution, run: Run, node: CompiledNode, resume: Resume) -> Departure:
    """Takes what the resume brought and routes the waiting node by it."""
    wait = node.wait
    assert wait is not None
    if not wait.accepts(resume):
        raise ResumeRefused(f"resume of type {resume.type} not accepted by wait of type {wait.type}", RESUME_REJECTED)
    x.node = node
    x.last_visited = node.uuid
    x.session.status = ACTIVE
    _take_input(x, resume.input)
    if resume.input is not None:
        record_input(x, run)
    departure = NOWHERE
    if resume.type == WAIT_EXPIRATION:
        x.exit_run(run, EXPIRED)
    else:
        run.status = ACTIVE
        run.modified_on = x.now()
        departure = _route(x, node, resume)
    x.regroup(x.base_environment)
    return departure


def _route(x: Execution, node: CompiledNode, resume: Resume) -> Departure:
    router = node.router
    assert router is not None
    if resume.type == WAIT_TIMEOUT:
        category_uuid, operand = router.route_timeout(x)
        return departure_for(x, node, category_uuid, operand)
    return depart(x, node)


def _finished(x: Execution, sprint_uuid: str) -> Sprint:
    x.session.sprints += 1
    return Sprint(sprint_uuid, x.session, x.contact, x.events, x.steps, x.segments, x.savings)
