"""`evenkeel drill`: how it bears a load, on this machine: a poll with a whole country's callbacks, fair shares, and growth."""

import argparse
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from domain.errors import Invalid
from gateways.cli.main import running, show
from gateways.cli.progress_bar import ProgressBar
from infra.settings import Settings


def run_poll(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.cli.drill import poll, report

    _expect(options.contacts >= 1, "--contacts", "Expected a number of contacts from 1 up.")
    _expect(options.quiet >= 0, "--quiet", "Expected a number of organizations from 0 up.")
    _expect(options.processes >= 1, "--processes", "Expected a number of processes from 1 up.")
    _expect(
        not options.running or options.processes == 1,
        "--processes",
        "The running installation has the processes it has (EVENKEEL_PROCESSES).",
    )
    _expect(
        not (options.running and options.kill) or options.yes,
        "--kill",
        "This would kill processes of the running installation; say --yes if you mean it.",
    )
    plan = poll.PollPlan(
        contacts=options.contacts,
        quiet=options.quiet,
        kill=options.kill,
        seed=options.seed,
        rebuild=not options.no_rebuild,
    )
    with _installation(options, settings, options.processes) as installation, _Bar("drill") as bar:
        result = poll.run_poll(installation, plan, bar)
    found = report.described(result)
    _show(options, found, report.as_text(found), report.as_page(found, result.quiet), "drill")
    return 0 if result.audit.is_clean else 1


def run_fairness(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.cli.drill import fairness, fairness_report

    _expect(1 <= options.small <= 1000, "--small", "Expected a number of organizations from 1 to 1000.")
    _expect(options.every > 0, "--every", "Expected seconds above 0.")
    _expect(options.backlog >= 0, "--backlog", "Expected a number of messages from 0 up.")
    _expect(options.seconds >= 1, "--seconds", "Expected seconds from 1 up.")
    plan = fairness.FairnessPlan(options.small, options.every, options.backlog, options.seconds, options.seed)
    with _installation(options, settings) as installation, _Bar("fairness") as bar:
        result = fairness.run_fairness(installation, plan, bar)
    found = fairness_report.described(result)
    _show(options, found, fairness_report.as_text(found), fairness_report.as_page(found, result.quiet), "fairness")
    return 0 if result.unanswered == 0 else 1


def run_scale(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.cli.drill import scale, scale_report

    _expect(options.polled >= 1, "--polled", "Expected a number of contacts from 1 up.")
    contacts, processes = _numbers(options.contacts, "--contacts"), _numbers(options.processes, "--processes")
    plan = scale.ScalePlan(contacts, processes, options.polled, options.log, options.seed)
    with _Bars() as bars:
        steps = scale.run_scale(plan, bars)
    found = scale_report.described(plan, steps)
    _show(options, found, scale_report.as_text(found), scale_report.as_page(found), "scale")
    return 0 if found["clean"] else 1


def _expect(is_so: bool, field: str, sentence: str) -> None:
    if not is_so:
        raise Invalid(sentence, field=field)


def _numbers(text: str, field: str) -> list[int]:
    """As in 1000,10000."""
    parts = [part.strip() for part in text.split(",")]
    _expect(
        all(part.isdecimal() and int(part) for part in parts), field, "Expected numbers from 1 up, with commas between."
    )
    return [int(part) for part in parts]


def _installation(options: argparse.Namespace, settings: Settings, processes: int = 1) -> Any:
    """The running installation if it was asked for, else one of the drill's own, with so many `processes` of each role."""
    from gateways.cli.drill.temporary import of_each_role, temporary_installation

    os.environ["PGAPPNAME"] = "drill"  # what Postgres does for the drill itself is told apart
    return (
        nullcontext(running(settings))
        if options.running
        else temporary_installation(options.log, of_each_role(processes))
    )


def _show(options: argparse.Namespace, found: dict[str, Any], text: str, page: str, name: str) -> None:
    from gateways.cli.drill.report import write

    data, shown = write(found, page, Path(options.report), name)
    show(options, found, f"{text}\n{data}\n{shown}")


class _Bar(ProgressBar):
    """A progress bar that ends with its `with`."""

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class _Bars:
    """One progress bar after the other, each for what it is called with."""

    def __init__(self) -> None:
        self._what = ""
        self._bar = ProgressBar("")

    def __enter__(self) -> "_Bars":
        return self

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            self._bar.end()
            self._what, self._bar = what, ProgressBar(what)
        self._bar(done, total)

    def __exit__(self, *_: object) -> None:
        self._bar.end()
