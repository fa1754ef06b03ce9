"""Streams of events: nothing is lost between two looks, and nobody holds up anybody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateways.pages.streams import KEPT, Stream, Streams


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(work(), 60)

    return asyncio.run(limited())


def test_what_comes_while_a_frame_is_sent_is_sent_next() -> None:
    async def work() -> list[bytes]:
        stream = Stream(lambda _: True)
        frames = stream.frames()
        got = [await anext(frames)]
        stream.put(b"one")
        got.append(await anext(frames))  # it is being sent ...
        stream.put(b"two")  # ... and this comes
        got.append(await anext(frames))
        return got[1:]

    assert run(work) == [b"one", b"two"]


def test_a_stream_that_is_ended_while_a_frame_is_sent_ends() -> None:
    async def work() -> None:
        stream = Stream(lambda _: True)
        stream.put(b"one")
        frames = stream.frames()
        await anext(frames)
        await anext(frames)
        stream.end()
        with pytest.raises(StopAsyncIteration):
            await anext(frames)

    run(work)


def test_who_comes_after_the_end_is_let_go_at_once() -> None:
    async def work() -> list[Any]:
        streams = Streams()
        streams.end()
        return [chunk async for chunk in streams.respond().body_iterator]

    assert len(run(work)) <= 1


def test_a_slow_browser_loses_the_oldest() -> None:
    async def work() -> bytes:
        stream = Stream(lambda _: True)
        for number in range(KEPT + 5):
            stream.put(str(number).encode())
        frames = stream.frames()
        await anext(frames)
        return await anext(frames)

    assert run(work) == b"5"
