"""The audit of a drill: the aggregator's book against the log and the read models. Every finding is a sentence; none means that all is well.

A callback that got no answer was repeated by the aggregator, so it may stand in the log more often than it was answered; a message that was
handed over twice is allowed only where something was killed between the aggregator's answer and our note of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from domain.ports.event_log import EventLog
from gateways.cli.drill.flows import QUESTIONS

_NAMES = {"8": "sent", "1": "delivered"}
SHOWN = 5


@dataclass(slots=True)
class Logged:
    """What the log holds of the poll's organization."""

    handled: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    created: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Audit:
    findings: list[str] = field(default_factory=list)
    sent_twice: list[str] = field(default_factory=list)
    """Messages that the aggregator was handed twice, in the window that a kill leaves."""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def expect(self, what: str, wrong: Iterable[str]) -> None:
        found = list(wrong)
        if found:
            self.findings.append(f"{what}: {len(found)}, such as {', '.join(found[:SHOWN])}")


def read_log(log: EventLog, org: str) -> Logged:
    logged = Logged()
    for partition in range(log.partitions):
        after = -1
        while records := log.read(partition, after, 2_000):
            after = records[-1].offset
            for each in records:
                if each.record.org == org:
                    for event in each.record.events:
                        _take(logged, event["type"], event["data"])
    return logged


def _take(logged: Logged, name: str, data: dict[str, Any]) -> None:
    if name == "message_handled":
        logged.handled[data["message"].get("external_id", "")] += 1
    elif name == "message_repeated":
        logged.repeated += 1
    elif name == "delivery_reported":
        logged.statuses[f"{data.get('message')}|{data['status']}"] += 1
    elif name == "message_created":
        logged.created += 1
    elif name == "input_refused":
        logged.refused.append(str(data.get("error"))[:200])


def audit(book: dict[str, Any], logged: Logged, rows: dict[str, Any], *, contacts: int, killed: bool) -> Audit:
    """`book` as the aggregator wrote it; `rows`: {runs: {status: count}, messages: {status: count}, differences: {read model: text}}."""
    result = Audit()
    answered, unsure = Counter(book["answers"]), Counter(book["unsure"])
    result.expect("answers that are not in the log", (key for key in answered if key not in logged.handled))
    result.expect("answers handled more than once", (key for key, times in logged.handled.items() if times > 1))
    result.expect("messages handled that nobody answered for", (key for key in logged.handled if key not in answered))
    _statuses(result, book["statuses"], unsure, logged)
    result.expect("inputs set aside", logged.refused)
    twice = [message for message, times in book["taken"].items() if times > 1]
    if killed:
        result.sent_twice = twice
        result.expect("messages sent more than twice", (key for key in twice if book["taken"][key] > 2))
    else:
        result.expect("messages sent twice", twice)
    asked = Counter(book["questions"].values())
    result.expect("questions asked twice", (key for key, times in asked.items() if times > 1))
    expected = contacts * len(QUESTIONS)
    _equal(result, "questions asked", len(asked), expected)
    _equal(result, "answers handled", len(logged.handled), expected)
    _equal(result, "runs completed", rows["runs"].get("completed", 0), contacts)
    _equal(result, "messages delivered", rows["messages"].get("delivered", 0), expected)
    _equal(result, "quiet messages without a reply", book["quiet_open"], 0)
    result.expect(
        "read models that differ from a rebuild", (f"{name}: {text}" for name, text in rows["differences"].items())
    )
    result.counts = {
        "contacts": contacts, "messages_created": logged.created, "answers_handled": len(logged.handled),
        "answers_repeated": logged.repeated, "statuses_logged": logged.statuses.total(), "sent_twice": len(twice),
        "callbacks_answered": answered.total() + sum(book["statuses"].values()), "callbacks_unsure": unsure.total(),
    }  # fmt: skip
    return result


def _statuses(result: Audit, answered: dict[str, int], unsure: Counter[str], logged: Logged) -> None:
    lost, extra = [], []
    for key, times in answered.items():
        message, _, number = key.partition("|")
        found = logged.statuses[f"{message}|{_NAMES[number]}"]
        if found < times:
            lost.append(key)
        elif found > times + unsure[key]:
            extra.append(key)
    result.expect("statuses that were answered and are not in the log", lost)
    result.expect("statuses in the log more often than they were called back", extra)


def _equal(result: Audit, what: str, found: int, expected: int) -> None:
    if found != expected:
        result.findings.append(f"{what}: {found}, expected {expected}")
