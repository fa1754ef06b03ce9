"""The audit of a drill is silent when all is well, and says every single thing that is not."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from domain.events.record import Record
from gateways.cli.drill.audit import Audit, Killed, Logged, Rows, audit, read_log
from gateways.cli.drill.killing import Kill
from infra.event_log.memory import MemoryEventLog
from tests.projections.examples import uuid_of

CONTACTS = 2
BEGAN = 1_000.0


def well() -> tuple[dict[str, Any], Logged, Rows]:
    """A book, a log and rows after a poll of two contacts in which nothing went wrong."""
    questions = {f"m{n}{q}": f"+{n}|{q}" for n in range(CONTACTS) for q in range(2)}
    answers = {f"+{n}-{q}": 1 for n in range(CONTACTS) for q in range(2)}
    book: dict[str, Any] = {
        "began": BEGAN, "taken": {**dict.fromkeys(questions, BEGAN + 1), "quiet": BEGAN}, "again": {},
        "questions": questions, "answers": dict(answers), "unsure": {},
        "statuses": {f"{message}|{number}": 1 for message in questions for number in ("8", "1")},
        "talk": {"spoken": [], "unanswered": []},
    }  # fmt: skip
    logged = Logged(created=set(questions))
    logged.received.update(answers)
    logged.handled.update(answers)
    for message in questions:
        logged.statuses.update([f"{message}|sent", f"{message}|delivered"])
        logged.sent[message] = [BEGAN + 1.1]
    return book, logged, Rows(completed=CONTACTS, delivered=2 * CONTACTS, differences={})


def audited(book: dict[str, Any], logged: Logged, rows: Rows, *kills: Kill) -> Audit:
    return audit(book, logged, rows, contacts=CONTACTS, killed=Killed(kills))


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    result = audited(*well())

    assert result.findings == []
    assert result.counts["callbacks_answered"] == 6 * CONTACTS


Damage = Callable[[dict[str, Any], Logged], Any]
DAMAGES: dict[str, Damage] = {
    "answers that are not in the log": lambda book, log: (log.received.pop("+0-0"), log.handled.pop("+0-0")),
    "answers more often in the log": lambda book, log: log.received.update(["+0-0"]),
    "answers in the log that were not handled": lambda book, log: log.handled.pop("+0-0"),
    "answers handled more than once": lambda book, log: log.handled.update(["+0-0"]),
    "answers handled: 3, expected 4": lambda book, log: log.handled.pop("+0-0"),
    "statuses that were answered": lambda book, log: log.statuses.pop("m00|delivered"),
    "statuses in the log more often": lambda book, log: log.statuses.update(["m00|delivered"]),
    "callbacks appended to the log again": lambda book, log: log.appended_again.append(BEGAN),
    "inputs set aside": lambda book, log: log.refused.append("KeyError"),
    "questions asked twice": lambda book, log: (
        book["questions"].update(m99="+0|0"), book["taken"].update(m99=BEGAN), log.created.add("m99"),
        log.sent.update(m99=[BEGAN]),
    ),
    "questions asked: 3, expected 4": lambda book, log: book["questions"].pop("m00"),
    "messages that never reached": lambda book, log: log.created.add("m99"),
    "messages that the log doesn't know": lambda book, log: log.created.remove("m00"),
    "messages sent without a note": lambda book, log: log.sent.pop("m00"),
    "messages sent twice": lambda book, log: book["again"].update(m00=[BEGAN + 12]),
    "quiet messages without a reply": lambda book, log: book["talk"]["unanswered"].append([0, BEGAN]),
}  # fmt: skip


@pytest.mark.parametrize("finding", DAMAGES)
def test_what_is_wrong_is_found(finding: str) -> None:
    book, logged, rows = well()
    DAMAGES[finding](book, logged)

    assert any(each.startswith(finding) for each in audited(book, logged, rows).findings)


@pytest.mark.parametrize(
    ("finding", "changes"),
    [
        ("runs completed: 1, expected 2", {"completed": 1}),
        ("contacts without exactly one completed run", {"unfinished": ["+0"]}),
        ("messages delivered: 3, expected 4", {"delivered": 3}),
        ("messages whose last status is not delivered", {"undelivered": ["m00 is sent"]}),
        ("read models that differ from a rebuild", {"differences": {"runs": "a row"}}),
    ],
)
def test_rows_that_are_wrong_are_found(finding: str, changes: dict[str, Any]) -> None:
    book, logged, rows = well()

    assert any(each.startswith(finding) for each in audited(book, logged, replace(rows, **changes)).findings)


def test_a_callback_without_an_answer_may_be_in_the_log_once_more() -> None:
    book, logged, rows = well()
    book["unsure"] = {"m00|1": 1, "+0-0": 1}
    logged.statuses.update(["m00|delivered"])
    logged.received.update(["+0-0"])

    assert audited(book, logged, rows).findings == []


def test_a_note_that_went_with_who_was_killed_is_no_fault() -> None:
    book, logged, rows = well()
    logged.sent.pop("m00")

    assert audited(book, logged, rows, Kill("light", BEGAN + 1), Kill("redis", BEGAN + 2)).findings == []


@pytest.mark.parametrize("seconds", [-5, 5])
def test_an_append_done_again_because_the_log_was_killed_is_no_fault(seconds: float) -> None:
    book, logged, rows = well()
    logged.appended_again.append(BEGAN + 10)

    assert audited(book, logged, rows, Kill("postgres", BEGAN + 10 + seconds)).findings == []


def test_an_append_that_was_done_again_is_known_by_its_ids() -> None:
    log, org, report = MemoryEventLog(1), uuid_of("org"), {"message": "m00", "status": "sent"}
    for number in (1, 2, 1):
        event = {"type": "delivery_reported", "version": 1, "id": uuid_of(f"event {number}"), "data": report}
        log.append([Record(org, "report", (event,), 1_500_000, "test")])

    logged = read_log(log, org)

    assert (logged.statuses["m00|sent"], logged.appended_again) == (2, [1.5])


def test_a_repetition_that_the_door_knew_is_no_loss() -> None:
    book, logged, rows = well()
    book["answers"]["+0-0"] = 2

    assert audited(book, logged, rows).findings == []


def test_a_repeat_in_a_kills_window_is_listed_and_no_fault() -> None:
    book, logged, rows = well()
    book["again"] = {"m00": [BEGAN + 12]}
    logged.sent["m00"] = [BEGAN + 12.2]

    result = audited(deepcopy(book), logged, rows, Kill("light", BEGAN + 1.05))

    assert result.findings == []
    (repeat,) = result.repeats
    assert repeat.sentence(BEGAN) == (
        "m00 went out at 1.00 s and again at 12.00 s: light was killed at 1.05 s, before the outcome was in the log"
    )


def never_handed_over(book: dict[str, Any], log: Logged) -> None:
    book["taken"].pop("m00")
    book["questions"].pop("m00")


AMONG_KILLS: dict[str, tuple[str, Damage, Kill]] = {
    "a message that never left": ("messages that never reached", never_handed_over, Kill("light", BEGAN + 1.05)),
    "twice, and a door died": (
        "messages sent twice", lambda book, log: book["again"].update(m00=[BEGAN + 12]), Kill("web", BEGAN + 1.05)),
    "twice, and it died afterwards": (
        "messages sent twice", lambda book, log: book["again"].update(m00=[BEGAN + 12]), Kill("light", BEGAN + 12.5)),
    "three times, and one died": (
        "messages sent twice: 1,", lambda book, log: (
            book["again"].update(m00=[BEGAN + 1.4, BEGAN + 1.8]), log.sent.update(m00=[BEGAN + 1.9])),
        Kill("light", BEGAN + 1.05)),
    "no note, and a door died": (
        "messages sent without a note", lambda book, log: log.sent.pop("m00"), Kill("web", BEGAN + 1.05)),
    "no note, and the sender died much later": (
        "messages sent without a note", lambda book, log: log.sent.pop("m00"), Kill("light", BEGAN + 90)),
    "no note, and only the sender died": (
        "messages sent without a note", lambda book, log: log.sent.pop("m00"), Kill("light", BEGAN + 1.05)),
    "appended again, and a door died": (
        "callbacks appended to the log again", lambda book, log: log.appended_again.append(BEGAN + 1), Kill("web", BEGAN + 1)),
    "appended again, and the log died much later": (
        "callbacks appended to the log again", lambda book, log: log.appended_again.append(BEGAN + 1),
        Kill("postgres", BEGAN + 20)),
    "a status that nobody called back": (
        "statuses in the log more often", lambda book, log: log.statuses.update(["m77|delivered"]), Kill("web", BEGAN + 1)),
    "an unsure status, twice too often": (
        "statuses in the log more often", lambda book, log: (
            book["statuses"].pop("m00|1"), book["unsure"].update({"m00|1": 1}), log.statuses.update(["m00|delivered"])),
        Kill("web", BEGAN + 1)),
}  # fmt: skip


@pytest.mark.parametrize("case", AMONG_KILLS)
def test_a_kill_that_does_not_explain_it_hides_nothing(case: str) -> None:
    finding, damage, kill = AMONG_KILLS[case]
    book, logged, rows = well()
    damage(book, logged)

    assert any(each.startswith(finding) for each in audited(book, logged, rows, kill).findings)
