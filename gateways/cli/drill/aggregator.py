"""The drill's aggregator, a process of its own: takes messages over real HTTP, calls back sent and delivered, answers as contacts would,
and has other organizations' people say single messages (`talking.py`). Callbacks come twice, in the wrong order, and before the answer to
the send, as they do.

`python -m gateways.cli.drill.aggregator`, its plan as a line of JSON on standard input. Writes a line of JSON about itself twice a second; a line
on standard input ends it: then its book goes to the file that the plan names.
"""

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson

from domain.contact.world import SeededChance
from gateways.cli.drill import http_client
from gateways.cli.drill.flows import ANSWERS, QUESTIONS
from gateways.cli.drill.talking import Talk

TWICE, REVERSED, EARLY = 0.02, 0.10, 0.05  # shares of callbacks that come so
EARLY_SECONDS = 0.005  # how long the answer to a send waits when its callback is to come first
TELL_SECONDS = 0.5
BACKLOG = 4096  # a sender that comes back after a kill makes hundreds of connections at once
_TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 24\r\n\r\n0: Accepted for delivery"


@dataclass(slots=True)
class Book:
    """What the aggregator knows: for the audit, and for the time lines. Times are seconds of the world's clock."""

    began: float = 0.0
    taken: dict[str, float] = field(default_factory=dict)
    """Message -> when it was first handed to us."""
    again: dict[str, list[float]] = field(default_factory=dict)
    """Message -> when it was handed to us once more."""
    questions: dict[str, str] = field(default_factory=dict)
    """Message -> "number|index of the question"."""
    statuses: Counter[str] = field(default_factory=Counter)
    """"message|status" -> times it was answered with a 2xx."""
    unsure: Counter[str] = field(default_factory=Counter)
    """What got no answer at some time, and may be in the log more often than it was answered."""
    answers: Counter[str] = field(default_factory=Counter)
    """External id of a contact's answer -> times it was answered with a 2xx."""
    talk: dict[str, Any] = field(default_factory=dict)
    """What `talking.Talk` heard."""


class Aggregator:
    """`plan`: {port: of Evenkeel, listen: port, seed, book: file, poll?: channel uuid} and what `Talk` takes of it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.book = Book(began=time.time())
        self.client = http_client.HttpClient(plan["port"])
        self.talk = Talk(plan, SeededChance(plan["seed"] + 1))
        self._chance = SeededChance(plan["seed"])

    # ---- sends ---------------------------------------------------------------------------------------------------------------

    def take(self, target: str) -> float:
        """A message is handed to us; returns the seconds after which it is answered."""
        fields = {name: values[0] for name, values in parse_qs(target.partition("?")[2]).items()}
        message = parse_qs(urlsplit(fields["dlr-url"]).query)["uuid"][0]
        now = time.time()
        if message in self.book.taken:
            self.book.again.setdefault(message, []).append(now)
            return 0.0
        self.book.taken[message] = now
        if not self.talk.hears(fields["to"]) and fields["text"] in QUESTIONS:
            question = QUESTIONS.index(fields["text"])
            self.book.questions[message] = f"{fields['to']}|{question}"
            self._call_back(message, fields["to"], question)
            return EARLY_SECONDS if self._chance.random() < EARLY else 0.0
        return 0.0

    def _call_back(self, message: str, number: str, question: int) -> None:
        statuses = ["8", "1"]
        if self._chance.random() < REVERSED:
            statuses.reverse()
        path = f"/c/kn/{self.plan['poll']}"
        for status in statuses:
            wire = http_client.get(f"{path}/status", {"uuid": message, "status": status})
            for _ in range(self._times()):
                self.client.send(wire, partial(self._noted, self.book.statuses, f"{message}|{status}"))
        key = f"{number}-{question}"
        form = {"id": key, "ts": str(int(time.time())), "sender": number, "message": ANSWERS[question]}
        wire = http_client.post(f"{path}/receive", form)
        for _ in range(self._times()):
            self.client.send(wire, partial(self._noted, self.book.answers, key))

    def _times(self) -> int:
        return 2 if self._chance.random() < TWICE else 1

    def _noted(self, book: Counter[str], key: str, tries: int) -> None:
        book[key] += 1
        if tries > 1:
            self.book.unsure[key] += tries - 1

    # ---- life ----------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Server(self), "127.0.0.1", self.plan["listen"], backlog=BACKLOG)
        self.talk.begin()
        ending = loop.run_in_executor(None, sys.stdin.readline)
        while not ending.done():
            self._tell()
            await asyncio.wait([ending], timeout=TELL_SECONDS)
        self.book.talk = await self.talk.end()
        server.close()
        Path(self.plan["book"]).write_bytes(orjson.dumps(self.book))

    def _tell(self) -> None:
        book = self.book
        told = {
            "at": round(time.time() - book.began, 3), "taken": len(book.questions), "statuses": book.statuses.total(),
            "answers": book.answers.total(), "distinct_answers": len(book.answers), "under_way": self.client.under_way,
            "talked": self.talk.heard, "broken": self.client.broken, "refused": self.client.refused,
        }  # fmt: skip
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
        sys.stdout.flush()


class _Server(asyncio.Protocol):
    """Reads GETs of a sender that waits for each answer before the next."""

    def __init__(self, aggregator: Aggregator) -> None:
        self._aggregator = aggregator
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            seconds = self._aggregator.take(head.split(b" ", 2)[1].decode())
            if seconds:
                asyncio.get_running_loop().call_later(seconds, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():  # whoever sent it may have been killed meanwhile
            self._transport.write(_TAKEN)


def main() -> None:
    import uvloop

    plan = orjson.loads(sys.stdin.readline())
    uvloop.run(Aggregator(plan).run())


if __name__ == "__main__":
    main()
