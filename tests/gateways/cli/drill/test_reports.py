"""Reports are one page that needs nothing else, with well-formed charts; figures in them are what was measured."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateways.cli.drill import report
from gateways.cli.drill.audit import Audit
from gateways.cli.drill.charts import Line, chart, items, page, table
from gateways.cli.drill.killing import Kill
from gateways.cli.drill.measuring import Cost, Costs
from gateways.cli.drill.poll import PollPlan, PollResult
from gateways.cli.drill.repeats import Repeat
from gateways.cli.drill.scene import Place

PLACE = Place("org", "channel", "flow")


def result() -> PollResult:
    """A poll of ten contacts in four seconds, with one kill."""
    names = ("taken", "statuses", "answers", "delivered", "completed")
    timeline = [{"at": float(at), **dict.fromkeys(names, 5.0 * at)} for at in range(5)]
    kill = Kill("light", 102.0)
    audit = Audit(repeats=[Repeat("m1", 101.9, 103.0, kill)], findings=["something <odd>"])
    costs = Costs(Path(), found={"web": Cost(0.6, 2**20), "drill": Cost(6.0, 2**20)}, most_memory=2 * 2**20)
    quiet = [(float(n), n / 100) for n in range(1, 101)]
    return PollResult(PollPlan(10), PLACE, audit, 100.0, 4.0, timeline, quiet, costs, [kill])


def test_latencies_are_by_nearest_rank() -> None:
    assert report.latencies([n / 1000 for n in range(1, 101)]) == {
        "messages": 100, "p50_ms": 50.0, "p99_ms": 99.0, "max_ms": 100.0,
    }  # fmt: skip
    assert report.latencies([])["p99_ms"] is None


def test_cost_is_per_callback_and_leaves_out_the_drill() -> None:
    found = report.described(result())

    assert found["cpu_us_per_callback"] == {"web": 10_000.0, "drill": 100_000.0, "all of ours": 10_000.0}
    assert (found["callbacks"], found["callbacks_per_second"]) == (60, 15.0)
    assert found["stages"]["taken"] == {"count": 20.0, "seconds": 4.0, "per_second": 5.0}


def test_the_text_says_what_was_killed_what_it_explains_and_what_is_wrong() -> None:
    text = report.as_text(report.described(result()))

    assert "Killed: light at 2.0 s" in text
    assert "m1 went out at 1.90 s and again at 3.00 s: light was killed at 2.00 s" in text
    assert text.endswith("Audit FAILED:\n  something <odd>")


def test_the_page_needs_nothing_from_elsewhere() -> None:
    shown = report.as_page(report.described(result()), result().quiet)

    assert "http" not in shown
    assert "something &lt;odd&gt;" in shown
    assert shown.count("<svg") == 3
    assert "light was killed" in shown


@pytest.mark.parametrize(
    "drawn",
    [
        chart([Line("a < b", [(0, 1), (2, 3)]), Line("dots", [(1, 1)], dots=True)], "ms", marks=[(1, "x & y")]),
        chart([Line("none", [])], "µs"),
        chart([Line("steps", [(0, 5), (1, 5)])], "µs", names=["1,000", "10,000"]),
        table(["a"], [["<b>"]]),
        items(["<c>"]),
    ],
)
def test_what_is_drawn_is_well_formed(drawn: str) -> None:
    ElementTree.fromstring(drawn)

    assert drawn in page("title", "text", ("heading", drawn))
