"""Effects with everything around them, for tests."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

from domain.events.record import Event, Record
from infra.clock import now_micros
from infra.event_log.memory import MemoryEventLog
from infra.http.caller import PooledCaller
from infra.ids import uuid7
from tests.fakes.aggregator import FakeAggregator
from workers.effects.calls import Calls
from workers.effects.effects import Effects, EffectsLimits

ORG = "0192fc2e-0000-7000-8000-000000000001"
OTHER_ORG = "0192fc2e-0000-7000-8000-000000000002"

PATIENCE = 120.0
"""Seconds that something is waited for: a busy machine is no failure."""


class Desk:
    """What outlives the effects worker."""

    def __init__(self, server: FakeAggregator, cursor: Any) -> None:
        self.server = server
        self.cursor = cursor
        self.log = MemoryEventLog(2)
        self.ahead = 0
        self.numbers = 0

    def micros(self) -> int:
        return now_micros() + self.ahead

    def webhook(self, **details: Any) -> dict[str, Any]:
        self.numbers += 1
        return {
            "uuid": uuid7(),
            "kind": "webhook",
            "key": f"key {self.numbers}",
            "method": "POST",
            "url": self.server.url + "/hook",
            "headers": [["Content-Type", "application/json"]],
            "body": f"number={self.numbers}",
            "max_response_bytes": 10_000,
            **details,
        }

    def decide(self, org: str, *events: Event) -> None:
        self.log._add([Record(org, "decision", (event,), self.micros(), "decider") for event in events])

    def ask(self, *requests: dict[str, Any], org: str = ORG) -> None:
        """Flows ask for these."""
        self.decide(
            org,
            *(
                _event("service_requested", {"request": each, "pending": {}})
                | {"of": f"contact of {each['uuid']}", "n": 1}
                for each in requests
            ),
        )

    def ended(self, request: dict[str, Any], org: str = ORG) -> None:
        """The decider has taken this request's answer."""
        self.decide(org, _event("service_call_ended", {"request": request["uuid"]}) | {"of": "contact", "n": 2})

    def effects(self, name: str = "effects-1", **options: Any) -> Effects:
        http = options.pop("http", None) or PooledCaller(frozenset({"127.0.0.1"}))
        services = {name: options.pop(name) for name in ("mail", "models", "airtime") if name in options}
        return Effects(
            options.pop("log", self.log),
            options.pop("cursor", self.cursor),
            Calls(http, **services),
            name=name,
            micros=self.micros,
            limits=options.pop("limits", EffectsLimits(claim_seconds=0.5)),
        )

    def answers(self) -> list[Event]:
        return [
            event
            for partition in range(self.log.partitions)
            for stored in self.log.read(partition, -1, 100_000, ("fact",))
            for event in stored.record.events
        ]

    async def until_answered(self, count: int, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait for so many answers; their data, in order."""
        async with asyncio.timeout(seconds):
            while len(found := self.answers()) < count:
                await asyncio.sleep(0.005)
        return [event["data"] for event in found]


def _event(name: str, data: dict[str, Any]) -> Event:
    return {"type": name, "version": 1, "id": uuid7(), "data": data}


@asynccontextmanager
async def running(*workers: Effects):
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.run(stop)) for each in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
