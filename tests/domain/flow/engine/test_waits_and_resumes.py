"""Every resume against every wait, and every limit a session has."""

from typing import Any

import pytest

from domain.flow.engine.inputs import Call
from domain.flow.engine.options import EngineOptions
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.services import NoServices
from domain.flow.engine.sprint import RESUME_REJECTED, ResumeRefused, Sprint, resume_session, start_session
from domain.flow.engine.triggers import read_trigger
from tests.domain.flow.engine.conversation import (
    CHANNEL,
    WHEN,
    Conversation,
    errors_of,
    flow_of,
    node_of,
    types_of,
    uuid_of,
    waiting,
)
from tests.examples.engine import FLOW_UUID, MESSAGE_EVENT

RESUMES: dict[str, dict[str, Any]] = {
    "msg": MESSAGE_EVENT,
    "dial": {"uuid": uuid_of(2), "type": "dial_ended", "created_on": WHEN, "dial": {"status": "busy", "duration": 3}},
    "wait_expiration": {"uuid": uuid_of(3), "type": "wait_expired", "created_on": WHEN},
    "wait_timeout": {"uuid": uuid_of(4), "type": "wait_timed_out", "created_on": WHEN},
}
WAITS: dict[str, dict[str, Any]] = {
    "message": {"type": "msg"},
    "message or time-out": {"type": "msg", "timeout": {"seconds": 60, "category_uuid": uuid_of(0x3001)}},
    "dial": {"type": "dial", "phone": "+250788123124"},
}
TAKEN = {
    "message": {"msg", "wait_expiration"},
    "message or time-out": {"msg", "wait_expiration", "wait_timeout"},
    "dial": {"dial"},
}


def split_by_chance(wait: dict[str, Any]) -> dict[str, Any]:
    categories = [{"uuid": uuid_of(0x3001), "name": "One", "exit_uuid": uuid_of(0x1001)}]
    return {"type": "random", "wait": wait, "categories": categories, "result_name": "Lot"}


def woken(wait: dict[str, Any], router: dict[str, Any], kind: str) -> Sprint:
    """A call that waits at its first node, woken by a resume of that kind."""
    flow = flow_of(node_of(1, router={**router, "wait": wait}), kind="voice")
    conversation = Conversation(flow)
    common = conversation._common(NoServices())
    common["call"] = Call(uuid_of(5), {"uuid": CHANNEL["uuid"], "name": "Line"}, "tel:+250788123123")
    trigger = {"type": "manual", "flow": {"uuid": FLOW_UUID, "name": "Example"}, "triggered_on": WHEN}
    started = start_session(trigger=read_trigger(trigger), **common)
    assert started.status == "waiting"
    resume = read_resume({"type": kind, "event": RESUMES[kind], "resumed_on": WHEN})
    return resume_session(started.session, resume=resume, **common)


@pytest.mark.parametrize("kind", RESUMES)
@pytest.mark.parametrize("wait", WAITS)
def test_wait_takes_the_resumes_it_is_made_for(wait: str, kind: str) -> None:
    router = waiting(1)
    if kind in TAKEN[wait]:
        sprint = woken(WAITS[wait], router, kind)
        assert sprint.status == "completed"
        assert sprint.session.runs[0].status == ("expired" if kind == "wait_expiration" else "completed")
        assert (sprint.session.input is not None) is (kind == "msg")
    else:
        with pytest.raises(ResumeRefused, match=f"resume of type {kind} not accepted") as refused:
            woken(WAITS[wait], router, kind)
        assert refused.value.code == RESUME_REJECTED


def test_time_out_before_a_split_by_chance_takes_its_category() -> None:
    wait = WAITS["message or time-out"]
    sprint = woken(wait, split_by_chance(wait), "wait_timeout")
    assert sprint.status == "completed"
    assert sprint.session.runs[0].results is not None
    result = sprint.session.runs[0].results["lot"]
    assert (result.value, result.category, result.input) == ("", "One", "")


def test_number_that_can_not_be_dialled_is_told_and_the_flow_goes_on() -> None:
    conversation = Conversation(
        flow_of(node_of(1, router={**waiting(1), "wait": {"type": "dial", "phone": "@(1 / 0)12"}}), kind="voice")
    )
    common = conversation._common(NoServices())
    common["call"] = Call(uuid_of(5), {"uuid": CHANNEL["uuid"], "name": "Line"}, "tel:+250788123123")
    trigger = {"type": "manual", "flow": {"uuid": FLOW_UUID, "name": "Example"}, "triggered_on": WHEN}
    sprint = start_session(trigger=read_trigger(trigger), **common)
    assert "not a possible number" in errors_of(sprint)
    assert sprint.status == "completed"


def test_session_of_very_many_sprints_is_ended() -> None:
    conversation = Conversation(flow_of(node_of(1, router=waiting(1), to=1)))
    conversation.options = EngineOptions(max_sprints_per_session=3)
    conversation.start()
    conversation.answer("1")
    conversation.answer("2")
    sprint = conversation.answer("3")
    assert (sprint.status, sprint.session.sprints) == ("failed", 4)
    assert types_of(sprint) == ["failure", "run_ended"]
    assert errors_of(sprint) == ["Reached maximum number of sprints per session (3)"]


def test_session_of_very_many_runs_is_ended() -> None:
    enter = {"type": "enter_flow", "flow": {"uuid": FLOW_UUID, "name": "Example"}}
    conversation = Conversation(flow_of(node_of(1, enter)))
    conversation.options = EngineOptions(max_runs_per_session=5)
    sprint = conversation.start()
    assert sprint.status == "failed"
    assert errors_of(sprint) == ["Reached maximum number of runs per session (5)"]
    assert [run.status for run in sprint.session.runs] == ["failed"] * 5


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"nodes": [node_of(9)]},
            "Unable to find resume location: run is located at a flow node that no longer exists",
        ),
        ({"nodes": [node_of(1)]}, "Can't resume from node without a router or wait"),
        ({"uuid": uuid_of(0xFF)}, "Can't resume run with missing flow asset"),
    ],
)
def test_flow_that_changed_under_a_waiting_contact_ends_the_session(change: dict[str, Any], sentence: str) -> None:
    conversation = Conversation(flow_of(node_of(1, router=waiting(1))))
    conversation.start()
    conversation.assets = Conversation({**flow_of(node_of(1, router=waiting(1))), **change}).assets
    sprint = conversation.answer("hello")
    assert (sprint.status, errors_of(sprint)) == ("failed", [sentence])
    assert sprint.session.runs[0].status == "failed"
