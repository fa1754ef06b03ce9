"""Calling addresses that users of the installation named: aggregators, webhooks, language models.

An adapter refuses addresses that aren't public (loopback, private networks, link-local, …) unless the operator allowed them, and
connects to exactly the address it checked. It never raises for what the other side does: a reply says what came of the call.
"""

from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, str], ...]


class Call(NamedTuple):
    """A request. `url` is complete and sent as it is written; `redirects` are followed at most as often."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    timeout: float = 30.0
    """Seconds for everything: finding the address, connecting, the whole answer, redirects too."""
    max_bytes: int = 1 << 20
    """A longer answer is cut off and `too_large`."""
    redirects: int = 0
    stays_home: frozenset[str] = frozenset()
    """Names of headers, in lower case, that a redirect to another server leaves out; besides those that everybody knows to be secrets."""


class Reply(NamedTuple):
    """What came back. `status` 0: nothing did, and `error` says why in a sentence.

    `refused`: the address may not be called, so that trying again is useless. `size` is the length of the answer as far as it is
    known; it is larger than `body` when the answer was `too_large`.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    reason: str = ""
    error: str = ""
    refused: bool = False
    too_large: bool = False
    size: int = 0
    elapsed_ms: int = 0


class HttpCaller(Protocol):
    async def call(self, call: Call) -> Reply:
        """Make the call. Raises only what cancels the caller."""
