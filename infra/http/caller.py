"""HTTP calls over aiohttp: kept-alive connections, an address guard, bounded answers.

The guard stands where the socket is made, so nothing gets around it: whatever a name resolved to, whatever a redirect or an address written out
in numbers says, the address that is checked is the one that is connected to.
"""

import asyncio
import socket
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp import hdrs
from yarl import URL

from domain.ports.http_caller import Call, Headers, Reply
from infra.http.addresses import AllowedAddresses

USER_AGENT = "Evenkeel/0.1"
KEEP_ALIVE = 30.0  # seconds for which an unused connection is kept
DNS_CACHE = 10  # seconds
CONNECTIONS_PER_HOST = 256
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10.0)
_KEEPS_METHOD = frozenset({307, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_OURS_TO_PASS_ON = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})
_STAYS_HOME = frozenset({"authorization", "cookie", "proxy-authorization"})


class AddressRefused(OSError):
    """The address is not public, and the operator didn't allow it."""


class AiohttpCaller:
    """Make it, use it and close it in one event loop. `allowed_hosts`: see AllowedAddresses."""

    def __init__(self, allowed_hosts: frozenset[str] = frozenset(), *, user_agent: str = USER_AGENT) -> None:
        self._allowed = AllowedAddresses(allowed_hosts)
        self._user_agent = user_agent
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def call(self, call: Call) -> Reply:
        begun = monotonic()
        try:
            async with asyncio.timeout(call.timeout):
                reply = await self._follow(call)
        except TimeoutError:
            reply = _failed(f"No answer within {call.timeout:g} seconds.")
        except AddressRefused as error:
            reply = _failed(str(error), refused=True)
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, AddressRefused)
            reply = _failed(str(error.os_error) if refused else f"Can't connect: {error.os_error}", refused=refused)
        except (aiohttp.InvalidURL, ValueError) as error:
            reply = _failed(f"The address can't be called: {error}", refused=True)
        except (aiohttp.ClientError, OSError) as error:
            reply = _failed(f"The connection broke: {error or type(error).__name__}")
        elapsed = int((monotonic() - begun) * 1_000)
        return Reply(
            reply.status, reply.headers, reply.body, reply.reason, reply.error,
            reply.refused, reply.too_large, reply.size, elapsed,
        )  # fmt: skip

    async def _follow(self, call: Call) -> Reply:
        method, url, headers, body = call.method, call.url, call.headers, call.body
        for left in range(call.redirects, -1, -1):
            reply = await self._once(method, url, headers, body, call.max_bytes)
            target = next((value for name, value in reply.headers if name.lower() == "location"), "")
            if not left or reply.status not in _REDIRECTS or not target:
                return reply
            onward = urljoin(url, target)
            if reply.status not in _KEEPS_METHOD and method != "HEAD":
                method, body = "GET", b""
                headers = tuple(pair for pair in headers if pair[0].lower() != "content-type")
            if URL(onward).host != URL(url).host:
                headers = tuple(pair for pair in headers if pair[0].lower() not in _STAYS_HOME)
            url = onward
        return reply

    async def _once(self, method: str, url: str, headers: Headers, body: bytes, max_bytes: int) -> Reply:
        address = URL(url, encoded=True)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError(f"{url[:200]!r} is not an address that begins with http:// or https://")
        session = self._session(self._allowed.names(address.host))
        async with session.request(
            method, address, headers=headers, data=body or None, allow_redirects=False
        ) as response:
            content, too_large = await _read(response, max_bytes)
            passed = tuple((name, value) for name, value in response.headers.items() if _is_passed_on(name))
            size = len(content)
            if too_large:
                size = max(max_bytes + 1, response.content_length or 0)
            return Reply(response.status, passed, content, response.reason or "", too_large=too_large, size=size)

    def _session(self, trusted: bool) -> aiohttp.ClientSession:
        """Hosts that are allowed by name have connections of their own, whose addresses aren't asked about."""
        session = self._sessions.get(trusted)
        if session is None:
            session = self._sessions[trusted] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    limit_per_host=CONNECTIONS_PER_HOST,
                    keepalive_timeout=KEEP_ALIVE,
                    ttl_dns_cache=DNS_CACHE,
                    socket_factory=_open_socket if trusted else self._open_checked,
                ),
                timeout=_NO_TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={hdrs.USER_AGENT: self._user_agent},
                skip_auto_headers=(hdrs.CONTENT_TYPE,),
            )
        return session

    def _open_checked(self, address: Any) -> socket.socket:
        host = address[4][0]
        if not self._allowed.may_connect(host):
            raise AddressRefused(f"{host} is not a public address; EVENKEEL_ALLOWED_HOSTS doesn't name it.")
        return _open_socket(address)


def _open_socket(address: Any) -> socket.socket:
    family, kind, protocol = address[:3]
    return socket.socket(family, kind, protocol)


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> tuple[bytes, bool]:
    """The body up to a limit, and whether there was more."""
    length = response.content_length
    if length is not None and length <= max_bytes and hdrs.CONTENT_ENCODING not in response.headers:
        return await response.read(), False
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > max_bytes:
            response.close()
            return bytes(content[:max_bytes]), True
    return bytes(content), False


def _is_passed_on(name: str) -> bool:
    return name.lower() not in _NOT_OURS_TO_PASS_ON


def _failed(error: str, *, refused: bool = False) -> Reply:
    return Reply(0, error=error, refused=refused)
