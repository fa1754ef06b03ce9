"""What the supervisor starts: `python -m gateways.cli.role_main ROLE NAME`. Settings come from the environment."""

import logging
import os
import sys
import threading
import time
from pathlib import Path

from gateways.cli.roles import run_role
from infra.collecting import settle_memory
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder
from infra.supervisor.signals import stop_on_signals


def main(role: str, name: str) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.environ["PGAPPNAME"] = name  # so that Postgres tells whose connection is whose
    settings = Settings.from_environment(os.environ, Path.cwd())
    stop = stop_on_signals()
    threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()

    def ready() -> None:
        settle_memory()
        RunFolder(settings.data).ready_file(name).write_text(str(os.getpid()))

    return run_role(role, name, settings, ready, stop)


def _watch_parent(parent: int, stop: threading.Event) -> None:
    """Where the system does not end us with our supervisor."""
    while not stop.is_set():
        if os.getppid() != parent:
            stop.set()
        time.sleep(1.0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
