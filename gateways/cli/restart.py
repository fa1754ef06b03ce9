"""`evenkeel restart`: replaces every process by one of this program, while doors, API and conversations go on.

Called from the tree that runs, it restarts everything; called from another (the next release, unpacked beside it), it upgrades to that.
"""

import argparse
import sys
import time
import uuid
from typing import Any

from domain.errors import Unavailable
from gateways.cli.main import show
from gateways.cli.taking_over import CODE, REQUEST, RESULT, signal_supervisor
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder

ANSWER_SECONDS = 90.0
"""What the supervisor gets to see that the new program starts; building changed read models may take much longer afterwards."""


def run_restart(options: argparse.Namespace, settings: Settings) -> int:
    folder = RunFolder(settings.data)
    pid = folder.supervisor()
    if pid is None:
        raise Unavailable(f"No Evenkeel runs on {settings.data}. Start it with `make up`.")
    if not folder.read("supervisor.json"):
        raise Unavailable(
            "The Evenkeel that runs is too old to be replaced while it runs: `make down`, then `make up`."
        )
    request = str(uuid.uuid4())
    folder.write(REQUEST, {"id": request, "python": sys.executable, "code": str(CODE)})
    signal_supervisor(pid)
    found = _follow(folder, request, quiet=options.json)
    if found["state"] != "done":
        raise Unavailable(f"The restart is not complete: {found['said'][-1]}")
    show(options, {"restarted": True, "pid": pid, "steps": found["said"]}, "Every process is replaced.")
    return 0


def _follow(folder: RunFolder, request: str, *, quiet: bool) -> dict[str, Any]:
    """Until the supervisor says how it went; what it says meanwhile is shown."""
    deadline, shown = time.monotonic() + ANSWER_SECONDS, 0
    while True:
        result: dict[str, Any] = folder.read(RESULT) or {}
        if result.get("id") == request:
            for line in () if quiet else result["said"][shown:]:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            shown = len(result["said"])
            if result["state"] != "going on":
                return result
        elif time.monotonic() > deadline:
            raise Unavailable(f"The supervisor has not answered within {ANSWER_SECONDS:.0f} s.")
        if folder.supervisor() is None:
            raise Unavailable("The supervisor has ended. Start it again with `make up`.")
        time.sleep(0.1)
