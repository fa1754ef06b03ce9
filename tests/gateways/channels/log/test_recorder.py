"""What is kept of exchanges, what is only counted, and how both reach the log without keeping anybody waiting."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.errors import Unavailable
from domain.ports.channel_log import Exchange, Question
from domain.ports.http_caller import Reply
from gateways.channels.catalogue import channel_type
from gateways.channels.contract import Channel, HttpRequest, LogLine, SendOutcome
from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import MORE_ERRORS, Heard, Recorder
from gateways.channels.log.writer import AT_ONCE, MOST_WAITING, ChannelLogWriter
from infra.ids import uuid7
from infra.memory.channel_log import MemoryChannelLog

CODE = Channel("ch-1", "org", "EX", "2020")
MESSAGE = {"uuid": "m-1", "id": 1, "urn": "tel:+1"}
WIRED = SendOutcome("wired", ("e-1",))
REFUSED = SendOutcome("failed", error_code="rejected_with_reason", external_code="42", error_text="No such number.")
NOW = datetime(2026, 11, 24, 9, 0, 30, tzinfo=UTC)


class LogThatGoesAway(MemoryChannelLog):
    away = broken = False

    def keep(self, *arguments: Any) -> None:
        if self.away:
            raise Unavailable("The log is away.")
        if self.broken:
            raise ValueError("This can't be kept.")
        super().keep(*arguments)


class Office:
    """A recorder with a log of its own, and a clock."""

    def __init__(self, per_minute: int = 600, figures_file: Path | None = None) -> None:
        self.time = NOW
        self.log = LogThatGoesAway()
        self.figures = Figures()
        self.writer = ChannelLogWriter(
            self.log, self.now, days=7, figures=self.figures.as_json, figures_file=figures_file
        )
        self.recorder = Recorder(self.writer, self.figures, uuid7, self.now, per_minute=per_minute)

    def now(self) -> datetime:
        return self.time

    def send(self, times: int = 1, outcome: SendOutcome = WIRED, channel: Channel = CODE, requests: int = 1) -> None:
        calls = [(HttpRequest("POST", f"https://a.example/{nth}"), Reply(200, elapsed_ms=7)) for nth in range(requests)]
        for _ in range(times):
            self.recorder.sent(channel, channel_type("EX"), MESSAGE, calls, outcome)

    def kept(self) -> list[Exchange]:
        self.writer.flush()
        return self.log.find(Question("org", limit=100_000))

    def counted(self) -> list[tuple[bool, int, int]]:
        self.writer.flush()
        return [(each.failed, each.number, each.elapsed_ms) for each in self.log.tallies(Question("org"))]


def test_an_exchange_names_its_message_by_all_its_ids() -> None:
    office = Office()
    office.send()

    [kept] = office.kept()

    assert kept.messages == ("m-1", "id:1", "external:e-1")
    assert (kept.org, kept.channel, kept.kind, kept.error) == ("org", "ch-1", "message_send", "")
    assert kept.at == NOW - timedelta(milliseconds=7, microseconds=-1)


def test_the_last_of_several_requests_is_the_one_that_failed() -> None:
    office = Office()
    office.send(outcome=REFUSED, requests=3)

    assert [each.error for each in office.kept()] == ["42: No such number.", "", ""]


def test_a_failure_before_the_first_request_is_kept_too() -> None:
    office = Office()
    office.send(outcome=SendOutcome("failed", error_code="channel_config", error_text="No URL."), requests=0)

    [kept] = office.kept()
    assert (kept.error, kept.request, kept.response, kept.status) == ("channel_config: No URL.", "", "", 0)


def test_what_a_type_remarks_is_kept_beside() -> None:
    office = Office()
    office.send(outcome=SendOutcome("wired", log=(LogLine("2100", "Cut off."), LogLine("x", ""))))

    assert office.kept()[0].notes == ("2100: Cut off.", "x")


def test_what_is_more_in_a_minute_than_anybody_reads_is_counted() -> None:
    office = Office(per_minute=10)
    office.send(25)
    office.send(10, channel=Channel("ch-2", "org", "EX", "1"))  # another channel has a room of its own

    assert len(office.kept()) == 20
    assert office.counted() == [(False, 15, 105)]

    office.time += timedelta(minutes=1)
    office.send(3)
    assert len(office.kept()) == 23


def test_of_errors_more_are_kept_and_successes_never_take_their_room() -> None:
    office = Office(per_minute=10)
    office.send(100)
    office.send(10 * MORE_ERRORS + 7, REFUSED)

    assert sum(bool(each.error) for each in office.kept()) == 10 * MORE_ERRORS
    assert sorted(office.counted()) == [(False, 90, 630), (True, 7, 49)]


def test_all_are_kept_if_that_is_wanted() -> None:
    office = Office(per_minute=0)
    office.send(2_000)

    assert len(office.kept()) == 2_000
    assert office.counted() == []


def test_what_is_counted_costs_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(per_minute=1)
    office.send()
    monkeypatch.setattr("gateways.channels.log.recorder.request_text", lambda *_: pytest.fail("made text"))

    office.send(10)

    assert office.counted() == [(False, 10, 70)]


def test_an_outage_keeps_the_newest_and_counts_what_was_lost() -> None:
    office = Office(per_minute=0)
    office.log.away = True
    office.send(MOST_WAITING + 10)
    assert not office.writer.flush()
    office.send(5)
    office.log.away = False

    kept = office.kept()

    assert len(kept) == MOST_WAITING
    assert office.writer.lost == 15
    assert office.writer.kept == MOST_WAITING


def test_counts_survive_an_outage() -> None:
    office = Office(per_minute=1)
    office.send(4)
    office.log.away = True
    assert not office.writer.flush()
    office.send(2)
    office.log.away = False

    assert office.counted() == [(False, 5, 35)]


def test_what_can_t_be_kept_is_dropped_and_what_follows_is_kept() -> None:
    office = Office(per_minute=0)
    office.log.broken = True
    office.send(AT_ONCE)
    assert office.writer.flush()
    office.log.broken = False
    office.send(1)

    assert len(office.kept()) == 1
    assert office.writer.lost == AT_ONCE


def test_a_writer_at_work_keeps_forgets_and_shows_its_figures(tmp_path: Path) -> None:
    office = Office(figures_file=tmp_path / "run" / "figures-web.json")
    office.log.keep([_old(NOW - timedelta(days=8)), _old(NOW - timedelta(days=7))])
    office.send(3)
    office.writer.start()
    try:
        _until(lambda: (tmp_path / "run" / "figures-web.json").exists())
        _until(lambda: len(office.log.find(Question("org"))) == 4)
    finally:
        office.writer.stop()

    shown = orjson.loads((tmp_path / "run" / "figures-web.json").read_bytes())
    assert shown["channels"]["ch-1"]["counts"] == {"sent": 3}
    assert shown["log"] == {"kept": 3, "lost": 0}


def test_a_writer_that_stops_writes_what_waits() -> None:
    office = Office(per_minute=1)
    office.writer.start()
    office.send(3)
    office.writer.stop()

    assert len(office.log.find(Question("org"))) == 1
    assert [each.number for each in office.log.tallies(Question("org"))] == [2]
    assert not office.writer._thread.is_alive()


# ---- figures ------------------------------------------------------------------------------------------------------------------


def test_figures_tell_attempts_apart_and_how_long_calls_took() -> None:
    office = Office()
    office.send(2)
    office.send(1, REFUSED)
    office.send(1, SendOutcome("errored", error_code="connection_failed"))
    office.send(1, SendOutcome("errored", error_code="connection_throttled"))
    office.figures.called(CODE, [50, 51, 30_001])

    figures = office.figures.as_json()["ch-1"]

    assert figures["counts"] == {"sent": 2, "failed": 1, "errored": 1, "throttled": 1}
    assert figures["calls"] == [6, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert figures["milliseconds"] == 5 * 7 + 50 + 51 + 30_001


def test_only_so_many_channels_have_figures_and_the_idle_make_room() -> None:
    figures = Figures(most_channels=2)
    for uuid in ("a", "b", "a", "c"):
        figures.count(Channel(uuid, "org", "EX", "1"), "received")

    assert {uuid: each["counts"]["received"] for uuid, each in figures.as_json().items()} == {"a": 2, "c": 1}


def _old(at: datetime) -> Exchange:
    return Exchange(uuid7(), "org", "ch-1", at, "message_send", "out", "", "", 200, 1)


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_came_over_a_link_is_kept_without_secrets_and_counted() -> None:
    office = Office(per_minute=1)
    bot = Channel("ch-2", "org", "TG", "bot", config={"auth_token": "77:secret"})
    heard = Heard(
        "Update 501",
        "message_receive",
        b'{"text":"say 77:secret"}',
        "received",
        messages=("m-2",),
        urns=("telegram:1",),
    )
    for _ in range(3):
        office.recorder.heard(bot, channel_type("TG"), heard)
    office.recorder.heard(
        bot, channel_type("TG"), Heard("The link was lost.", "unknown", figure="errored", error="Cut.")
    )

    lost, kept = office.kept()
    assert kept.request.startswith("Update 501") and "say **********" in kept.request
    assert (kept.direction, kept.messages, kept.urns, kept.response) == ("in", ("m-2",), ("telegram:1",), "")
    assert (lost.error, lost.kind) == ("Cut.", "unknown")
    assert office.figures.as_json()["ch-2"]["counts"] == {"received": 3, "errored": 1}
    assert office.counted() == [(False, 2, 0)]
