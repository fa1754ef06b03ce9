"""`evenkeel drill poll`: a poll with a whole country's callbacks, on this machine, with an audit at the end."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from domain.errors import Invalid
from gateways.cli.drill.poll import PollPlan, run_poll
from gateways.cli.drill.report import as_text, described, write
from gateways.cli.drill.temporary import temporary_installation
from gateways.cli.main import running, show
from gateways.cli.progress_bar import ProgressBar
from infra.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> int:
    if options.contacts < 1 or options.quiet < 0:
        raise Invalid("Expected a number of contacts from 1 up.", field="--contacts")
    plan = PollPlan(
        contacts=options.contacts,
        quiet=options.quiet,
        kill=options.kill,
        seed=options.seed,
        rebuild=not options.no_rebuild,
    )
    if options.running and options.kill and not options.yes:
        raise Invalid(
            "This would kill processes of the running installation; say --yes if you mean it.", field="--kill"
        )
    where: Any = nullcontext(running(settings)) if options.running else temporary_installation(options.log)
    with where as installation:
        bar = ProgressBar("drill")
        try:
            result = run_poll(installation, plan, bar)
        finally:
            bar.end()
    found = described(result)
    data, page = write(found, result.quiet, Path(options.report))
    show(options, found, f"{as_text(found)}\n{data}\n{page}")
    return 0 if result.audit.is_clean else 1
