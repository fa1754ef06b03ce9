"""The audit of a drill: the aggregator's book against the log and the read models. Every finding is a sentence; none means that all is well.

A callback that got no answer was repeated by the aggregator, so it may stand in the log more often than it was answered. What else is
there twice, or missing, is allowed only where a kill explains it: of sender and Redis a hand-over or a note (`repeats.py`), of the log an
append that was done again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.ports.event_log import EventLog
from gateways.cli.drill.flows import QUESTIONS
from gateways.cli.drill.killing import BACK_SECONDS, Kill
from gateways.cli.drill.repeats import SOON, Excuses, Repeat, pending_until, role

_NAMES = {"8": "sent", "1": "delivered"}
_FROM_OUTSIDE = ("message_received", "delivery_reported")
_APPENDING = 11.0  # seconds after which it is unknown whether an append was done
_LEFT = ("wired", "sent", "delivered")
SHOWN = 5


@dataclass(slots=True)
class Logged:
    """What the log holds of the poll's organization."""

    received: Counter[str] = field(default_factory=Counter)
    """External id -> facts that say it came."""
    handled: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    created: set[str] = field(default_factory=set)
    sent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Message -> when its sender noted that it had left, in seconds of the world's clock."""
    refused: list[str] = field(default_factory=list)
    appended_again: list[float] = field(default_factory=list)
    """When an event was first appended that stands in the log more than once: a door that doesn't know whether its append was done keeps it
    and does it again, with the same ids."""
    ids: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Rows:
    """What the read models hold of it. `unfinished`: contacts without exactly one completed run; `undelivered`: messages with
    another last status; `differences`: read model -> how a rebuild differs, None if none was made."""

    completed: int = 0
    delivered: int = 0
    unfinished: Sequence[str] = ()
    undelivered: Sequence[str] = ()
    differences: dict[str, str] | None = None


@dataclass(slots=True)
class Audit:
    findings: list[str] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    """Messages that the aggregator was handed twice, each with the kill that explains it."""
    counts: dict[str, int] = field(default_factory=dict)
    compared: bool = True

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def expect(self, what: str, wrong: Iterable[str]) -> None:
        found = list(wrong)
        if found:
            self.findings.append(f"{what}: {len(found)}, such as {', '.join(found[:SHOWN])}")

    def equal(self, what: str, found: int, expected: int) -> None:
        if found != expected:
            self.findings.append(f"{what}: {found}, expected {expected}")


def read_log(log: EventLog, org: str) -> Logged:
    logged = Logged()
    for partition in range(log.partitions):
        after = -1
        while records := log.read(partition, after, 2_000):
            after = records[-1].offset
            for each in records:
                if each.record.org == org:
                    for event in each.record.events:
                        at = each.record.recorded_on / 1e6
                        if _is_new(logged, event, at):
                            _take(logged, event["type"], event["data"], at)
    return logged


def _is_new(logged: Logged, event: dict[str, Any], at: float) -> bool:
    if event["type"] in _FROM_OUTSIDE:
        number = int(event["id"].replace("-", ""), 16)
        if number in logged.ids:
            logged.appended_again.append(at)
            return False
        logged.ids.add(number)
    return True


def _take(logged: Logged, name: str, data: dict[str, Any], at: float) -> None:
    if name == "message_received":
        logged.received[data.get("external_id", "")] += 1
    elif name == "message_handled":
        logged.handled[data["message"].get("external_id", "")] += 1
    elif name == "message_repeated":
        logged.repeated += 1
    elif name == "delivery_reported":
        logged.statuses[f"{data.get('message')}|{data['status']}"] += 1
    elif name == "message_created":
        logged.created.add(data["message"]["uuid"])
    elif name == "message_sent" and data["status"] in _LEFT:
        logged.sent[data["message"]].append(at)
    elif name == "input_refused":
        logged.refused.append(str(data.get("error"))[:200])


@dataclass(frozen=True, slots=True)
class Killed:
    """Who was killed, among how many `senders`; `log`: the name of the process that keeps the log."""

    kills: Sequence[Kill] = ()
    senders: int = 1
    log: str = "postgres"


def audit(book: dict[str, Any], logged: Logged, rows: Rows, *, contacts: int, killed: Killed = Killed()) -> Audit:
    """`book` as the aggregator wrote it."""
    result = Audit(compared=rows.differences is not None)
    _answers(result, book, logged)
    _statuses(result, book, logged)
    _messages(result, book, logged, killed)
    _appends(result, logged, killed)
    result.expect("inputs set aside", logged.refused)
    expected = contacts * len(QUESTIONS)
    asked = Counter(book["questions"].values())
    result.expect("questions asked twice", (key for key, times in asked.items() if times > 1))
    result.equal("questions asked", len(asked), expected)
    result.equal("answers handled", len(logged.handled), expected)
    result.equal("runs completed", rows.completed, contacts)
    result.expect("contacts without exactly one completed run", rows.unfinished)
    result.equal("messages delivered", rows.delivered, expected)
    result.expect("messages whose last status is not delivered", rows.undelivered)
    result.equal("quiet messages without a reply", len(book["talk"]["unanswered"]), 0)
    result.expect(
        "read models that differ from a rebuild",
        (f"{name}: {text}" for name, text in (rows.differences or {}).items()),
    )
    result.counts = {
        "contacts": contacts, "messages_created": len(logged.created), "answers_handled": len(logged.handled),
        "answers_repeated": logged.repeated, "statuses_logged": logged.statuses.total(), "sent_twice": len(result.repeats),
        "callbacks_appended_again": len(logged.appended_again),
        "callbacks_answered": sum(book["answers"].values()) + sum(book["statuses"].values()),
        "callbacks_unsure": sum(book["unsure"].values()),
    }  # fmt: skip
    return result


def _answers(result: Audit, book: dict[str, Any], logged: Logged) -> None:
    """Each is in the log (a door that knows it already doesn't write a repetition again), and was handled once."""
    answered, unsure = Counter(book["answers"]), Counter(book["unsure"])
    received = logged.received
    result.expect("answers that are not in the log", (key for key in answered if key not in received))
    result.expect(
        "answers more often in the log than they were posted",
        (key for key, times in received.items() if times > answered[key] + unsure[key]),
    )
    result.expect("answers in the log that were not handled", (key for key in received if key not in logged.handled))
    result.expect("answers handled more than once", (key for key, times in logged.handled.items() if times > 1))


def _statuses(result: Audit, book: dict[str, Any], logged: Logged) -> None:
    unsure = Counter(book["unsure"])
    lost, extra = [], []
    told = {
        f"{message}|{_NAMES[number]}": key
        for key in (*book["statuses"], *unsure)
        for message, _, number in [key.partition("|")]
        if number
    }
    for name in {**told, **logged.statuses}:
        key = told.get(name, name)
        times, found = book["statuses"].get(key, 0), logged.statuses[name]
        if found < times:
            lost.append(key)
        elif found > times + unsure[key]:
            extra.append(key)
    result.expect("statuses that were answered and are not in the log", lost)
    result.expect("statuses in the log more often than they were called back", extra)


def _messages(result: Audit, book: dict[str, Any], logged: Logged, killed: Killed) -> None:
    """Every message of the poll reached the aggregator, and once, or a kill explains why not."""
    taken, again = book["taken"], book["again"]
    result.expect("messages that never reached the aggregator", (key for key in logged.created if key not in taken))
    result.expect("messages that the log doesn't know", (key for key in book["questions"] if key not in logged.created))
    handed = {key: [taken[key], *times] for key, times in again.items()}
    excuses = Excuses(killed.kills, killed.senders, pending_until(taken, logged.sent))
    silent = {
        key: max(handed.get(key, [taken[key]])) for key in logged.created if key in taken and not logged.sent.get(key)
    }
    result.expect(
        "messages sent without a note in the log", (k for k, at in silent.items() if not excuses.missing_note(at))
    )
    result.repeats = excuses.repeats(handed, logged.sent)
    unexplained = [repeat for repeat in result.repeats if repeat.kill is None]
    result.expect("messages sent twice", (repeat.sentence(book["began"]) for repeat in unexplained))


def _appends(result: Audit, logged: Logged, killed: Killed) -> None:
    """Done again only by a door that didn't hear from the log, or had kept something because the log was away."""
    away = [kill.at for kill in killed.kills if role(kill) == killed.log]
    unexplained = [
        at
        for at in logged.appended_again
        if not any(died - _APPENDING <= at <= died + BACK_SECONDS + SOON for died in away)
    ]
    result.equal("callbacks appended to the log again, and no kill of the log explains it", len(unexplained), 0)
