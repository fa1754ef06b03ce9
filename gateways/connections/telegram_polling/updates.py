"""What Telegram's updates say, as events: read by the same code as those that come to a webhook."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from domain.events.record import Event
from domain.ports.channel_log import ExchangeKind
from gateways.channels.contract import Channel, HttpRequest, Received
from gateways.channels.facts import Facts, names_of
from gateways.channels.json_body import json_to_show
from gateways.channels.log.figures import Figure
from gateways.channels.log.recorder import Heard
from gateways.channels.types.telegram import TELEGRAM
from gateways.channels.types.telegram.receiving import SECRET_HEADER

log = logging.getLogger(__name__)

_REMEMBERED: Final = 5_000


class Updates:
    """Knows which updates were taken in, so that one that comes again isn't. `counts` are for /metrics; `heard` is told of each."""

    def __init__(self, channel: Channel, facts: Facts, heard: Callable[[Heard], None]) -> None:
        self._channel = channel
        self._facts = facts
        self._heard = heard
        self._taken: OrderedDict[int, None] = OrderedDict()
        self.counts = {"messages": 0, "events": 0, "ignored": 0, "repeated": 0, "unreadable": 0}

    def read(self, updates: Sequence[dict[str, Any]]) -> list[Event]:
        """Facts, in the order of the updates."""
        facts: list[Event] = []
        for update in updates:
            if update["update_id"] in self._taken:
                self._tell(update, "repeated", "repeated")
                continue
            try:
                facts += self._read_one(update)
            except Exception as fault:  # it would come again and again, and hold up all that follow
                log.exception("An update can't be read", extra={"action": "update_unreadable"})
                self._tell(update, "unreadable", "refused", error=f"The update can't be read: {fault!r}")
        return facts

    def took(self, updates: Sequence[dict[str, Any]]) -> None:
        """They are durable."""
        for update in updates:
            self._taken[update["update_id"]] = None
        while len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)

    def _read_one(self, update: dict[str, Any]) -> list[Event]:
        genuine = {SECRET_HEADER: str(self._channel.config.get("secret") or "")}
        request = HttpRequest("POST", "", genuine, body=orjson.dumps(update))
        answer = TELEGRAM.receive("receive", self._channel, request, new_id=self._facts.new_id)
        if not isinstance(answer, Received):
            self._tell(update, "ignored", None)
            return []
        facts = self._facts.of(TELEGRAM, self._channel, answer)
        if answer.messages:
            self._tell(update, "messages", "received", answer, "message_receive", facts)
        elif answer.events:
            self._tell(update, "events", "events", answer, "event_receive", facts)
        return facts

    def _tell(
        self,
        update: dict[str, Any],
        count: str,
        figure: Figure | None,
        answer: Received | None = None,
        kind: ExchangeKind = "unknown",
        facts: Sequence[Event] = (),
        *,
        error: str = "",
    ) -> None:
        self.counts[count] += 1
        urns = [each.urn for each in answer.messages or answer.events] if answer is not None else []
        self._heard(
            Heard(
                f"Update {update['update_id']}",
                kind,
                json_to_show(update),
                figure,
                error,
                answer.log if answer is not None else (),
                messages=names_of(facts),
                urns=urns,
            )
        )
