"""The whole way: a message in, a flow, a reply out, delivery reports, read models, history; over every log adapter."""

import pytest

from tests.system.aggregator import Aggregator
from tests.system.installation import await_, post
from tests.system.workspace import SystemWorkspace

ANNE = "+250788111111"


@pytest.fixture
def talking(workspace: SystemWorkspace, aggregator: Aggregator) -> SystemWorkspace:
    workspace.add_survey()
    aggregator.callback = lambda message: [
        workspace.status_url("delivered", message["id"]),
        workspace.status_url("sent", message["id"]),
    ]
    return workspace


def test_a_message_in_and_a_reply_out_with_its_reports(talking: SystemWorkspace, aggregator: Aggregator) -> None:
    for text, answer in (
        ("survey", "What is your name?"),
        ("anne", "How many people live in your household?"),
        ("40", "Please send a number between 1 and 30."),
        ("4", "Do you have clean water at home, Anne?"),
        ("yes", "You are answer number 1 of this survey."),
    ):
        assert post(talking.receive_url, {"from": ANNE, "text": text}) == 200
        await_(f"the answer to {text}", lambda answer=answer: any(answer in said for said in aggregator.texts_to(ANNE)))

    await_("five messages that are delivered", lambda: statuses(talking) == ["delivered"] * 5)
    [(status, result)] = talking.installation.rows(
        "select status, results->'household'->>'value' from runs.runs where org = %s", talking.org
    )
    assert (status, result) == ("completed", "4")
    history = talking.installation.evenkeel("history", f"tel:{ANNE}", "--workspace", talking.org)
    assert [event["n"] for event in history["events"]] == list(range(1, len(history["events"]) + 1))
    assert history["events"][0]["type"] == "contact_created"


def statuses(workspace: SystemWorkspace) -> list[str]:
    """Of all outgoing messages. Sent, told after delivered, does not take that back."""
    rows = workspace.installation.rows(
        "select status from messages.messages where org = %s and direction = 'out'", workspace.org
    )
    return [status for (status,) in rows]
