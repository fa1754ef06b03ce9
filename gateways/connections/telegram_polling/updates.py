"""What Telegram's updates say, as events: read by the same code as those that come to a webhook."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import orjson

from domain.events.record import Event
from domain.events.versions import version_of
from gateways.channels.contract import Channel, HttpRequest, Received
from gateways.channels.facts import Facts
from gateways.channels.types.telegram import TELEGRAM

log = logging.getLogger(__name__)

_REMEMBERED: Final = 5_000
_SHOWN_CHARS: Final = 4_000


class Updates:
    """Knows which updates were taken in, so that one that comes again isn't. `counts` are for /metrics."""

    def __init__(self, channel: Channel, facts: Facts) -> None:
        self._channel = channel
        self._facts = facts
        self._taken: OrderedDict[int, None] = OrderedDict()
        self.counts = {"messages": 0, "events": 0, "ignored": 0, "repeated": 0, "unreadable": 0}

    def read(self, updates: Sequence[dict[str, Any]]) -> tuple[list[Event], list[Event]]:
        """Facts and reports, in the order of the updates."""
        facts: list[Event] = []
        reports: list[Event] = []
        for update in updates:
            if update["update_id"] in self._taken:
                self.counts["repeated"] += 1
                continue
            try:
                facts += self._read_one(update)
            except Exception as fault:  # it would come again and again, and hold up all that follow
                log.exception("An update can't be read", extra={"action": "update_unreadable"})
                self.counts["unreadable"] += 1
                reports.append(self._kept_unread(update, fault))
        return facts, reports

    def took(self, updates: Sequence[dict[str, Any]]) -> None:
        """They are durable."""
        for update in updates:
            self._taken[update["update_id"]] = None
        while len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)

    def _read_one(self, update: dict[str, Any]) -> list[Event]:
        request = HttpRequest("POST", "", body=orjson.dumps(update))
        answer = TELEGRAM.receive("receive", self._channel, request, new_id=self._facts.new_id)
        if not isinstance(answer, Received):
            self.counts["ignored"] += 1
            return []
        self.counts["messages"] += len(answer.messages)
        self.counts["events"] += len(answer.events)
        return self._facts.of(TELEGRAM, self._channel, answer)

    def _kept_unread(self, update: dict[str, Any], fault: Exception) -> Event:
        """A line of the channel's log that holds the update."""
        data = {
            "channel": self._channel.uuid,
            "direction": "in",
            "request": orjson.dumps(update).decode()[:_SHOWN_CHARS],
            "response": "",
            "elapsed_ms": 0,
            "error": f"The update can't be read: {fault!r}",
        }
        return {
            "type": "exchange_logged",
            "version": version_of("exchange_logged"),
            "id": self._facts.new_id(),
            "data": data,
        }
