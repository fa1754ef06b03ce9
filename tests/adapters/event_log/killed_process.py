"""A process that owns the log, begins a commit and is killed in the middle of it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_SECONDS_TO_END = 120


def kill_when_begun(program: str, *arguments: str) -> None:
    """Run the program until it says "begun" on its output; then SIGKILL."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.fspath(ROOT)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "begun"
    finally:
        process.kill()
        process.communicate(timeout=_SECONDS_TO_END)
