"""A conversation over SMPP through the real processes, and the death of the one that holds the bind."""

import asyncio
import os
import signal
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateways.connections.smpp.pdu import ShortMessage
from tests.fakes.smsc import Smsc, Whims, inbound
from tests.system.aggregator import Aggregator
from tests.system.installation import PATIENCE, RunningInstallation, await_, running
from tests.system.workspace import BOTH_WAYS, SystemWorkspace

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


class Centre:
    """The message centre in a thread of its own."""

    def __init__(self) -> None:
        self.smsc = Smsc(Whims(redelivers=True))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.smsc.start(), self._loop).result(PATIENCE)

    def say(self, text: str, sender: str) -> None:
        self._loop.call_soon_threadsafe(self._deliver, inbound(text, sender))

    def _deliver(self, message: ShortMessage) -> None:
        """Now, or to who binds next."""
        if self.smsc.bound:
            self.smsc.deliver(message)
        else:
            self.smsc.backlog.append(message)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.smsc.stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)


@pytest.fixture
def centre() -> Iterator[Centre]:
    made = Centre()
    yield made
    made.stop()


def test_a_conversation_and_a_holder_that_is_killed(data_folder: Path, aggregator: Aggregator, centre: Centre):
    with running(data_folder, EVENKEEL_PROCESSES="light=2") as installation:
        with installation.submitting() as submit:
            workspace = SystemWorkspace(installation, submit, aggregator)
            workspace.add_survey()
            channel = str(uuid.uuid4())
            config = {"host": "127.0.0.1", "port": centre.smsc.port, "system_id": "us", "password": "secret"}
            added = {"uuid": channel, "type": "SMP", "name": "Operator", "address": "12345", "country": "RW"}
            workspace.must("add_channel", channel=added | BOTH_WAYS | {"config": config})
        await_("bound", lambda: centre.smsc.bound)
        centre.say("survey", "250788111111")
        await_("asked", lambda: len(centre.smsc.accepted) >= 1)
        delivered = "select count(*) from messages.messages where org = %s and status = 'delivered'"
        await_("delivered", lambda: _count(installation, delivered, workspace.org) >= 1)

        link = await_("shown", lambda: _connected(installation, channel))
        binds = len(centre.smsc.binds)
        os.kill(installation.processes()[link["holder"].partition("/")[0]], signal.SIGKILL)
        await_("taken over", lambda: len(centre.smsc.binds) > binds and centre.smsc.bound)

        asked = len(centre.smsc.accepted)
        centre.say("survey", "250788222222")
        await_("asked again", lambda: len(centre.smsc.accepted) > asked)
        await_("shown again", lambda: (_connected(installation, channel) or link)["fence"] > link["fence"])


def _connected(installation: RunningInstallation, channel: str) -> dict[str, Any] | None:
    link = installation.evenkeel("status")["links"].get(channel) or {}
    return link if link.get("state") == "connected" else None


def _count(installation: RunningInstallation, statement: str, org: str) -> int:
    return int(installation.rows(statement, org)[0][0])
