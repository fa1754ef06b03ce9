"""A place that becomes full: a disk of its own in memory where that may be mounted, else a limit on the size of a broker's files."""

import resource
import subprocess
from pathlib import Path

import psutil

_MEGABYTE = 1024 * 1024
_LARGEST_FILE = 12 * _MEGABYTE  # Kafka makes its index files of 10 MB first


class SmallDisk:
    """Below `folder`, with room for `megabytes`."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.mounted = _runs("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))

    def limit(self, pid: int | None) -> None:
        """For the process that will write there; to be called when it has started."""
        if not self.mounted and pid is not None:
            psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))

    def make_room(self) -> None:
        """Space is back. (A process that is started anew has no limit.)"""
        if self.mounted:
            assert _runs("mount", "-o", "remount,size=1g", str(self.folder))

    def remove(self) -> None:
        if self.mounted:
            _runs("umount", "-l", str(self.folder))


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10).returncode == 0
    except OSError:
        return False
