import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.event_log import wakes
from infra.event_log.wakes import Ear, Wakes

_A_READER = """
import sys, time
from pathlib import Path
from infra.event_log.wakes import Wakes
ear = Wakes(Path(sys.argv[1]), "the log").ear("f", [0])
print("listens", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "wake"


@pytest.fixture
def writer(folder: Path) -> Iterator[Wakes]:
    made = Wakes(folder, "the log")
    yield made
    made.close()


def reader(folder: Path, letters: str = "fc", partitions: tuple[int, ...] = (0, 1)) -> Ear:
    """Another process's."""
    return Wakes(folder, "the log").ear(letters, partitions)


def sockets(ear: Ear) -> list[str]:
    """The names in the folder of this reader."""
    return [name for name in os.listdir(ear._path.parent) if not name.startswith("token")]


def test_who_wants_the_kind_and_the_partition_hears(writer, folder):
    ear = reader(folder)

    writer.tell("f", [1, 5], "1:7:1,5:2:1")

    assert ear.heard().payloads == ["1:7:1,5:2:1"]
    assert ear.heard().payloads == []


@pytest.mark.parametrize(("letters", "partitions"), [("d", [0]), ("f", [2])])
def test_who_wants_another_kind_or_partition_is_left_alone(writer, folder, letters, partitions):
    ear = reader(folder)

    writer.tell(letters, partitions, "")

    assert ear.heard().payloads == []


def test_who_comes_and_who_goes_is_seen_at_once(writer, folder):
    for number in range(20):
        first, second = reader(folder), reader(folder)
        writer.tell("f", [0], str(number))
        first.close()
        writer.tell("f", [0], "again")

        assert second.heard().payloads == [str(number), "again"]
        second.close()


def test_a_reader_that_changes_its_partitions_is_woken_by_the_new_ones_only(writer, folder):
    ear = reader(folder)
    writer.tell("f", [0], "before")

    ear.want([3])
    writer.tell("f", [0], "others'")
    writer.tell("f", [3], "its own")

    assert ear.heard().payloads == ["before", "its own"]


def test_who_owns_nothing_is_not_woken(writer, folder):
    ear = reader(folder, partitions=())

    writer.tell("f", [0], "")

    assert ear.heard().payloads == []


def test_partitions_beyond_what_a_name_holds_are_all_of_them(writer, folder):
    ear = reader(folder, partitions=(0, wakes.NAMED_PARTITIONS))

    writer.tell("f", [70], "")
    writer.tell("f", [wakes.NAMED_PARTITIONS], "")

    assert len(ear.heard().payloads) == 2


def test_a_reader_that_is_late_neither_holds_up_the_writer_nor_misses_that_it_missed_something(writer, folder):
    late, prompt = reader(folder), reader(folder)
    heard = 0

    for number in range(2_000):
        writer.tell("f", [0], str(number))
        heard += len(prompt.heard().payloads)

    assert heard == 2_000
    assert late.heard().may_lack
    assert not late.heard().may_lack


def test_who_hears_little_lacks_nothing(writer, folder):
    ear = reader(folder)

    writer.tell("f", [0], "")

    assert not ear.heard().may_lack


def test_a_killed_reader_is_forgotten_with_its_socket(writer, folder):
    killed = subprocess.Popen([sys.executable, "-c", _A_READER, folder], stdout=subprocess.PIPE)
    assert killed.stdout is not None and killed.stdout.readline() == b"listens\n"
    writer.tell("f", [0], "while it lives")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    ear = reader(folder)

    writer.tell("f", [0], "1")
    writer.tell("f", [0], "2")

    assert ear.heard().payloads == ["1", "2"]
    assert len(sockets(ear)) == 1


def test_a_socket_whose_process_was_killed_before_the_writer_began_is_taken_away(writer, folder):
    ear = reader(folder)
    dead = ear._path.with_name(ear._path.name + "dead")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(os.fspath(dead))
    long_ago = time.time() - 2 * wakes.NEW_SECONDS
    os.utime(dead, (long_ago, long_ago))

    writer.tell("f", [0], "")

    assert not dead.exists() and ear.heard().payloads == [""]


def test_a_name_whose_socket_is_only_being_made_is_left_to_it(writer, folder):
    ear = reader(folder)
    made = ear._path.with_name(ear._path.name + "new")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as closed:
        closed.bind(os.fspath(made))

    writer.tell("f", [0], "")

    assert made.exists() and ear.heard().payloads == [""]


def test_a_reader_whose_name_was_taken_away_takes_it_again(writer, folder):
    ear = reader(folder)
    ear._path.unlink()

    ear.renew()
    writer.tell("f", [0], "")

    assert ear.heard().payloads == [""]


def test_readers_of_another_log_in_the_same_folder_hear_nothing(writer, folder):
    ear = Wakes(folder, "another log").ear("f", [0])

    writer.tell("f", [0], "")

    assert ear.heard().payloads == []
    assert ear._path.exists()


def test_numbers_agree_within_one_folder_machine_and_log_only(writer, folder, tmp_path, monkeypatch):
    assert Wakes(folder, "the log").number == writer.number
    assert Wakes(folder, "another log").number != writer.number
    assert Wakes(tmp_path / "elsewhere", "the log").number != writer.number

    monkeypatch.setattr(socket, "gethostname", lambda: "another machine that has the folder too")

    assert Wakes(folder, "the log").number != writer.number


def test_a_folder_that_others_can_write_to_is_not_used(folder):
    made = Wakes(folder, "the log")
    made._folder.chmod(0o777)

    with pytest.raises(PermissionError):
        Wakes(folder, "the log")


def test_a_folder_that_is_gone_wakes_nobody_and_breaks_nothing(writer, folder, tmp_path):
    ear = reader(folder)
    writer._folder.rename(tmp_path / "gone")

    writer.tell("f", [0], "")
    ear.want([3])
    ear.renew()
    ear.want([3])
    writer.tell("f", [3], "it is there again")

    assert ear.heard().payloads == ["it is there again"]


def test_a_reader_whose_name_can_not_be_taken_again_goes_on(folder, tmp_path):
    ear = reader(folder)
    ear._folder.rename(tmp_path / "gone")
    ear._folder.write_text("no folder")

    ear.renew()
    ear.want([3])

    assert ear.heard().payloads == []
    assert ear.fileno() > 0


def test_a_name_of_another_release_is_passed_over(writer, folder):
    ear = reader(folder)
    for name in ("short", "f.no-number.1", "f.1.1.1.1"):
        (ear._folder / f"{writer.number:08x}.{name}").touch()

    writer.tell("f", [0], "")

    assert ear.heard().payloads == [""]


def test_who_can_open_no_more_files_tells_those_it_knows(writer, folder, monkeypatch):
    known = reader(folder)
    writer.tell("f", [0], "before")
    late = reader(folder)

    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        writer.tell("f", [0], "now")
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", refuse)
        writer.tell("f", [0], "again")
    writer.tell("f", [0], "then")

    assert known.heard().payloads == ["before", "now", "again", "then"]
    assert late.heard().payloads == ["then"]
