"""Keeps log files short: what others append to is moved aside and emptied, without their noticing."""

import shutil
from collections.abc import Iterable
from pathlib import Path

LONGEST = 10 * 1024 * 1024  # bytes


def keep_short(logs: Iterable[Path], longest: int = LONGEST) -> None:
    """Copy each file that is too long to `<name>.1`, in place of the one before, and empty it.

    Writers must have opened it for appending; what they write between copy and emptying is lost.
    """
    for log in logs:
        try:
            if log.stat().st_size > longest:
                shutil.copyfile(log, log.with_name(f"{log.name}.1"))
                with log.open("r+b") as file:
                    file.truncate(0)
        except OSError:
            continue  # not there, or the disk is full: the processes matter more than their logs
