"""Processes that a killed supervisor left behind: the next one stops them before it starts its own.

The system ends children with their supervisor (Linux) or they notice by themselves, so only one that hangs is ever found here.
"""

import os
import signal

import psutil

from infra.embedded.child_process import stop_process
from infra.supervisor.run_folder import RunFolder

MARK = "EVENKEEL_RUN"
"""Environment variable of every process of ours: the run folder of its supervisor. A reused process number lacks it."""

SIGNALS = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))


def stop_leftovers(folder: RunFolder) -> list[str]:
    """Stop what is left of an earlier supervisor of this folder and return the names. Servers are not touched: they are adopted."""
    stopped = []
    for row in folder.read("processes.json") or []:
        process = _ours(int(row["pid"] or 0), folder)
        if process is not None:
            stop_process(process, SIGNALS)
            stopped.append(str(row["name"]))
    return stopped


def _ours(pid: int, folder: RunFolder) -> psutil.Process | None:
    if not pid or pid == os.getpid():
        return None
    try:
        process = psutil.Process(pid)
        return process if process.environ().get(MARK) == os.fspath(folder.path) else None
    except psutil.Error:
        return None
