"""`evenkeel rebuild`: a read model built anew from the log beside the live one, compared row for row, and switched in."""

import argparse
from typing import Any

from domain.errors import NotFound
from gateways.cli.compose import connect_database, open_log
from gateways.cli.main import running, show
from gateways.cli.progress_bar import ProgressBar
from infra.settings import Settings
from projections.catalogue import CATALOGUE
from projections.checking import check
from projections.projection import Projection
from projections.rebuild import Rebuilt, rebuild

SHOWN = 20  # differences


def run(options: argparse.Namespace, settings: Settings) -> int:
    installation = running(settings)
    if options.compare:
        return _compare(options, installation)
    found = [_rebuild(installation, projection) for projection in _chosen(options.read_model)]
    result = [_described(each) for each in found]
    lines = [_line(each) for each in found]
    show(options, result if options.read_model == "all" else result[0], "\n".join(lines))
    return 0 if all(each.switched for each in found) else 1


def _compare(options: argparse.Namespace, settings: Settings) -> int:
    """All that are wanted in one reading of the log; the built ones are dropped."""
    chosen = _chosen(options.read_model)
    bar = ProgressBar("comparing")
    log = open_log(settings)
    try:
        differing = check(log, lambda: connect_database(settings), chosen, progress=bar)
    finally:
        bar.end()
        log.close()
    shown = {each.name: [str(row) for row in differing.get(each.name, ())[:SHOWN]] for each in chosen}
    result = [{"read_model": name, "equal": not rows, "differences": rows} for name, rows in shown.items()]
    lines = [
        f"{name}: {'differs' if rows else 'equal'}" + "".join(f"\n  {row}" for row in rows)
        for name, rows in shown.items()
    ]
    show(options, result, "\n".join(lines))
    return 1 if differing else 0


def _chosen(name: str) -> list[Projection]:
    if name == "all":
        return list(CATALOGUE)
    found = [each for each in CATALOGUE if each.name == name]
    if not found:
        names = ", ".join(each.name for each in CATALOGUE)
        raise NotFound(f"There is no read model {name!r}; expected one of {names}, or all.")
    return found


def _rebuild(settings: Settings, projection: Projection) -> Rebuilt:
    bar = ProgressBar(f"rebuilding {projection.name}")
    log = open_log(settings)
    try:
        return rebuild(log, lambda: connect_database(settings), projection, progress=bar)
    finally:
        bar.end()
        log.close()


def _described(rebuilt: Rebuilt) -> dict[str, Any]:
    return {
        "read_model": rebuilt.name,
        "version": rebuilt.version,
        "events": rebuilt.events,
        "switched": rebuilt.switched,
        "differences": [str(each) for each in rebuilt.differences[:SHOWN]],
    }


def _line(rebuilt: Rebuilt) -> str:
    if rebuilt.switched:
        found = "it makes good what was set aside" if rebuilt.differences else "equal to the live rows"
        without = f"; {rebuilt.set_aside} events are set aside" if rebuilt.set_aside else ""
        return f"{rebuilt.name}: {rebuilt.events} events, {found}; switched{without}"
    lines = [f"{rebuilt.name}: {len(rebuilt.differences)} rows differ; nothing was switched"]
    return "\n".join(lines + [f"  {each}" for each in rebuilt.differences[:SHOWN]])
