"""What an attempt means for the message: an outcome for the log, another try later, or back to its place until the channel may go on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from domain.events.record import Event
from domain.events.versions import version_of
from domain.ports.fair_queue import MessageKey
from gateways.channels.contract import SendOutcome
from workers.sender.attempt import Attempt
from workers.sender.outgoing import Outgoing

Data = dict[str, Any]

RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=10))  # the third error is final
THROTTLE_SECONDS = 30.0  # where a 429 doesn't say how long to wait
MAX_THROTTLE_SECONDS = 3_600.0
_MICROS = 1_000_000
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Settlement:
    """`reports` and `facts` go to the log. Then the message is done; or given out again at `retry_at` (microseconds), with `payload`; or
    at `not_before`, which quiet hours may move; or, with `rest_until`, back to its place while its channel rests. `note` is what is noted
    of an outcome, b"" if it is none.
    """

    key: MessageKey
    channel: str
    reports: tuple[Event, ...] = ()
    facts: tuple[Event, ...] = ()
    note: bytes = b""
    retry_at: int | None = None
    payload: bytes = b""
    rest_until: int | None = None
    not_before: int | None = None

    @property
    def is_end(self) -> bool:
        """The message is through: it is not given out again."""
        return self.retry_at is None and self.rest_until is None and self.not_before is None

    @staticmethod
    def of_note(key: MessageKey, note: bytes) -> "Settlement":
        """What another sender, or this one before it died, noted and maybe didn't append."""
        channel, reports, facts, retry_at, payload = orjson.loads(note)
        return Settlement(key, channel, tuple(reports), tuple(facts), note, retry_at, payload.encode())


class Settling:
    """Makes settlements. `new_id` gives ids of events."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._learned: set[tuple[str, str, str]] = set()

    def settle(self, attempt: Attempt, now: datetime) -> Settlement:
        outgoing, outcome = attempt.outgoing, attempt.outcome
        if outcome.error_code == "connection_throttled" and outcome.retryable:
            seconds = outcome.retry_after if outcome.retry_after is not None else THROTTLE_SECONDS
            waiting = outgoing.after_attempt(outcome.external_ids, outgoing.errors)
            return Settlement(
                outgoing.key,
                outgoing.channel,
                payload=waiting.payload() if waiting != outgoing else b"",
                rest_until=_micros(now + timedelta(seconds=min(max(seconds, 1.0), MAX_THROTTLE_SECONDS))),
            )
        return self._settled(outgoing, outcome, now)

    def refuse(self, outgoing: Outgoing, reason: str, sentence: str, now: datetime) -> Settlement:
        """It isn't even tried: `reason` is too_old or channel_removed."""
        outcome = SendOutcome("failed", outgoing.parts_done, error_code=reason, error_text=sentence)
        return self._settled(outgoing, outcome, now, reason)

    def returned(self, outgoing: Outgoing, times: int, now: datetime) -> Settlement:
        """Its aggregator took it and has said so many times since that it could not deliver it this time."""
        outcome = SendOutcome(
            "errored", error_code="returned", error_text="The aggregator could not deliver it this time."
        )
        settlement = self._settled(outgoing, outcome, now)
        settlement.reports[0]["data"]["answers"] = times
        return settlement

    def look_again(self, outgoing: Outgoing, seconds: float, now: datetime) -> Settlement:
        """Its channel isn't known (yet): nothing for the log, the message waits."""
        later = _micros(now + timedelta(seconds=seconds))
        return Settlement(outgoing.key, outgoing.channel, retry_at=later, payload=outgoing.payload())

    def put_off(self, outgoing: Outgoing, until: datetime) -> Settlement:
        """These are quiet hours: nothing for the log, the message waits for their end."""
        return Settlement(outgoing.key, outgoing.channel, not_before=_micros(until))

    def _settled(self, outgoing: Outgoing, outcome: SendOutcome, now: datetime, reason: str = "") -> Settlement:
        errors = outgoing.errors + (outcome.status == "errored")
        retry_on = _retry_on(outcome, errors, now)
        data = _report(outgoing, outcome, errors, now)
        if outcome.status == "errored" and retry_on is None:
            data["status"], reason = "failed", "error_limit"
        if retry_on is not None:
            data["next_attempt_on"] = _text(retry_on)
        if data["status"] == "failed":
            data["failed_reason"] = reason or outcome.error_code or "rejected"
        report = _event("message_sent", self._new_id(), data)
        facts: tuple[Event, ...] = ()
        if outcome.contact_stopped:
            facts = (_event("channel_event_occurred", self._new_id(), _happened("stop_contact", outgoing, now)),)
        if outcome.also_known_as and self._is_news(outgoing, outcome.also_known_as):
            learned = {**_happened("urn_learned", outgoing, now), "also_known_as": outcome.also_known_as}
            facts += (_event("channel_event_occurred", self._new_id(), learned),)
        retry_at = None if retry_on is None else _micros(retry_on)
        payload = outgoing.after_attempt(outcome.external_ids, errors).payload() if retry_on is not None else b""
        note = orjson.dumps((outgoing.channel, (report,), facts, retry_at, payload.decode()))
        return Settlement(outgoing.key, outgoing.channel, (report,), facts, note, retry_at, payload)

    def _is_news(self, outgoing: Outgoing, urn: str) -> bool:
        """Aggregators say it with every message; once is enough for the decider."""
        if len(self._learned) >= _REMEMBERED:
            self._learned.clear()
        before = len(self._learned)
        self._learned.add((outgoing.org, outgoing.message["urn"], urn))
        return len(self._learned) > before


def _event(name: str, id: str, data: Data) -> Event:
    return {"type": name, "version": version_of(name), "id": id, "data": data}


def _retry_on(outcome: SendOutcome, errors: int, now: datetime) -> datetime | None:
    """When to try again; None if that was the end of it."""
    if outcome.status != "errored" or errors > len(RETRY_AFTER):
        return None
    return now + max(RETRY_AFTER[errors - 1], timedelta(seconds=outcome.retry_after or 0))


def _report(outgoing: Outgoing, outcome: SendOutcome, errors: int, now: datetime) -> Data:
    data: Data = {
        "message": outgoing.message["uuid"],
        "id": outgoing.message["id"],
        "channel": outgoing.channel,
        "contact": outgoing.contact,
        "status": outcome.status,
        "external_ids": [each for each in outcome.external_ids if each],
        "error_count": errors,
    }
    if outcome.error_code:
        data["error"] = {"code": outcome.external_code or outcome.error_code, "text": outcome.error_text}
    if outcome.status not in ("errored", "failed"):
        data["sent_on"] = _text(now)
    return data


def _happened(what: str, outgoing: Outgoing, now: datetime) -> Data:
    return {
        "channel": outgoing.channel,
        "type": what,
        "urn": outgoing.message["urn"],
        "extra": {},
        "occurred_on": _text(now),
    }


def _micros(time: datetime) -> int:
    return int(time.timestamp() * _MICROS)


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
