"""`evenkeel up` and `evenkeel down`."""

import argparse
import contextlib
import os
import signal
import sys

from domain.errors import Unavailable
from gateways.cli.main import running, show
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder

STOP_SECONDS = 45.0


def run_up(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.cli.up import up

    if options.takes_over is not None:
        return _takes_over(options.takes_over, settings)

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return up(settings, say, demo=not options.no_demo)


def _takes_over(protocol: int, settings: Settings) -> int:
    """Whether this program may take over the installation that runs. Raises UnknownEvent if a newer one has been there."""
    from gateways.cli import taking_over
    from gateways.cli.compose import connect_database
    from projections.catalogue import CATALOGUE
    from projections.standing import outdated

    with contextlib.closing(connect_database(running(settings))) as connection:
        outdated(connection, CATALOGUE)
    return 0 if protocol == taking_over.PROTOCOL else 1


def run_down(options: argparse.Namespace, settings: Settings) -> int:
    folder = RunFolder(settings.data)
    pid = folder.supervisor()
    if pid is None:
        show(options, {"stopped": False}, f"No Evenkeel runs on {settings.data}.")
        return 0
    os.kill(pid, signal.SIGTERM)
    if not folder.wait_until_free(STOP_SECONDS):
        raise Unavailable(f"The supervisor (process {pid}) did not stop within {STOP_SECONDS:.0f} s.")
    show(options, {"stopped": True, "pid": pid}, "Stopped.")
    return 0
