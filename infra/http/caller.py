"""HTTP calls: kept-alive connections, an address guard, bounded answers.

Our own client, because its cost is most of what sending a message costs: less than half of aiohttp's. It speaks what aggregators and
webhooks speak, HTTP/1.1 with TLS, and no more.
"""

import asyncio
import base64
import re
import ssl
import zlib
from functools import lru_cache
from time import monotonic
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from domain.ports.http_caller import Call, Headers, Reply
from domain.ports.http_stream import StreamBroken
from infra.http.addresses import AllowedAddresses
from infra.http.connection import Answer, Broken, Connection
from infra.http.connections import AddressRefused, Connections, Server
from infra.http.stream import StreamConnection

USER_AGENT = "Evenkeel/0.1"
_PORTS = {"http": 80, "https": 443}
_KEEPS_METHOD = frozenset({307, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_PASSED_ON = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive"})
_STAYS_HOME = frozenset({"authorization", "cookie", "proxy-authorization"})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_HAS_BODY = frozenset({"POST", "PUT", "PATCH"})
_REPEATABLE = frozenset({"GET", "HEAD"})
_PLAIN_QUERY = re.compile(r"[\x21-\x7e]*")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class _Target(NamedTuple):
    server: Server
    request_uri: str
    host: str
    authorization: str


class PooledCaller:
    """Make it, use it and close it in one event loop. `allowed_hosts`: see AllowedAddresses; `tls`: whom to trust, else the system's."""

    def __init__(
        self,
        allowed_hosts: frozenset[str] = frozenset(),
        *,
        user_agent: str = USER_AGENT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._connections = Connections(AllowedAddresses(allowed_hosts), tls)
        self._user_agent = user_agent

    async def close(self) -> None:
        self._connections.close()

    async def call(self, call: Call) -> Reply:
        begun = monotonic()
        try:
            answer = await self._follow(call, begun + call.timeout)
        except TimeoutError:
            return _failed(f"No answer within {call.timeout:g} seconds.", begun)
        except AddressRefused as error:
            return _failed(str(error), begun, refused=True)
        except Broken as error:
            return _failed(str(error), begun)
        except OSError as error:  # before ValueError: a certificate that isn't trusted is both
            return _failed(f"Can't connect: {error}", begun)
        except ValueError as error:
            return _failed(f"The address can't be called: {error}", begun, refused=True)
        return _reply(answer, call.max_bytes, begun)

    async def open(self, call: Call) -> StreamConnection:
        """See HttpStreams. The answer isn't compressed and redirects aren't followed."""
        try:
            async with asyncio.timeout(call.timeout):
                target = _target_of(call.url)
                headers = (*call.headers, ("Accept-Encoding", "identity"))
                request = self._request(call.method, target, headers, call.body)
                stream = await self._connections.connect_as(target.server, StreamConnection)
                try:
                    stream.ask(request)
                    await stream.head
                except BaseException:
                    stream.close()
                    raise
                return stream
        except TimeoutError:
            raise StreamBroken(f"No answer within {call.timeout:g} seconds.") from None
        except AddressRefused as error:
            raise StreamBroken(str(error), refused=True) from None
        except OSError as error:
            raise StreamBroken(f"Can't connect: {error}") from None
        except ValueError as error:
            raise StreamBroken(f"The address can't be called: {error}", refused=True) from None

    async def _follow(self, call: Call, deadline: float) -> Answer:
        method, url, headers, body = call.method, call.url, call.headers, call.body
        for left in range(call.redirects, -1, -1):
            answer = await self._once(method, url, headers, body, call.max_bytes, deadline)
            if not left or answer.status not in _REDIRECTS:
                break
            place = _header(answer, b"location")
            if not place:
                break
            if answer.status not in _KEEPS_METHOD and method != "HEAD":
                method, body = "GET", b""
                headers = tuple(pair for pair in headers if pair[0].lower() != "content-type")
            onward = urljoin(url, place.decode("latin-1"))
            if _target_of(onward).server != _target_of(url).server:
                stays = _STAYS_HOME | call.stays_home
                headers = tuple(pair for pair in headers if pair[0].lower() not in stays)
            url = onward
        return answer

    async def _once(
        self, method: str, url: str, headers: Headers, body: bytes, max_bytes: int, deadline: float
    ) -> Answer:
        target = _target_of(url)
        request = self._request(method, target, headers, body)
        kept = self._connections.kept(target.server)
        connection = kept or await self._connect(target.server, deadline)
        try:
            answer = await connection.exchange(method, request, max_bytes, max(deadline - monotonic(), 0.0))
        except Broken:
            if kept is None or method not in _REPEATABLE:
                raise
            connection = await self._connect(target.server, deadline)  # the server had closed it meanwhile
            answer = await connection.exchange(method, request, max_bytes, max(deadline - monotonic(), 0.0))
        self._connections.keep(target.server, connection, _kept_for(answer))
        return answer

    async def _connect(self, server: Server, deadline: float) -> Connection:
        async with asyncio.timeout(deadline - monotonic()):
            return await self._connections.connect(server)

    def _request(self, method: str, target: _Target, headers: Headers, body: bytes) -> bytes:
        given = {name.lower() for name, _ in headers}
        lines = [f"{method} {target.request_uri} HTTP/1.1\r\nHost: {target.host}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _OURS]
        if "user-agent" not in given:
            lines.append(f"User-Agent: {self._user_agent}")
        if "accept-encoding" not in given:
            lines.append("Accept-Encoding: gzip")
        if target.authorization and "authorization" not in given:
            lines.append(f"Authorization: {target.authorization}")
        if body or method in _HAS_BODY:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines)
        if head.count("\n") != len(lines) or head.count("\r") != len(lines):
            raise ValueError("a header holds a line break")
        return head.encode() + b"\r\n\r\n" + body


def _target_of(url: str) -> _Target:
    """Where a URL leads. Raises ValueError for what is no http(s) address."""
    address, mark, query = url.partition("#")[0].partition("?")
    target = _target(address)
    if not query:
        return target
    written = query if _PLAIN_QUERY.fullmatch(query) else quote(query, safe=_PRINTABLE)
    return target._replace(request_uri=f"{target.request_uri}{mark}{written}")


@lru_cache(maxsize=4_096)
def _target(url: str) -> _Target:
    """Of a URL without query: those of one aggregator differ in their queries only."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url[:200]!r} does not begin with http:// or https:// and a host")
    name = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    port = parts.port or _PORTS[parts.scheme]
    shown = f"[{name}]" if ":" in name else name
    target = parts.path or "/"
    user = ""
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        user = "Basic " + base64.b64encode(pair.encode()).decode()
    return _Target(
        Server(name, port, parts.scheme == "https"),
        quote(target, safe=_PRINTABLE),
        shown if parts.port is None or parts.port == _PORTS[parts.scheme] else f"{shown}:{port}",
        user,
    )


def _header(answer: Answer, wanted: bytes) -> bytes:
    return next((value for name, value in answer.headers if name.lower() == wanted), b"")


def _kept_for(answer: Answer) -> float | None:
    """What `Keep-Alive: timeout=5` says."""
    said = _header(answer, b"keep-alive")
    seconds = said.partition(b"timeout=")[2].partition(b",")[0].strip() if said else b""
    return float(seconds) if seconds.isdigit() and len(seconds) < 6 else None


def _reply(answer: Answer, max_bytes: int, begun: float) -> Reply:
    body, too_large, size = answer.body, answer.too_large, answer.size
    if body and _header(answer, b"content-encoding").lower() in (b"gzip", b"x-gzip"):
        try:
            body = zlib.decompressobj(wbits=31).decompress(body, max_bytes + 1)
        except zlib.error as error:
            return _failed(f"The answer's compression is broken: {error}", begun)
        too_large, size = too_large or len(body) > max_bytes, len(body)
        body = body[:max_bytes]
    if too_large:
        length = _header(answer, b"content-length")
        size = max(size, int(length)) if length.isdigit() else size
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    return Reply(
        answer.status,
        tuple(pair for pair in headers if pair[0].lower() not in _NOT_PASSED_ON),
        body,
        answer.reason.decode("latin-1"),
        too_large=too_large,
        size=size,
        elapsed_ms=int((monotonic() - begun) * 1_000),
    )


def _failed(error: str, begun: float, *, refused: bool = False) -> Reply:
    return Reply(0, error=error, refused=refused, elapsed_ms=int((monotonic() - begun) * 1_000))
