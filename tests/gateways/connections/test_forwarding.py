"""A message that one process took goes over the link that another holds."""

import asyncio
import uuid
from datetime import UTC, datetime

import orjson
import pytest

from domain.ports.http_caller import Call, Reply
from gateways.connections import forwarding
from gateways.connections.forwarding import RedisForwarding
from gateways.connections.lease import MemoryLeases
from gateways.connections.link_caller import LinkCaller
from infra.redis.connection import connect

pytestmark = pytest.mark.redis
CALL = Call("POST", "smpp://chan/submit_sm", body=b'{"text":"Hi"}', timeout=600)


class Line:
    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.hangs = False

    async def submit(self, request: dict, seconds: float) -> Reply:
        assert 300 < seconds <= 600
        self.asked.append(request)
        if self.hangs:
            await asyncio.Event().wait()
        return Reply(200, (("content-type", "application/json"),), orjson.dumps({"nr": len(self.asked)}))


class Both:
    """Two processes, the second of which holds the link."""

    def __init__(self, url: str) -> None:
        self.leases, self.line = MemoryLeases(), Line()
        self.clients = [connect(url), connect(url)]
        prefix = f"test-{uuid.uuid4().hex}"
        self.links = [{}, {"chan": self.line}]
        self.ends = [
            RedisForwarding(client, self.leases, links.get, name=name, now=lambda: datetime.now(UTC), prefix=prefix)
            for client, links, name in zip(self.clients, self.links, ("one", "two"), strict=True)
        ]
        self.caller = LinkCaller(None, self.links[0].get, self.ends[0])

    async def __aenter__(self) -> "Both":
        self.stop = asyncio.Event()
        self.tasks = [asyncio.create_task(end.run(self.stop)) for end in self.ends]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await asyncio.gather(*self.tasks)
        for client in self.clients:
            client.close()


def story(url, tell):
    async def told():
        async with Both(url) as both:
            await tell(both)

    asyncio.run(asyncio.wait_for(told(), 300))


def test_the_holder_is_asked_and_answers(redis_url):
    async def tell(both):
        both.leases.take("two", ["chan"], 60)
        replies = await asyncio.gather(*(both.caller.call(CALL) for _ in range(50)))

        assert sorted(orjson.loads(each.body)["nr"] for each in replies) == list(range(1, 51))
        assert both.line.asked == [{"text": "Hi"}] * 50

    story(redis_url, tell)


def test_a_link_that_nobody_holds_is_waited_for(redis_url):
    async def tell(both):
        reply = await both.caller.call(CALL)

        assert (reply.status, reply.headers) == (429, (("retry-after", "2"),))
        assert both.line.asked == []

    story(redis_url, tell)


def test_a_link_that_went_away_meanwhile_is_waited_for(redis_url):
    async def tell(both):
        both.leases.take("two", ["chan"], 60)
        both.links[1].clear()

        assert (await both.caller.call(CALL)).status == 429

    story(redis_url, tell)


def test_a_holder_that_dies_is_not_waited_for(redis_url, monkeypatch):
    monkeypatch.setattr(forwarding, "LOOK_SECONDS", 0.05)

    async def tell(both):
        both.leases.take("two", ["chan"], 60)
        both.line.hangs = True
        asking = asyncio.create_task(both.caller.call(CALL))
        while not both.line.asked:
            await asyncio.sleep(0.01)
        both.leases.release("two", ["chan"])

        assert (await asking).status == 429

    story(redis_url, tell)
