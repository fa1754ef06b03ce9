"""What machines ask, and the log as people see it move."""

import re
from typing import Any

from gateways.channels.contract import Channel
from gateways.channels.log.figures import Figures
from gateways.pages.metrics import MOST_CHANNELS, Metric, metrics_of, prometheus_text
from gateways.pages.status import StatusBoard
from tests.gateways.pages.installation import CHANNEL, ORG, Pages, Site, served

SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="([^"\\\n]|\\.)*"(,[a-z_]+="([^"\\\n]|\\.)*")*\})? -?[0-9.e+]+')


def test_it_is_alive_whatever_is_missing() -> None:
    pages = Pages()
    pages.status = RuntimeError("everything is broken")
    with served(pages) as site:
        assert site.http.get("/healthz").status_code == 200
        assert site.http.get("/readyz").status_code == 503
        assert "evenkeel_ready 0" in site.http.get("/metrics").text


def test_it_is_ready_when_everything_runs(site: Site) -> None:
    answer = site.http.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})


def test_what_is_missing_is_named() -> None:
    pages = Pages()
    pages.status["processes"].append({"name": "decider-1", "role": "decider", "pid": None, "state": "dead"})
    pages.status["queues"] = {"error": "Redis can't be reached."}
    with served(pages) as site:
        answer = site.http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["missing"] == ["decider-1 is dead.", "queues: Redis can't be reached."]


def test_metrics_are_what_prometheus_reads(site: Site) -> None:
    answer = site.http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line) for line in lines), lines
    assert 'evenkeel_reader_lag{reader="decider",partition="0"} 2' in lines
    assert 'evenkeel_log_head{partition="0"} 12' in lines
    assert 'evenkeel_queue_messages{queue="send"} 4' in lines
    assert "evenkeel_parked_organizations 1" in lines
    assert "evenkeel_spool_bytes 99" in lines
    assert 'evenkeel_process_up{name="web-1",role="web"} 1' in lines


def figures_of(*channels: str) -> dict[str, Any]:
    figures = Figures()
    for uuid in channels:
        channel = Channel(uuid, ORG, "EX", "2020")
        figures.count(channel, "received", 3)
        figures.called(channel, [40, 200, 31_000], "sent")
    return {"channels": figures.as_json(), "log": {"kept": 5, "lost": 1}}


def test_what_channels_do_is_told_by_channel_type_and_process() -> None:
    pages = Pages()
    pages.figures = {"light": figures_of(CHANNEL), "web": figures_of("other")}
    with served(pages) as site:
        lines = site.http.get("/metrics").text.splitlines()

    labels = f'channel="{CHANNEL}",type="EX",process="light"'
    assert all(line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line) for line in lines), lines
    assert "# TYPE evenkeel_channel_received_total counter" in lines
    assert f"evenkeel_channel_received_total{{{labels}}} 3" in lines
    assert f"evenkeel_channel_sent_total{{{labels}}} 1" in lines
    assert not [line for line in lines if line.startswith("evenkeel_channel_failed_total{")]
    assert "# TYPE evenkeel_channel_call_seconds histogram" in lines
    buckets = [
        line.rpartition(" ")[2] for line in lines if line.startswith(f"evenkeel_channel_call_seconds_bucket{{{labels}")
    ]
    assert buckets == ["1", "1", "2", "2", "2", "2", "2", "2", "2", "3"]
    assert f"evenkeel_channel_call_seconds_sum{{{labels}}} 31.24" in lines
    assert f"evenkeel_channel_call_seconds_count{{{labels}}} 3" in lines
    assert f'evenkeel_channel_queue_messages{{channel="{CHANNEL}",type="EX"}} 4' in lines
    assert 'evenkeel_channel_log_lost_total{process="web"} 1' in lines


def test_only_the_longest_queues_have_a_series_of_their_own() -> None:
    sizes = {f"ch-{number}": number for number in range(1, MOST_CHANNELS + 3)}
    text = prometheus_text(metrics_of({"queues": {"send": {ORG: sizes}}}, True, {}))

    assert text.count("evenkeel_channel_queue_messages{") == MOST_CHANNELS
    assert 'channel="ch-2"' not in text and 'channel="ch-3"' in text


def test_labels_are_escaped() -> None:
    text = prometheus_text([Metric("a", "b", [({"name": 'x"\\\n'}, 1.0)])])

    assert text.splitlines()[-1] == 'evenkeel_a{name="x\\"\\\\\\n"} 1'


def test_metrics_of_nothing_are_metrics() -> None:
    assert "evenkeel_ready 1" in prometheus_text(metrics_of({}, True, {}))


def test_records_pass_by_without_what_they_say(site: Site) -> None:
    site.pages.append("message_received", "message_received", "timer_fired")
    with site.watching("/log/events") as events:
        first = next(events)
        site.pages.append("service_answered")
        second = next(event for event in events if event["records"])

    [record] = first["records"]
    assert record["events"] == {"message_received": 2, "timer_fired": 1}
    assert (record["kind"], record["actor"], record["organization"]) == ("fact", "door:EX", ORG)
    assert "secret words" not in str(first)
    assert first["status"]["log"]["heads"] == {"0": 12, "1": -1}
    assert [list(each["events"]) for each in second["records"]] == [["service_answered"]]


def test_who_comes_later_sees_at_once_what_passed_by(site: Site) -> None:
    site.pages.append("message_received")
    with site.watching("/log/events") as events:
        first = next(events)
        with site.watching("/log/events") as later:
            assert next(later)["records"] == first["records"] != []


def test_a_log_that_is_away_is_shown_as_such(site: Site) -> None:
    site.pages.log.close()
    site.pages.status = {"log": {"error": "The log is away."}}
    with site.watching("/log/events") as events:
        event = next(events)

    assert (event["records"], event["status"]["log"]) == ([], {"error": "The log is away."})


def test_the_status_is_read_once_a_second_however_many_look() -> None:
    reads: list[int] = []
    seconds = 100.0
    board = StatusBoard(lambda: {"reads": reads.append(1) or len(reads)}, clock=lambda: seconds)

    looks = [board.look()["reads"] for _ in range(3)]
    seconds += 1
    looks.append(board.look()["reads"])

    assert looks == [1, 1, 1, 2]
