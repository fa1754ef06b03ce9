"""The moment in which quiet hours end: who was put off until then goes before who is only taken then."""

from typing import Any

import pytest

from domain.ports.fair_queue import Taken
from tests.workers.sender.desk import CHANNEL, ORG, Desk, running
from tests.workers.sender.test_sending import play
from tests.workers.sender.test_terms import LIMITS, at_hour, texts
from workers.sender.outgoing import Outgoing

pytestmark = pytest.mark.redis


class Sleepy:
    """A queue whose sender sleeps until the end of the quiet when it has taken this text, before it hears of it."""

    def __init__(self, desk: Desk, text: str) -> None:
        self._desk, self._text = desk, text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.queue, name)

    def take(self, *arguments: Any, **named: Any) -> list[Taken]:
        taken = self._desk.queue.take(*arguments, **named)
        if self._text in [Outgoing.read(each.org, each.payload).message["text"] for each in taken]:
            self._text = ""
            at_hour(self._desk, 7)
        return list(taken)


def test_what_is_taken_in_the_last_moment_does_not_overtake_what_was_put_off_before_it(redis_queue):
    async def scene(desk: Desk) -> None:
        at_hour(desk, 22)
        desk.change_channel(paused=True)
        desk.queued("0", "1", "2", urn="tel:+1")

        async with running(desk.sender(queue=Sleepy(desk, "1"), limits=LIMITS)):
            await desk.until_queued({ORG: {CHANNEL: 3}})
            desk.change_channel(paused=False, quiet_hours="21:00-07:00")
            await desk.until_reported(3)

        assert texts(desk) == ["0", "1", "2"]

    play(scene, redis_queue)
