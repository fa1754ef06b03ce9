"""The world around the installation: an aggregator that misbehaves as real ones do, and contacts who answer."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote_plus, urlsplit

from domain.ports.http_caller import Call, Reply
from tests.simulation.faults import Life
from tests.simulation.survey import answers

Post = Callable[[str, str, str, bytes], Awaitable[int]]  # (method, path, query, body) -> status, 0: no answer


@dataclass(slots=True)
class Acceptance:
    """The aggregator took a message."""

    message: str
    urn: str
    channel: int
    earlier_was_noted: bool
    was_known: bool
    """By a sender that heard so before, and lives."""


@dataclass(slots=True)
class Book:
    """What the outside knows to have happened; the log is checked against it."""

    accepted: list[Acceptance] = field(default_factory=list)
    first_tries: list[str] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)  # messages whose outcome the senders have noted
    logged: set[str] = field(default_factory=set)  # messages whose outcome is in the log
    told: dict[str, Life] = field(default_factory=dict)  # message -> the sender that heard last that it was accepted
    written: dict[str, str] = field(default_factory=dict)  # external id -> urn, of callbacks that were answered 200
    reported: dict[str, set[str]] = field(default_factory=dict)  # message -> statuses answered 200
    outstanding: int = 0  # callbacks not yet answered, and contacts who think


class Outside:
    """`post` reaches the door. While `is_calm` the aggregator accepts everything at once."""

    def __init__(
        self, chance: random.Random, channels: tuple[str, ...], post: Post, book: Book, now: Callable[[], int]
    ) -> None:
        self._chance = chance
        self._channels = channels
        self._post = post
        self._now = now
        self._externals = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: set[str] = set()
        self.book = book
        self.is_calm = False

    async def call(self, life: Life, call: Call) -> Reply:
        """A request to send a message."""
        chance, parts = self._chance, urlsplit(call.url)
        number, fields = int(parts.path[1:]), {name: values[0] for name, values in parse_qs(parts.query).items()}
        message = parse_qs(urlsplit(fields["dlr-url"]).query)["uuid"][0]
        await asyncio.sleep(chance.uniform(0.005, 0.2))
        luck = 1.0 if self.is_calm else chance.random()
        if luck < 0.02:
            return Reply(0, error="No connection.")
        if luck < 0.05:
            return Reply(500, body=b"later")
        if luck < 0.08:
            return Reply(429, (("retry-after", "3"),), b"slow down")
        if luck < 0.10:
            return Reply(400, body=b"no such number")
        self._accept(message, fields["to"], number, fields["text"])
        await asyncio.sleep(chance.uniform(0.005, 0.3))
        if luck < 0.12:
            return Reply(0, error="The connection broke.")
        self.book.told[message] = life
        return Reply(202, body=b"0: Accepted")

    def _accept(self, message: str, to: str, number: int, text: str) -> None:
        book, told = self.book, self.book.told.get(message)
        was_known = told is not None and told.is_alive
        book.accepted.append(Acceptance(message, "tel:" + to, number, message in book.noted, was_known))
        for status in ("8", "1"):
            query = f"uuid={message}&status={status}"
            self.soon(self._call_back("GET", number, "status", query, b"", (message, status)))
        if message not in self._answered:
            self._answered.add(message)
            for reply in answers(text, self._chance):
                self.writes(number, to, reply)

    def writes(self, number: int, sender: str, text: str) -> None:
        """A contact writes to an organization; the aggregator calls back, until it is answered, and sometimes once more."""
        self._externals += 1
        external = f"their-{self._externals}"
        body = f"id={external}&ts={self._now() // 1_000_000}&sender={quote_plus(sender)}&message={quote_plus(text)}"
        self.soon(self._call_back("POST", number, "receive", "", body.encode(), (external, "tel:" + sender)))

    def soon(self, what: Awaitable[None]) -> None:
        task = asyncio.ensure_future(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.book.outstanding += 1
        task.add_done_callback(self._one_less)

    def _one_less(self, task: "asyncio.Task[None]") -> None:
        self.book.outstanding -= 1

    async def _call_back(
        self, method: str, number: int, action: str, query: str, body: bytes, what: tuple[str, str]
    ) -> None:
        path = f"/c/kn/{self._channels[number]}/{action}"
        chance = self._chance
        await asyncio.sleep(chance.expovariate(2.0) if chance.random() < 0.8 else chance.uniform(0.0, 20.0))
        times = 2 if chance.random() < 0.1 else 1
        while times:
            status = await self._post(method, path, query, body)
            if status == 200:
                times -= 1
                if action == "receive":
                    self.book.written[what[0]] = what[1]
                else:
                    self.book.reported.setdefault(what[0], set()).add(what[1])
            assert status in (0, 200, 503), status
            await asyncio.sleep(chance.uniform(0.2, 3.0))
