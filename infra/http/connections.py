"""Connections to servers: made to addresses that were checked, kept for the next call, closed when nobody wants them."""

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from infra.http.addresses import AllowedAddresses
from infra.http.connection import Broken, Connection

CONNECT_SECONDS = 10.0
KEEP_SECONDS = (
    4.0  # many servers close what was idle for five: one that closes just as we write costs a message its try
)
MOST_KEEP_SECONDS = 60.0
DNS_SECONDS = 10.0
_KEPT_NAMES = 2_000

P = TypeVar("P", bound=asyncio.Protocol)


class AddressRefused(OSError):
    """The address is not public, and the operator didn't allow it."""


class Server(NamedTuple):
    host: str
    port: int
    encrypted: bool


class Connections:
    """Used in one event loop. What is connected to is the very address that was checked, whatever its name stands for a moment later."""

    def __init__(self, allowed: AllowedAddresses, tls: ssl.SSLContext | None = None) -> None:
        self._allowed = allowed
        self._idle: dict[Server, list[Connection]] = {}
        self._addresses: dict[str, tuple[float, list[str]]] = {}
        self._tls = tls

    def kept(self, server: Server) -> Connection | None:
        """A connection that was kept, if there is one."""
        idle = self._idle.get(server)
        while idle:
            connection = idle.pop()
            if connection.idle_timer is not None:
                connection.idle_timer.cancel()
            if connection.is_open:
                return connection
        return None

    def keep(self, server: Server, connection: Connection, seconds: float | None) -> None:
        """For the next call; `seconds` is how long the server said it keeps the connection open."""
        if connection.is_open:
            wait = KEEP_SECONDS if seconds is None else min(max(seconds - 1.0, 0.5), MOST_KEEP_SECONDS)
            self._idle.setdefault(server, []).append(connection)
            connection.idle_timer = asyncio.get_running_loop().call_later(wait, self._let_go, server, connection)

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    def _let_go(self, server: Server, connection: Connection) -> None:
        connection.close()
        idle = self._idle.get(server)
        if idle is not None:
            self._idle[server] = idle = [each for each in idle if each.is_open]
            if not idle:
                del self._idle[server]

    async def connect(self, server: Server) -> Connection:
        """A new one. Raises AddressRefused or OSError."""
        return await self.connect_as(server, Connection)

    async def connect_as(self, server: Server, make: Callable[[asyncio.AbstractEventLoop], P]) -> P:
        """A new one, spoken over by what `make` gives. Raises AddressRefused or OSError."""
        loop = asyncio.get_running_loop()
        error: OSError = Broken("The name has no address.")
        for address in await self._checked(server):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    _, connection = await loop.create_connection(
                        lambda: make(loop),
                        address,
                        server.port,
                        ssl=self._context() if server.encrypted else None,
                        server_hostname=server.host if server.encrypted else None,
                    )
                    return connection
            except TimeoutError:
                error = Broken(f"No connection to {address} within {CONNECT_SECONDS:g} seconds.")
            except OSError as failure:
                error = failure
        raise error

    async def _checked(self, server: Server) -> list[str]:
        """The server's addresses, as far as they may be called."""
        addresses = await self._resolve(server)
        if self._allowed.names(server.host):
            return addresses
        allowed = [each for each in addresses if self._allowed.may_connect(each)]
        if addresses and not allowed:
            raise AddressRefused(
                f"{server.host} ({addresses[0]}) is not a public address; EVENKEEL_ALLOWED_HOSTS doesn't name it."
            )
        return allowed

    async def _resolve(self, server: Server) -> list[str]:
        loop = asyncio.get_running_loop()
        known = self._addresses.get(server.host)
        if known is not None and known[0] > loop.time():
            return known[1]
        found = await loop.getaddrinfo(server.host, server.port, proto=6)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if len(self._addresses) >= _KEPT_NAMES:
            self._addresses.clear()
        self._addresses[server.host] = (loop.time() + DNS_SECONDS, addresses)
        return addresses

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls
