"""Kill whatever you like, whenever you like: every message that was answered with a 200 is handled once, in its contact's order."""

import os
import random
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.system.aggregator import Aggregator
from tests.system.installation import RunningInstallation, await_, post, running
from tests.system.test_peers_faults import outgoing
from tests.system.workspace import SystemWorkspace

ORGANIZATIONS = 5
CONTACTS = 40  # of each
SAYS = ("survey", "Anne", "ninety", "4", "maybe", "no", "far", "30", "survey", "Bob")
HEARS = (
    "Hello! This is a short survey about water at home. What is your name?",
    "Nice to meet you, Anne. How many people live in your household?",
    "Please send a number between 1 and 30.",
    "Do you have clean water at home, Anne?",
    "Please answer yes or no.",
    "How many minutes do you walk to fetch it?",
    "How many minutes do you walk to fetch it?",
    "Thank you, Anne! You are answer number 1 of this survey.",
    "Hello! This is a short survey about water at home. What is your name?",
    "Nice to meet you, Bob. How many people live in your household?",
)
ROLES = ("web", "decider", "projector", "light")
KILLS_OF_EACH_ROLE = 3
PAUSE = 0.6  # seconds between kills


@pytest.mark.parametrize("log", ["postgres", "kafka"])
def test_two_thousand_messages_survive_any_death(log: str, server_folder: Path, aggregator: Aggregator) -> None:
    with running(server_folder / f"kills-{log}", log) as installation:
        with installation.submitting() as submit:
            workspaces = [
                SystemWorkspace(installation, submit, aggregator, name=f"Org {number}", kind="KN")
                for number in range(ORGANIZATIONS)
            ]
            for workspace in workspaces:
                workspace.add_survey()
        _survive(installation, log, workspaces, aggregator)


def _survive(
    installation: RunningInstallation, log: str, workspaces: list[SystemWorkspace], aggregator: Aggregator
) -> None:
    by_number = {number: workspace for workspace in workspaces for number in numbers(workspaces.index(workspace))}
    replies = CONTACTS * len(HEARS)  # of each workspace
    aggregator.callback = lambda message: [
        by_number[message["to"]].status_url(status, message["id"])
        for status in ("delivered", "sent")
        if message["to"] in by_number
    ]

    def times_taken() -> Counter[str]:
        return Counter(message["id"] for message in aggregator.taken if message["to"] in by_number)

    killed = while_killing(installation, log, lambda: talk(workspaces))

    await_("all replies", lambda: len(times_taken()) >= len(workspaces) * replies, seconds=300)
    await_("all reports", lambda: all(outgoing(each) == {"delivered": replies} for each in workspaces), seconds=300)
    print(f"killed {dict(killed)}; sent twice: {sum(n > 1 for n in times_taken().values())}")
    assert all(killed[role] >= KILLS_OF_EACH_ROLE for role in ROLES)
    for index, workspace in enumerate(workspaces):
        events = installation.events(workspace.org)
        handled = Counter(e["data"]["message"]["external_id"] for e in events if e["type"] == "message_handled")
        answers = [e["data"]["answer"] for e in events if e["type"] == "service_answered"]
        assert [each["error"] for each in answers if "error" in each] == [], "of webhooks"
        assert set(handled.values()) == {1} and len(handled) == CONTACTS * len(SAYS)
        for number in numbers(index):
            assert once(aggregator, number) == list(HEARS)
        statuses = installation.rows("select status from runs.runs where org = %s", workspace.org)
        assert Counter(status for (status,) in statuses) == {"completed": CONTACTS, "waiting": CONTACTS}
    assert max(times_taken().values()) <= 2
    compared = installation.evenkeel("rebuild", "all", "--compare")
    assert compared and all(each["equal"] for each in compared), compared
    assert installation.evenkeel("rebuild", "runs")["switched"]


def numbers(workspace: int) -> list[str]:
    return [f"+25078{workspace}{contact:06}" for contact in range(CONTACTS)]


def talk(workspaces: list[SystemWorkspace]) -> None:
    """Every contact says its lines, one after the other; what is not answered with a 200 is said again, as aggregators do."""

    def say_all(workspace: SystemWorkspace, number: str) -> None:
        for line, text in enumerate(SAYS):
            form = workspace.kannel_message(number, text, f"{number}-{line}")
            deadline = time.monotonic() + 300
            while post(workspace.receive_url, form) != 200:
                assert time.monotonic() < deadline, form
                time.sleep(0.1)
            time.sleep(random.uniform(0, 0.8))

    with ThreadPoolExecutor(CONTACTS) as threads:
        said = [
            threads.submit(say_all, workspace, number)
            for index, workspace in enumerate(workspaces)
            for number in numbers(index)
        ]
    for each in said:
        each.result()


def while_killing(installation: RunningInstallation, log: str, work: Any) -> Counter[str]:
    """Do the work while processes die at random: each role three times, each server once."""
    names = [*ROLES * KILLS_OF_EACH_ROLE, "postgres", "redis", *(["kafka"] if log == "kafka" else [])]
    random.Random(2026).shuffle(names)
    killed: Counter[str] = Counter()

    def kill() -> None:
        for name in names:
            time.sleep(PAUSE)
            pid = await_(f"{name} runs", lambda name=name: installation.processes().get(name))
            os.kill(pid, signal.SIGKILL)
            killed[name] += 1

    killer = threading.Thread(target=kill)
    killer.start()
    work()
    killer.join(600)
    assert not killer.is_alive()
    return killed


def once(aggregator: Aggregator, number: str) -> list[str]:
    """What a contact heard, without what came a second time."""
    heard: dict[str, str] = {}
    for message in aggregator.taken:
        if message["to"] == number:
            heard.setdefault(message["id"], message["text"])
    return list(heard.values())
