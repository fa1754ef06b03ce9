"""People of other organizations who say single messages and wait for the reply: quiet ones at a pace, and one crowd that never stops.

The quiet and the crowd have connections of their own, as they would over aggregators of their own: what they wait for is Evenkeel, not the
drill's own backlog.
"""

import asyncio
import time
from typing import Any

from domain.contact.world import SeededChance
from gateways.cli.drill.http_client import HttpClient, post

PATIENCE = 60.0  # seconds that the quiet are given for the last replies: a killed sender's leases are taken up after ten, and it starts
CROWD = -1  # the crowd's place among organizations
NONE = -2


class Talk:
    """`plan`: {port, quiet: [channel uuids], quiet_every: seconds, crowd?: channel uuid, backlog?: messages that the crowd has waiting}."""

    def __init__(self, plan: dict[str, Any], chance: SeededChance) -> None:
        self._quiet: list[str] = plan["quiet"]
        self._every: float = plan["quiet_every"]
        self._crowd: str = plan.get("crowd") or ""
        self._backlog: int = plan.get("backlog") or 0
        self._quiet_client = HttpClient(plan["port"], 16)
        self._crowd_client = HttpClient(plan["port"], 32)
        self._chance = chance
        self._awaited: dict[str, tuple[int, float]] = {}
        self._spoken: list[tuple[int, float, float]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._members = 0
        self._ended = False

    @property
    def heard(self) -> int:
        """How many replies came."""
        return len(self._spoken)

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._chat(index, channel)) for index, channel in enumerate(self._quiet)]
        for _ in range(self._backlog if self._crowd else 0):
            self._next_of_crowd()

    def hears(self, number: str) -> bool:
        """A message for this number came; False if nobody here waits for one."""
        org, said = self._awaited.pop(number, (NONE, 0.0))
        if org == NONE:
            return False
        self._spoken.append((org, said, time.time() - said))
        if org == CROWD and not self._ended:
            self._next_of_crowd()
        return True

    async def end(self) -> dict[str, Any]:
        """{spoken: [[organization, when it was said, seconds until the reply]], unanswered: [[organization, when]]}; the crowd is -1."""
        self._ended = True
        for task in self._tasks:
            task.cancel()
        ended = time.time()
        while time.time() < ended + PATIENCE and any(org != CROWD for org, _ in self._awaited.values()):
            await asyncio.sleep(0.05)
        return {"spoken": self._spoken, "unanswered": list(self._awaited.values()), "ended": ended}

    async def _chat(self, index: int, channel: str) -> None:
        """One message after the other, each by somebody new."""
        await asyncio.sleep(self._chance.random() * self._every)
        spoken = 0
        while True:
            self._say(self._quiet_client, index, channel, f"+25072{index:03}{spoken:04}")
            spoken += 1
            await asyncio.sleep(self._every)

    def _next_of_crowd(self) -> None:
        self._say(self._crowd_client, CROWD, self._crowd, f"+25073{self._members:07}")
        self._members += 1

    def _say(self, client: HttpClient, org: int, channel: str, number: str) -> None:
        self._awaited[number] = (org, time.time())
        form = {"id": number, "ts": str(int(time.time())), "sender": number, "message": "hello"}
        client.send(post(f"/c/kn/{channel}/receive", form), lambda tries: None)
