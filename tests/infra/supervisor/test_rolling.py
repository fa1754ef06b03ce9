"""Processes are replaced one after the other; one that listens is replaced without a connection being refused."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.errors import Unavailable
from infra.supervisor.children import AdoptedChild
from infra.supervisor.listening import listen
from infra.supervisor.rolling import Rolling
from infra.supervisor.run_folder import RunFolder
from infra.supervisor.supervisor import Process, Supervisor

SERVER = """
import os, signal, socket, sys
from pathlib import Path
ended = []
for number in (signal.SIGUSR2, signal.SIGTERM):
    signal.signal(number, lambda *_: ended.append(True))
number = os.environ.get("EVENKEEL_LISTEN_FD")
listening = socket.socket(fileno=int(number)) if number else socket.socket()
listening.settimeout(0.02)
Path(sys.argv[1]).write_text(str(os.getpid()))
while not ended:
    try:
        connection, _ = listening.accept()
    except OSError:
        signal.sigtimedwait([], 0.02)
        continue
    connection.sendall(sys.argv[2].encode())
    connection.close()
"""
BROKEN = "import sys; sys.exit('I am broken')"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    folder = RunFolder(tmp_path)
    folder.take()
    made = Supervisor(folder, tmp_path / "logs", os.getpid(), environment=dict(os.environ))
    yield made
    made.stop()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    made = listen("127.0.0.1", 0)
    yield made
    made.close()


def process(
    supervisor: Supervisor, name: str, says: str, *, listening: socket.socket | None = None, code: str = SERVER
) -> Process:
    ready = os.fspath(supervisor.folder.ready_file(name))
    return Process(name, name, [sys.executable, "-c", code, ready, says], listening=listening)


def run(supervisor: Supervisor, *processes: Process) -> None:
    supervisor.processes = list(processes)
    supervisor.start_processes()
    supervisor.await_ready(120)


def rolling(supervisor: Supervisor, said: list[str] | None = None) -> Rolling:
    return Rolling(supervisor, lambda: False, (said if said is not None else []).append)


def asked(listening: socket.socket) -> str:
    with socket.create_connection(listening.getsockname(), timeout=120) as connection:
        return connection.recv(100).decode()


class Asking:
    """Asks again and again, in a thread."""

    def __init__(self, listening: socket.socket) -> None:
        self.answers: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(listening,))

    def _ask(self, listening: socket.socket) -> None:
        while not self._over.is_set():
            try:
                self.answers.append(asked(listening))
            except OSError as error:
                self.answers.append(repr(error))

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def test_processes_are_replaced_in_the_order_given(supervisor: Supervisor) -> None:
    run(supervisor, process(supervisor, "a", "old"), process(supervisor, "b", "old"))
    before = {each.name: each.child for each in supervisor.processes}
    said: list[str] = []

    rolling(supervisor, said).replace_all([process(supervisor, "b", "new"), process(supervisor, "a", "new")])

    assert said == ["b is replaced", "a is replaced"]
    assert all(each.ready for each in supervisor.processes)
    assert all(child is not None and child.poll() == 0 for child in before.values())
    rows = supervisor.folder.read("processes.json")
    assert [(row["name"], row["state"]) for row in rows] == [("supervisor", "ready"), ("a", "ready"), ("b", "ready")]


def test_one_that_listens_is_replaced_without_a_refusal(supervisor: Supervisor, listening: socket.socket) -> None:
    run(supervisor, process(supervisor, "web", "old", listening=listening))

    with Asking(listening) as asking:
        wait(lambda: len(asking.answers) > 50)
        rolling(supervisor).replace_all([process(supervisor, "web", "new", listening=listening)])
        replaced = len(asking.answers)
        wait(lambda: len(asking.answers) > replaced + 50)

    assert set(asking.answers) == {"old", "new"}
    assert set(asking.answers[replaced + 1 :]) == {"new"}
    assert supervisor.leaving == []


def test_connections_wait_for_one_that_was_killed(supervisor: Supervisor, listening: socket.socket) -> None:
    run(supervisor, process(supervisor, "web", "here", listening=listening))
    [web] = supervisor.processes
    assert web.child is not None
    web.child.kill()
    web.child.wait(120)

    with Asking(listening) as asking:
        wait(lambda: (supervisor.look(), len(asking.answers) > 10)[1])

    assert set(asking.answers) == {"here"}


def test_a_successor_that_does_not_start_leaves_the_old_one_where_it_is(
    supervisor: Supervisor, listening: socket.socket
) -> None:
    old = process(supervisor, "web", "old", listening=listening)
    run(supervisor, old, process(supervisor, "other", "old"))
    broken = process(supervisor, "web", "new", listening=listening, code=BROKEN)

    with pytest.raises(Unavailable, match="I am broken"):
        rolling(supervisor).replace_all([broken, process(supervisor, "other", "new")])

    assert supervisor.processes[0] is old and supervisor.leaving == []
    assert asked(listening) == "old"


def test_what_has_no_successor_ends_and_what_is_new_starts(supervisor: Supervisor) -> None:
    run(supervisor, process(supervisor, "gone", "old"))
    [gone] = [each.child for each in supervisor.processes]

    rolling(supervisor).replace_all([process(supervisor, "more", "new")])

    assert [each.name for each in supervisor.processes] == ["more"]
    assert gone is not None and gone.poll() == 0


def test_work_that_is_done_once_fails_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    supervisor.logs.mkdir()
    rolling(supervisor).run_to_its_end(Process("once", "build", [sys.executable, "-c", "pass"]))
    with pytest.raises(Unavailable, match="I am broken"):
        rolling(supervisor).run_to_its_end(Process("once", "build", [sys.executable, "-c", BROKEN]))


def test_a_child_of_the_program_before_is_waited_for_as_ones_own() -> None:
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    child = AdoptedChild(started.pid)
    assert child.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.05)
    child.send_signal(signal.SIGTERM)
    assert child.wait(120) == -signal.SIGTERM
    child.kill()
    started.returncode = child.returncode  # it was waited for


def wait(true: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
