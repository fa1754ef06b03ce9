"""Conversations over X and over Telegram's long polling through the real processes, and the deaths of those that hold the links."""

import asyncio
import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.telegram import TOKEN, Telegram
from tests.fakes.x import APP, FakeX
from tests.system.aggregator import Aggregator
from tests.system.installation import PATIENCE, RunningInstallation, await_, running
from tests.system.workspace import SystemWorkspace

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


class Outside:
    """X and Telegram in a thread of their own."""

    def __init__(self) -> None:
        self.telegram, self.x = Telegram(time=time.time), FakeX(time=time.time, beat=0.25)
        self.x.refresh_tokens["refresh 0"] = "900"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self.telegram.start())
        self._run(self.x.start())

    def stop(self) -> None:
        self._run(self.telegram.stop())
        self._run(self.x.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def say(self, text: str, sender: int) -> None:
        """The same person, or another of the same number, says it on both."""
        self._loop.call_soon_threadsafe(self.telegram.say, text, sender)
        self._loop.call_soon_threadsafe(self.x.say, text, str(sender))

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


@pytest.fixture
def outside() -> Iterator[Outside]:
    made = Outside()
    yield made
    made.stop()


class Story:
    """An installation with a channel of each kind."""

    def __init__(self, installation: RunningInstallation, aggregator: Aggregator, outside: Outside) -> None:
        self.installation, self.outside = installation, outside
        self.telegram, self.x = str(uuid.uuid4()), str(uuid.uuid4())
        bot = {"auth_token": TOKEN, "receive_by": "polling", "api_url": outside.telegram.url}
        handle = {"bearer_token": APP, "handle_id": "900", "access_token": "user-token", "api_url": outside.x.url}
        handle |= {"refresh_token": "refresh 0", "client_id": "app"}
        with installation.submitting() as submit:
            workspace = SystemWorkspace(installation, submit, aggregator)
            workspace.add_survey()
            self.org = workspace.org
            both = {"roles": ["send", "receive"]}
            added = {"uuid": self.telegram, "type": "TG", "name": "Bot", "address": "bot", "schemes": ["telegram"]}
            workspace.must("add_channel", channel=added | both | {"config": bot})
            added = {"uuid": self.x, "type": "TWT", "name": "Handle", "address": "@water", "schemes": ["twitterid"]}
            workspace.must("add_channel", channel=added | both | {"config": handle})

    def link(self, channel: str) -> dict[str, Any]:
        return dict(self.installation.evenkeel("status")["links"].get(channel) or {})

    def kill_holder(self, channel: str) -> int:
        """Gives the fence of the lease that was the dead one's."""
        link, pid = await_("a living holder", lambda: self._living_holder(channel))
        os.kill(pid, signal.SIGKILL)
        return int(link["fence"])

    def _living_holder(self, channel: str) -> tuple[dict[str, Any], int] | None:
        """The link as it is shown, and the process that holds it; None while the one that is shown is dead."""
        link = self.link(channel)
        pid = self.installation.processes().get((link.get("holder") or "").partition("/")[0])
        return (link, pid) if link.get("state") == "connected" and pid else None

    def received(self, channel: str) -> Counter[str]:
        """How often each text was taken in."""
        statement = "select text from messages.messages where org = %s and channel_uuid = %s and direction = 'in'"
        return Counter(text for (text,) in self.installation.rows(statement, self.org, channel))


@pytest.fixture
def story(data_folder: Path, aggregator: Aggregator, outside: Outside) -> Iterator[Story]:
    with running(data_folder, EVENKEEL_PROCESSES="light=2") as installation:
        yield Story(installation, aggregator, outside)


def test_conversations_and_holders_that_are_killed(story: Story):
    outside, channels = story.outside, (story.telegram, story.x)
    await_("polled", lambda: outside.telegram.asked)
    await_("subscribed and heard", lambda: outside.x.is_heard and outside.x.subscriptions)
    outside.say("survey", 111)
    await_("asked by the bot", lambda: outside.telegram.sent)
    await_("asked on X", lambda: outside.x.sent)
    assert outside.x.sent[0]["to"] == outside.telegram.sent[0]["chat_id"] == "111"
    for channel in channels:
        await_("shown", lambda channel=channel: story.link(channel).get("state") == "connected")

    said = ["survey"]
    for number, channel in enumerate(channels):
        for nth in range(20):
            said.append(f"word {number} {nth}")
            outside.say(said[-1], 200 + nth)
        before = story.kill_holder(channel)
        said.append(f"while nobody held {number}")
        outside.say(said[-1], 300 + number)
        await_("taken over", _heard(story, channel, said[-1]))
        await_("shown again", lambda channel=channel, before=before: story.link(channel).get("fence", 0) > before)

    for channel in channels:
        await_("all heard", lambda channel=channel: set(story.received(channel)) == set(said))
    said.append("Ada")
    outside.say("Ada", 111)
    await_("asked on", lambda: len(outside.x.sent) >= 2 and len(outside.telegram.sent) >= 2)
    for channel in channels:
        await_("the last is heard", _heard(story, channel, "Ada"))
        assert story.received(channel) == Counter(said), "nothing is lost, nothing comes twice"
    assert outside.x.most_at_once == 1
    assert outside.x.refreshed == ["refresh 0"] and outside.x.sent_with[-1] == "access 1"


def _heard(story: Story, channel: str, text: str) -> Callable[[], bool]:
    return lambda: text in story.received(channel)
