"""Runs the conformance cases: how far Evenkeel agrees with what flow and channel authors are used to.

The cases are a private yardstick and never part of this repository. They are read at run time from the folder named by
`$CONFORMANCE` (default: `../shared/conformance` beside the project). A *kind* is a module in `tests/conformance/kinds/`,
found by its file name, that exposes

    run(folder: pathlib.Path) -> Iterable[tuple[str, bool, str]]      # case name, agreed, what differs ("" when agreed)

and, where one case differs on purpose, `DELIBERATE: dict[case name, reason]`: such cases count as agreed and are printed
with their reason. `floors.json` holds the share (0 to 1) of each kind that must agree; a share, because the folder may
hold any subset of the cases.

    python -m tests.conformance.runner [kind…] [--brief]
"""

import importlib
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance import kinds

PROJECT = Path(__file__).resolve().parents[2]
FLOORS = Path(__file__).with_name("floors.json")
DIFFERENCE_LENGTH = 600

Outcome = tuple[str, bool, str]


@dataclass(slots=True)
class KindReport:
    """What came of one kind: counts, the disagreements, the deliberate differences and the floor."""

    kind: str
    floor: float
    agreed: int = 0
    cases: int = 0
    disagreements: list[tuple[str, str]] = field(default_factory=list)
    deliberate: list[tuple[str, str]] = field(default_factory=list)
    crash: str = ""

    @property
    def has_fallen(self) -> bool:
        """Whether the kind agrees less than its floor asks, or could not be run at all."""
        return bool(self.crash) or (self.cases > 0 and self.agreed / self.cases < self.floor)

    @property
    def line(self) -> str:
        return f"{self.kind}: agreed {self.agreed} of {self.cases}"


def cases_folder() -> Path:
    """The folder of cases, whether it exists or not."""
    return (PROJECT / os.environ.get("CONFORMANCE", "../shared/conformance")).resolve()


def kind_names() -> list[str]:
    """Every kind there is a module for, by name."""
    return sorted(found.name for found in pkgutil.iter_modules(kinds.__path__))


def run_kind(kind: str, folder: Path) -> KindReport:
    """Runs one kind. A kind that raises is reported as a crash, so that the others still run."""
    report = KindReport(kind, floors().get(kind, 0.0))
    try:
        module = importlib.import_module(f"{kinds.__name__}.{kind}")
        count(report, module.run(folder), getattr(module, "DELIBERATE", {}))
    except Exception:
        report.crash = traceback.format_exc()
    return report


def count(report: KindReport, outcomes: Iterable[Outcome], deliberate: dict[str, str]) -> None:
    """Adds outcomes to the report as they come, so that a late crash keeps the early results."""
    for name, agreed, difference in outcomes:
        report.cases += 1
        if agreed:
            report.agreed += 1
        elif name in deliberate:
            report.agreed += 1
            report.deliberate.append((name, deliberate[name]))
        else:
            report.disagreements.append((name, difference))


def floors() -> dict[str, float]:
    """The share of each kind that must agree; a kind without an entry has none."""
    return json.loads(FLOORS.read_text()) if FLOORS.exists() else {}


def print_report(report: KindReport, *, brief: bool) -> None:
    print(report.line + (f" (under its floor of {report.floor:.1%})" if report.has_fallen else ""))
    if report.crash:
        print(report.crash)
    if brief:
        return
    for name, reason in report.deliberate:
        print(f"  = {name}: differs on purpose: {reason}")
    for name, difference in report.disagreements:
        print(f"  - {name}: {difference[:DIFFERENCE_LENGTH]}")


def main(arguments: Sequence[str]) -> int:
    """Prints one line per kind and a total; answers 1 when a kind is under its floor, 2 when it can't be run."""
    folder = cases_folder()
    if not folder.is_dir():
        print(f"no conformance cases: {folder} does not exist (set CONFORMANCE to the folder that holds them)")
        return 2
    wanted = [name for name in arguments if not name.startswith("-")] or kind_names()
    unknown = sorted(set(wanted) - set(kind_names()))
    if unknown:
        print(f"unknown kind: {', '.join(unknown)}; there are: {', '.join(kind_names())}")
        return 2
    reports = []
    for kind in wanted:
        reports.append(run_kind(kind, folder))
        print_report(reports[-1], brief="--brief" in arguments)
    print(f"total: agreed {sum(r.agreed for r in reports)} of {sum(r.cases for r in reports)}")
    return 1 if any(r.has_fallen for r in reports) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
