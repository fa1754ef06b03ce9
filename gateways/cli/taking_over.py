"""How a running supervisor gives way to another program, of this or a newer tree, without anything stopping.

`evenkeel restart` names the program (`run/restart.json`) and signals. The supervisor sees that the program starts and understands it, then
replaces itself by it within the same process: its number, its children, its lock and its listening sockets stay. The new program adopts the
servers, builds read models that changed beside the live ones, and replaces the processes one after the other.

The order is that of reading before writing: the projector first, the decider last, so that of all processes only the old decider ever
meets what a newer one wrote (inputs), and it steps aside until its successor is there.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from domain.errors import EvenkeelError, Unavailable
from infra.settings import Settings
from infra.supervisor.children import AdoptedChild
from infra.supervisor.rolling import Rolling
from infra.supervisor.run_folder import RunFolder
from infra.supervisor.signals import hold_back, let_through
from infra.supervisor.supervisor import Process, Supervisor

PROTOCOL = 1
"""Of `HandedOver`; a program that knows another is not started."""

CODE = Path(__file__).resolve().parents[2]
ORDER = ("projector", "web", "light", "decider")

REQUEST, RESULT = "restart.json", "restarted.json"
_VARIABLE = "EVENKEEL_HANDED_OVER"
_CHECK_SECONDS = 60.0
SIGNAL_SECONDS = 0.05  # what a signal that came just before takes to be known


@dataclass(slots=True)
class HandedOver:
    """`lock`: descriptor of the supervisor's lock; `listening`: sockets by the name of the process; `processes`: pids by name and role."""

    request: str
    lock: int
    listening: dict[str, int]
    processes: list[tuple[str, str, int]]
    said: list[str] = field(default_factory=list)


def handed_over() -> HandedOver | None:
    """What the program before this one in the process left; None at an ordinary start."""
    text = os.environ.pop(_VARIABLE, None)
    return HandedOver(**orjson.loads(text)) if text else None


def command(*arguments: str, python: str = sys.executable) -> list[str]:
    """A program of this installation. -P: whatever folder it is started in, its code is that of PYTHONPATH."""
    return [python, "-P", "-m", *arguments]


def with_code(environment: Mapping[str, str], code: Path = CODE) -> dict[str, str]:
    """The environment in which programs run the code of this tree."""
    others = (environment.get("PYTHONPATH") or "").split(os.pathsep)
    kept = [each for each in others if each and Path(each).resolve() not in (CODE, code)]
    return {**environment, "PYTHONPATH": os.pathsep.join([os.fspath(code), *kept])}


def give_way(
    settings: Settings, supervisor: Supervisor, stopping: Callable[[], bool], say: Callable[[str], None]
) -> None:
    """Become the program that was asked for. Returns only if that can't be; the reason is told, and everything goes on as before."""
    folder = supervisor.folder
    request = folder.read(REQUEST)
    if request is None or request["id"] == (folder.read(RESULT) or {}).get("id"):
        return
    try:
        python, code = str(request["python"]), Path(request["code"])
        environment = with_code(_environment(settings), code)
        _check(python, environment)
    except EvenkeelError as error:
        _tell(folder, request["id"], "failed", [error.sentence])
        say(f"Not restarted: {error.sentence}")
        return
    say(f"The program in {code} takes over")
    environment[_VARIABLE] = orjson.dumps(_given(request["id"], supervisor)).decode()
    sys.stdout.flush()
    sys.stderr.flush()
    hold_back()
    time.sleep(SIGNAL_SECONDS)
    if stopping():
        let_through()
        return
    os.execve(python, command("gateways.cli.main", "up", "--no-demo", python=python), environment)


def _given(request: str, supervisor: Supervisor) -> HandedOver:
    listening = {each.name: each.listening for each in supervisor.processes if each.listening is not None}
    processes = [(each.name, each.role, each.child.pid) for each in supervisor.processes if each.child is not None]
    descriptors = {name: each.fileno() for name, each in listening.items()}
    lock = supervisor.folder.descriptor
    for descriptor in (lock, *descriptors.values()):
        os.set_inheritable(descriptor, True)
    return HandedOver(request, lock, descriptors, processes)


def _environment(settings: Settings) -> dict[str, str]:
    """What the operator said, with names of files that mean the same from any folder."""
    return {
        **os.environ,
        "EVENKEEL_DATA": os.fspath(settings.data),
        "EVENKEEL_FCM_SERVICE_ACCOUNT": settings.fcm_service_account,
    }


def _check(python: str, environment: Mapping[str, str]) -> None:
    """Raises Unavailable if the program does not start, or does not take over from one like us."""
    asked = command("gateways.cli.main", "up", "--takes-over", str(PROTOCOL), python=python)
    try:
        done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=_CHECK_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the new program can't be started: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-1000:]
        raise Unavailable(
            f"the new program does not take over from this one; `make down` and `make up` will do. {said}"
        )


def adopt(given: HandedOver, wanted: list[Process]) -> tuple[list[Process], dict[str, socket.socket]]:
    """The processes that run, as ours, and the sockets."""
    sockets = {name: socket.socket(fileno=number) for name, number in given.listening.items()}
    for each in sockets.values():
        each.set_inheritable(False)
    commands = {process.name: process.command for process in wanted}
    running = [
        Process(name, role, commands.get(name, ()), listening=sockets.get(name), child=AdoptedChild(pid), ready=True)
        for name, role, pid in given.processes
    ]
    return running, sockets


def take_over(
    given: HandedOver,
    supervisor: Supervisor,
    wanted: Callable[[], list[Process]],
    stopping: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """Replace what runs by what is wanted (asked for first: it may make what that needs). If a step fails, it is told, and what runs goes
    on."""
    folder = supervisor.folder

    def tell(line: str) -> None:
        given.said.append(line)
        _tell(folder, given.request, "going on", given.said)

    rolling = Rolling(supervisor, stopping, tell)
    try:
        successors = sorted(wanted(), key=lambda process: ORDER.index(process.role))
        rolling.run_to_its_end(
            Process("read-models", "build", command("gateways.cli.role_main", "build", "read-models"))
        )
        tell("read models are those of the new program")
        rolling.replace_all(successors)
    except EvenkeelError as error:
        _tell(folder, given.request, "failed", [*given.said, error.sentence])
        say(f"The restart is not complete: {error.sentence}")
    else:
        _tell(folder, given.request, "done", given.said)
        say("Every process is replaced")


def _tell(folder: RunFolder, request: str, state: str, said: list[str]) -> None:
    folder.write(RESULT, {"id": request, "state": state, "said": said})


def signal_supervisor(pid: int) -> None:
    os.kill(pid, signal.SIGUSR1)
