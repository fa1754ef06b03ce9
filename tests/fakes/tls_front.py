"""TLS in front of a server that has none: the embedded Postgres and Redis are built without it. What passes through is the server's own."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

_SSL_REQUEST = bytes.fromhex("04d2162f")


@contextlib.contextmanager
def tls_front(
    certificate: tuple[Path, Path], *, unix: str = "", port: int = 0, postgres: bool = False
) -> Iterator[int]:
    """The port of 127.0.0.1 where a server that listens on a Unix socket or another port speaks TLS, as long as it is held.

    `postgres`: TLS begins when the client has asked for it, as Postgres has it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    front = _Front(context, unix, port, postgres)
    thread = threading.Thread(target=asyncio.run, args=(front.run(),), daemon=True)
    thread.start()
    front.listening.wait(10)
    yield front.port
    front.end()
    thread.join(10)


class _Front:
    def __init__(self, context: ssl.SSLContext, unix: str, port: int, postgres: bool) -> None:
        self._context = context
        self._unix, self._behind = unix, port
        self._postgres = postgres
        self.listening = threading.Event()
        self.port = 0

    async def run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        at_once = None if self._postgres else self._context
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=at_once)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        await self._over.wait()
        server.close()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if self._postgres:
                await self._begin_as_postgres(reader, writer)
            if self._unix:
                behind, to_behind = await asyncio.open_unix_connection(self._unix)
            else:
                behind, to_behind = await asyncio.open_connection("127.0.0.1", self._behind)
            await asyncio.gather(_pump(reader, to_behind), _pump(behind, writer))
        writer.close()

    async def _begin_as_postgres(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readexactly(8))[4:] != _SSL_REQUEST:
            writer.write(b"N")  # another kind of encryption was asked for
        writer.write(b"S")
        await writer.start_tls(self._context)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()
