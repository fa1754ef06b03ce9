"""Answers that go on for ever, from a real server on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from domain.ports.http_caller import Call
from domain.ports.http_stream import StreamBroken
from infra.http import stream as streams
from infra.http.caller import PooledCaller

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = 120.0  # seconds: a busy machine is no failure
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _chunk(raw: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(raw), raw)


@contextlib.asynccontextmanager
async def opened(
    serve: Serve, allowed: frozenset[str] = frozenset({"127.0.0.1"})
) -> AsyncIterator[tuple[PooledCaller, str]]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    caller = PooledCaller(allowed)
    yield caller, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/stream?minutes=5"
    await caller.close()
    server.close()


def test_pieces_come_as_they_are_said_until_the_server_ends():
    asked = []

    async def serve(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HEAD + _chunk(b"one\n"))
        await reader.read(1)  # until we say something again: nothing waits for the end

    async def story():
        async with opened(serve) as (caller, url):
            stream = await caller.open(Call("GET", url, (("Authorization", "Bearer a"),)))
            assert (stream.status, dict(stream.headers)["Content-Type"]) == (200, "application/json")
            assert await stream.read(LONG) == b"one\n"
            with pytest.raises(TimeoutError):
                await stream.read(0.05)
            stream.close()
            with pytest.raises(StreamBroken):
                await stream.read(LONG)
        assert asked[0].startswith(b"GET /stream?minutes=5 HTTP/1.1\r\n") and b"Accept-Encoding: identity" in asked[0]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("end", "sentence"),
    [(b"0\r\n\r\n", "The server ended the answer."), (b"", "The server closed the connection."), (b"zz\r\n", "The answer is no HTTP")],
)  # fmt: skip
def test_what_was_said_before_the_end_is_read(end, sentence):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + _chunk(b"last words") + end)
        writer.close()

    async def story():
        async with opened(serve) as (caller, url):
            stream = await caller.open(Call("GET", url))
            assert await stream.read(LONG) == b"last words"
            with pytest.raises(StreamBroken, match=sentence):
                await stream.read(LONG)

    asyncio.run(story())


def test_a_slow_reader_stops_the_server(monkeypatch):
    monkeypatch.setattr(streams, "MOST_WAITING", 10_000)
    sent = 0

    async def serve(reader, writer):
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        writer.transport.set_write_buffer_limits(high=1_000)
        for _ in range(2_000):
            writer.write(_chunk(b"x" * 10_000))
            await writer.drain()
            sent += 10_000
        writer.write(b"0\r\n\r\n")

    async def story():
        async with opened(serve) as (caller, url):
            stream = await caller.open(Call("GET", url))
            before = -1
            while sent != before or not sent:
                before = sent
                await asyncio.sleep(0.1)
            assert sent < 19_000_000
            read = 0
            with pytest.raises(StreamBroken, match="ended the answer"):
                while True:
                    read += len(await stream.read(LONG))
            assert read == 20_000_000

    asyncio.run(story())


def test_no_head_in_time_no_server_and_addresses_that_may_not_be_called():
    async def serve(reader, writer):
        await reader.read()

    async def story():
        async with opened(serve) as (caller, url):
            with pytest.raises(StreamBroken, match="No answer within 0.1 seconds."):
                await caller.open(Call("GET", url, timeout=0.1))
            with pytest.raises(StreamBroken, match="Can't connect"):
                await caller.open(Call("GET", "http://127.0.0.1:1/"))
        async with opened(serve, frozenset()) as (caller, url):
            with pytest.raises(StreamBroken) as refused:
                await caller.open(Call("GET", url))
            assert refused.value.refused
            with pytest.raises(StreamBroken) as refused:
                await caller.open(Call("GET", "ftp://127.0.0.1/"))
            assert refused.value.refused

    asyncio.run(story())
