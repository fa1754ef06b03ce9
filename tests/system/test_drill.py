"""The drills themselves, small: each does what it is for, finds nothing wrong, and writes its reports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways.cli.drill import fairness_report, report, scale_report
from gateways.cli.drill.fairness import FairnessPlan, run_fairness
from gateways.cli.drill.poll import PollPlan, run_poll
from gateways.cli.drill.scale import ScalePlan, run_step
from gateways.cli.drill.scene import ask
from gateways.cli.drill.temporary import temporary_installation
from infra.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

CONTACTS = 100


@pytest.fixture(scope="module")
def drilled() -> Iterator[Settings]:
    with temporary_installation("postgres") as settings:
        yield settings


def test_a_poll_loses_nothing_and_its_report_says_what_it_cost(drilled: Settings, tmp_path: Path) -> None:
    result = run_poll(drilled, PollPlan(CONTACTS, quiet=3, quiet_every=0.2))

    assert result.audit.findings == []
    found = report.described(result)
    assert found["stages"]["taken"]["count"] == found["stages"]["delivered"]["count"] == 2 * CONTACTS
    assert found["quiet"]["messages"] > 3
    assert 0 < found["quiet"]["p50_ms"] <= found["quiet"]["p99_ms"] <= found["quiet"]["max_ms"]
    assert all(found["cpu_us_per_callback"][role] > 0 for role in ("web", "decider", "projector", "light", "postgres"))
    data, page = report.write(found, report.as_page(found, result.quiet), tmp_path)
    assert data.read_text().startswith("{")
    assert page.read_text().count("<svg") == 3


def test_small_organizations_get_their_share_beside_a_giant(drilled: Settings) -> None:
    result = run_fairness(drilled, FairnessPlan(small=10, every=0.5, backlog=500, seconds=3))

    found = fairness_report.described(result)
    assert (found["unanswered"], len(result.quiet) >= 10) == (0, True)
    assert found["giant_per_second"] > 0
    if (
        found["quiet"]["max_ms"] < 1_000
    ):  # else what is merely on its way counts as waiting (`jain.py`): the machine is slow, not unfair
        assert found["jain"]["median"] > 0.95
    assert "Jain's index: median" in fairness_report.as_text(found)
    assert "<svg" in fairness_report.as_page(found, result.quiet)


def test_contacts_of_the_past_can_be_polled_and_what_it_costs_is_told(drilled: Settings) -> None:
    plan = ScalePlan(contacts=(300,), processes=(1,), polled=50)

    step = run_step(drilled, plan, 300)

    assert step.result.audit.findings == []
    everybody = ask(drilled, "select count(*) from contacts.contacts where org = %s", (step.result.place.org,))
    assert everybody == [(300 + 1,)]  # nobody was met for the first time but the contact that the others are made like
    found = scale_report.described(plan, [step])
    assert found["steps"][0]["cpu_us_per_callback"]["all of ours"] > 0
    assert "history" in scale_report.as_text(found)
    assert scale_report.as_page(found).count("<svg") == 2


def test_a_poll_among_kills_loses_nothing_and_repeats_only_what_a_kill_explains(drilled: Settings) -> None:
    result = run_poll(drilled, PollPlan(2 * CONTACTS, quiet=3, kill=True, kill_every=0.4, rebuild=False, seed=7))

    assert result.kills
    assert result.audit.findings == []
    assert all(repeat.kill for repeat in result.audit.repeats)
