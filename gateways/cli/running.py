"""`evenkeel up` and `evenkeel down`."""

import argparse
import os
import signal
import sys

from domain.errors import Unavailable
from gateways.cli.main import show
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder

STOP_SECONDS = 45.0


def run_up(options: argparse.Namespace, settings: Settings) -> int:
    from gateways.cli.up import up

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return up(settings, say, demo=not options.no_demo)


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
