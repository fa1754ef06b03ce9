"""How the installation is, for machines: alive, ready, and in figures."""

import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

log_of_work = logging.getLogger(__name__)

Status = dict[str, Any]
"""As `evenkeel status --json` gives it: {processes: [{name, role, pid, state}], log: {heads, readers: {name: {cursors, lag}}, parked:
[{organization, partition, offset}]}, queues: {queue: {organization: {channel: size}}}, spool: {segments, bytes}}. A part that can't be
asked has {error}."""

FRESH_SECONDS = 1.0
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class StatusBoard:
    """The status, asked for at most once a second however many look at it."""

    def __init__(self, read: Callable[[], Status], clock: Callable[[], float] = monotonic) -> None:
        self._read = read
        self._clock = clock
        self.kept: Status = {}
        """As it was seen last."""
        self._read_at = -FRESH_SECONDS

    def look(self) -> Status:
        """Blocks while it asks. Whatever goes wrong is in the answer's `error`."""
        if self._clock() - self._read_at >= FRESH_SECONDS:
            try:
                self.kept = self._read()
            except Exception as error:
                log_of_work.exception("The status can't be read", extra={"action": "status_failed"})
                self.kept = {"error": f"The status can't be read: {error}"}
            self._read_at = self._clock()
        return self.kept

    async def looked(self) -> Status:
        return await run_in_threadpool(self.look)

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    async def _ready(self, request: Request) -> Response:
        missing = what_is_missing(await self.looked())
        document = {"ready": not missing, "missing": missing}
        return JSONResponse(document, 503 if missing else 200, headers={"cache-control": "no-store"})

    async def _metrics(self, request: Request) -> Response:
        text = prometheus_text(metrics_of(await self.looked()))
        return Response(text, media_type=METRICS_TYPE, headers={"cache-control": "no-store"})


def what_is_missing(status: Status) -> list[str]:
    """Sentences about what keeps the installation from doing its work; [] when it does."""
    missing = [status["error"]] if status.get("error") else []
    missing += [
        f"{process['name']} is {process['state']}."
        for process in status.get("processes") or ()
        if process.get("state") not in ("running", "ready")
    ]
    for part in ("log", "queues"):
        about = status.get(part) or {}
        if about.get("error"):
            missing.append(f"{part}: {about['error']}")
    return missing


# ---- Prometheus -----------------------------------------------------------------------------------------------------------

Sample = tuple[Mapping[str, str], float]
Metric = tuple[str, str, list[Sample]]
"""(name, help, samples)"""


def metrics_of(status: Status) -> list[Metric]:
    """All of them gauges."""
    log = status.get("log") or {}
    readers = log.get("readers") or {}
    spool = status.get("spool") or {}
    processes = status.get("processes") or ()
    ready = 0.0 if what_is_missing(status) else 1.0
    return [
        ("evenkeel_ready", "1 if nothing is missing.", [({}, ready)]),
        (
            "evenkeel_process_up",
            "1 if the process runs.",
            [
                ({"name": each["name"], "role": each.get("role", "")}, float(each.get("state") in ("running", "ready")))
                for each in processes
            ],
        ),
        ("evenkeel_log_head", "Highest visible offset.", _by_partition(log.get("heads") or {}, {})),
        ("evenkeel_reader_position", "Offset a reader has reached.", _by_reader(readers, "cursors")),
        ("evenkeel_reader_lag", "Records a reader has before it.", _by_reader(readers, "lag")),
        ("evenkeel_parked_organizations", "Organizations worked off beside the head.", [({}, _size(log.get("parked")))]),
        ("evenkeel_queue_messages", "Messages that wait in a queue.", list(_queue_samples(status.get("queues") or {}))),
        ("evenkeel_spool_segments", "Files that wait for the log to come back.", [({}, float(spool.get("segments", 0)))]),
        ("evenkeel_spool_bytes", "Bytes that wait for the log to come back.", [({}, float(spool.get("bytes", 0)))]),
    ]  # fmt: skip


def _by_partition(values: Mapping[str, int], labels: Mapping[str, str]) -> list[Sample]:
    return [({**labels, "partition": str(partition)}, float(value)) for partition, value in values.items()]


def _by_reader(readers: Mapping[str, Any], what: str) -> list[Sample]:
    return [
        sample for name, reader in readers.items() for sample in _by_partition(reader.get(what) or {}, {"reader": name})
    ]


def _queue_samples(queues: Mapping[str, Any]) -> Iterable[Sample]:
    """Added up per queue: a series for each organization would have no bound."""
    for name, content in queues.items():
        if name != "error":
            yield {"queue": name}, _size(content)


def _size(content: Any) -> float:
    if isinstance(content, Mapping):
        return float(sum(_size(each) for each in content.values()))
    return float(content) if isinstance(content, int | float) else float(len(content or ()))


def prometheus_text(metrics: Iterable[Metric]) -> str:
    """The text exposition format, version 0.0.4."""
    lines = []
    for name, about, samples in metrics:
        lines.append(f"# HELP {name} {about}")
        lines.append(f"# TYPE {name} gauge")
        for labels, value in samples:
            inside = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
            lines.append(f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}")
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return str(text).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
