"""The run folder: one supervisor at a time, whatever files a dead one left."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import Conflict
from infra.supervisor.run_folder import RunFolder

OTHER = """
import sys
from pathlib import Path
from infra.supervisor.run_folder import RunFolder
folder = RunFolder(Path(sys.argv[1]))
folder.take()
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has the folder."""
    made = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert made.stdout is not None and made.stdout.readline() == "taken\n"
    yield made
    made.kill()
    made.communicate()


def test_a_folder_that_was_never_used_has_no_supervisor(tmp_path: Path) -> None:
    assert RunFolder(tmp_path).supervisor() is None
    assert RunFolder(tmp_path).read("processes.json") is None


def test_a_second_supervisor_is_refused_with_what_to_do(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    assert RunFolder(tmp_path).supervisor() == other.pid
    with pytest.raises(Conflict) as raised:
        RunFolder(tmp_path).take()
    assert f"process {other.pid}" in raised.value.sentence and "make down" in raised.value.sentence


def test_the_pid_file_of_a_killed_supervisor_counts_for_nothing(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    other.kill()
    other.wait()
    folder = RunFolder(tmp_path)
    assert (folder.path / "supervisor.pid").read_text() == str(other.pid)
    assert folder.supervisor() is None
    folder.take()
    assert RunFolder(tmp_path).supervisor() == os.getpid()


def test_waiting_for_the_end_of_a_supervisor_has_a_limit(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    assert RunFolder(tmp_path).wait_until_free(0.1) is False
    other.kill()
    assert RunFolder(tmp_path).wait_until_free(120) is True


def test_a_file_is_replaced_as_a_whole_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.take()
    folder.write("installation.json", {"first": "longer than the next"})
    folder.write("installation.json", {"n": 2})
    assert folder.read("installation.json") == {"n": 2}
    assert (folder.path / "installation.json").stat().st_mode & 0o077 == 0
    assert not list(folder.path.glob("*.new"))
