"""Answers that go on for ever: what a server sends as things happen, over a connection that stays open."""

from typing import Protocol

from domain.errors import EvenkeelError
from domain.ports.http_caller import Call, Headers


class StreamBroken(EvenkeelError):
    """No connection was made, or it ended. `refused`: the address may not be called, so that trying again is useless."""

    def __init__(self, sentence: str, *, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


class HttpStream(Protocol):
    """An answer whose head has come. `status` and `headers` are those of any answer."""

    status: int
    headers: Headers

    async def read(self, seconds: float) -> bytes:
        """What came since, as soon as something has. Raises StreamBroken at the end, TimeoutError if nothing comes for so long."""

    def close(self) -> None:
        """At once."""


class HttpStreams(Protocol):
    async def open(self, call: Call) -> HttpStream:
        """Asks, and waits at most `call.timeout` for the head of the answer. Raises StreamBroken."""
