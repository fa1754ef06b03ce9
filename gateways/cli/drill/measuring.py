"""What a drill costs: CPU and memory of each process of the installation, and of the drill itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass(slots=True)
class Cost:
    """Seconds of CPU and the most memory (bytes, what is not shared) of a process and its children, over all its lives.

    `shares`: of the CPU, what children used for whom they serve.
    """

    cpu: float = 0.0
    memory: int = 0
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Costs:
    """Call `look` now and then: what a killed process had used until the last look is kept."""

    folder: Path
    others: dict[str, int] = field(default_factory=dict)
    """Name -> pid of processes that the installation doesn't know."""
    served: Callable[[], Mapping[int, str]] = dict
    """Pid -> whom it serves, of children that serve somebody."""
    found: dict[str, Cost] = field(default_factory=dict)
    most_memory: int = 0
    _seen: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        memory, served = 0, self.served()
        for name, pid in {**processes(self.folder), **self.others}.items():
            cost = self.found.setdefault(name, Cost())
            held = 0
            for process in _family(pid):
                try:
                    cpu = sum(process.cpu_times()[:2])
                    held += process.memory_full_info().uss
                except psutil.Error:
                    continue
                spent = max(0.0, cpu - self._seen.get(process.pid, 0.0))
                self._seen[process.pid] = cpu
                cost.cpu += spent
                if whom := served.get(process.pid):
                    cost.shares[whom] = cost.shares.get(whom, 0.0) + spent
            cost.memory = max(cost.memory, held)
            memory += held
        self.most_memory = max(self.most_memory, memory)

    def start(self) -> None:
        """Count from now on."""
        self.look()
        for cost in self.found.values():
            cost.cpu, cost.memory, cost.shares = 0.0, 0, {}
        self.most_memory = 0


def processes(folder: Path) -> dict[str, int]:
    """Pids by name, of the installation's processes that are ready."""
    try:
        rows = json.loads((folder / "run" / "processes.json").read_text())
    except (OSError, ValueError):
        return {}
    return {row["name"]: row["pid"] for row in rows if row["state"] == "ready"}


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        if process.pid == pid and "gateways.cli.main" in " ".join(process.cmdline()):
            return [process]  # the supervisor: its children are counted under their own names
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
