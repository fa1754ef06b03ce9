"""What such systems are known to get wrong, each as a test: doubles, lost order, statuses that go backwards, messages that stay queued."""

import os
import signal
from collections import Counter
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateways.cli.compose import Submit
from tests.benchmarks.http_load import form_post, run_load
from tests.system.aggregator import Aggregator
from tests.system.api_client import ApiClient
from tests.system.installation import RunningInstallation, await_, post
from tests.system.workspace import SystemWorkspace

MESSAGES = 2_000


@pytest.fixture
def kannel(installation: RunningInstallation, submit: Submit, aggregator: Aggregator) -> SystemWorkspace:
    return SystemWorkspace(installation, submit, aggregator, kind="KN")


def incoming(workspace: SystemWorkspace) -> int:
    [(count,)] = workspace.installation.rows(
        "select count(*) from messages.messages where org = %s and direction = 'in'", workspace.org
    )
    return int(count)


def outgoing(workspace: SystemWorkspace) -> dict[str, int]:
    rows = workspace.installation.rows(
        "select status, count(*) from messages.messages where org = %s and direction = 'out' group by 1", workspace.org
    )
    return dict(rows)


def test_messages_posted_twice_at_the_same_moment_are_stored_once(kannel: SystemWorkspace) -> None:
    path = urlsplit(kannel.receive_url).path
    twice = chain.from_iterable(
        [form_post(path, kannel.kannel_message(f"+25078{n % 50:07}", f"text {n}", f"their-{n}"))] * 2
        for n in range(MESSAGES)
    )

    load = run_load(kannel.installation.port, twice)

    assert load.statuses == {200: 2 * MESSAGES}
    await_("all are stored", lambda: incoming(kannel) == MESSAGES)
    await_until_idle(kannel.installation)
    assert incoming(kannel) == MESSAGES


def test_a_provider_that_repeats_everything_after_a_crash_adds_nothing(kannel: SystemWorkspace) -> None:
    forms = [kannel.kannel_message(f"+25079{n % 10:07}", f"text {n}", f"again-{n}") for n in range(50)]
    assert {post(kannel.receive_url, form) for form in forms} == {200}
    await_("all are stored", lambda: incoming(kannel) == 50)

    kill(kannel.installation, "web")
    kill(kannel.installation, "decider")
    for form in forms:
        await_("it is taken", lambda form=form: post(kannel.receive_url, form) == 200)

    await_until_idle(kannel.installation)
    assert incoming(kannel) == 50


def test_sent_and_delivered_within_a_millisecond_end_as_delivered(
    workspace: SystemWorkspace, aggregator: Aggregator
) -> None:
    order = {0: ("sent", "delivered"), 1: ("delivered", "sent")}
    aggregator.callback = lambda message: [
        workspace.status_url(status, message["id"]) for status in order[int(message["id"]) % 2]
    ]
    api = ApiClient(workspace.installation.base_url, workspace.token)

    for number in range(20):
        assert api.post("messages", {"contact": f"tel:+25078{number:07}", "text": f"hello {number}"}).status == 201

    await_("all are delivered", lambda: outgoing(workspace) == {"delivered": 20})
    await_("all is told", lambda: told(workspace) == {"sent": 20, "delivered": 20})
    await_until_idle(workspace.installation)
    assert outgoing(workspace) == {"delivered": 20}


def test_what_a_killed_sender_had_taken_goes_out_soon_and_in_order(
    workspace: SystemWorkspace, aggregator: Aggregator
) -> None:
    numbers = [f"+25077{contact:07}" for contact in range(20)]

    def times_taken() -> Counter[str]:
        return Counter(message["id"] for message in aggregator.taken if message["to"] in numbers)

    for line in range(15):
        for number in numbers:
            workspace.must_later("send_message", **message_to(number, f"{line}"))
    await_("some are sent", lambda: len(times_taken()) > 30)

    kill(workspace.installation, "light")

    await_("all are sent", lambda: len(times_taken()) == 300)
    for number in numbers:
        heard = {message["id"]: message["text"] for message in aggregator.taken if message["to"] == number}
        assert list(heard.values()) == [f"{line}" for line in range(15)]
    await_("none stays queued", lambda: outgoing(workspace) == {"wired": 300})
    assert max(times_taken().values()) <= 2


def message_to(number: str, text: str) -> dict[str, Any]:
    from infra.ids import uuid7

    return {"message": {"uuid": uuid7(), "text": text}, "urn": f"tel:{number}", "new_uuid": uuid7()}


def kill(installation: RunningInstallation, name: str) -> None:
    pid = await_(f"{name} runs", lambda: installation.processes().get(name))
    os.kill(pid, signal.SIGKILL)
    await_(f"{name} runs again", lambda: installation.processes().get(name, pid) != pid)


def told(workspace: SystemWorkspace) -> Counter[str]:
    """How many messages the aggregator has said each status of, as the log knows."""
    return Counter(
        e["data"]["status"] for e in workspace.installation.events(workspace.org) if e["type"] == "delivery_reported"
    )


def lag(installation: RunningInstallation) -> int:
    """Inputs and decisions that somebody has still to read, and organizations of which some are passed over for a while."""
    log = installation.evenkeel("status")["log"]
    return sum(sum(reader["lag"].values()) for reader in log["readers"].values()) + len(log["parked"])


def await_until_idle(installation: RunningInstallation) -> None:
    """Whatever was in the log is decided and shown. What was decided in the midst of a look is in sight of the next one."""
    for _ in range(2):
        await_("all is decided and shown", lambda: lag(installation) == 0)
