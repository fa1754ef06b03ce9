"""The installation in figures, as Prometheus reads them (text exposition format, version 0.0.4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Status = Mapping[str, Any]
Figures = Mapping[str, Any]
"""{process: {channels: {uuid: {type, counts: {figure: number}, bounds: [seconds], calls: [numbers, one more], milliseconds}}, log: {kept, lost}}}"""

Sample = tuple[Mapping[str, str], float]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_CHANNELS = 500  # that have a series for the length of their queue: the longest
_PREFIX = "evenkeel_"
_COUNTED = {
    "received": "Messages that came in.",
    "events": "Events that came in, such as a new conversation.",
    "statuses": "Delivery reports that came in.",
    "repeated": "Requests that repeated an earlier one.",
    "refused": "Requests that were refused.",
    "sent": "Attempts to send that the aggregator accepted.",
    "errored": "Attempts to send that are tried again later.",
    "failed": "Attempts to send that failed for good.",
    "throttled": "Attempts to send that the aggregator wants later.",
}


class Metric(NamedTuple):
    """`samples` are (labels, value); those of a histogram are made by `_histogram`."""

    name: str
    about: str
    samples: Sequence[Sample]
    type: Literal["gauge", "counter", "histogram"] = "gauge"


def metrics_of(status: Status, is_ready: bool, figures: Figures) -> list[Metric]:
    """`status`: see gateways/pages/status.py."""
    log = status.get("log") or {}
    readers = log.get("readers") or {}
    spool = status.get("spool") or {}
    queues = {name: each for name, each in (status.get("queues") or {}).items() if name != "error"}
    return [
        Metric("ready", "1 if nothing is missing.", [({}, float(is_ready))]),
        Metric("process_up", "1 if the process runs.", _processes(status.get("processes") or ())),
        Metric("log_head", "Highest visible offset.", _by_partition(log.get("heads") or {}, {})),
        Metric("reader_position", "Offset a reader has reached.", _by_reader(readers, "cursors")),
        Metric("reader_lag", "Records a reader has before it.", _by_reader(readers, "lag")),
        Metric("parked_organizations", "Organizations worked off beside the head.", [({}, _size(log.get("parked")))]),
        Metric("queue_messages", "Messages that wait in a queue.", list(_queue_samples(queues))),
        Metric("spool_segments", "Files that wait for the log to come back.", [({}, float(spool.get("segments", 0)))]),
        Metric("spool_bytes", "Bytes that wait for the log to come back.", [({}, float(spool.get("bytes", 0)))]),
        *_channels(figures, queues),
    ]


def _processes(processes: Iterable[Mapping[str, Any]]) -> list[Sample]:
    return [
        ({"name": each["name"], "role": each.get("role", "")}, float(each.get("state") in ("running", "ready")))
        for each in processes
    ]


def _by_partition(values: Mapping[str, int], labels: Mapping[str, str]) -> list[Sample]:
    return [({**labels, "partition": str(partition)}, float(value)) for partition, value in values.items()]


def _by_reader(readers: Mapping[str, Any], what: str) -> list[Sample]:
    return [
        sample for name, reader in readers.items() for sample in _by_partition(reader.get(what) or {}, {"reader": name})
    ]


def _queue_samples(queues: Mapping[str, Any]) -> Iterator[Sample]:
    """Added up per queue: a series for each organization would have no bound."""
    for name, content in queues.items():
        yield {"queue": name}, _size(content)


def _size(content: Any) -> float:
    if isinstance(content, Mapping):
        return float(sum(_size(each) for each in content.values()))
    return float(content) if isinstance(content, int | float) else float(len(content or ()))


# ---- channels -----------------------------------------------------------------------------------------------------------------


def _channels(figures: Mapping[str, Any], queues: Mapping[str, Any]) -> Iterator[Metric]:
    """Per channel and process: a process that starts again begins at 0, and no sum over processes must hide that."""
    labelled = [
        ({"channel": channel, "type": each["type"], "process": process}, each)
        for process, of_process in figures.items()
        for channel, each in of_process["channels"].items()
    ]
    types = {labels["channel"]: labels["type"] for labels, _ in labelled}
    for name, about in _COUNTED.items():
        samples = [(labels, float(each["counts"][name])) for labels, each in labelled if name in each["counts"]]
        yield Metric(f"channel_{name}_total", about, samples, "counter")
    calls = [sample for labels, each in labelled if any(each["calls"]) for sample in _histogram(labels, each)]
    yield Metric("channel_call_seconds", "How long an aggregator took to answer.", calls, "histogram")
    yield Metric("channel_queue_messages", "Messages that wait to be sent over a channel.", _longest(queues, types))
    for name, about in (("kept", "Exchanges written to the channel log."), ("lost", "Exchanges that could not be.")):
        samples = [({"process": process}, float(each["log"][name])) for process, each in figures.items()]
        yield Metric(f"channel_log_{name}_total", about, samples, "counter")


def _histogram(labels: Mapping[str, str], figures: Mapping[str, Any]) -> Iterator[Sample]:
    """The last of `calls` are those longer than every bound. A name in `labels` under "" is put behind the metric's."""
    reached = 0
    for bound, number in zip((*figures["bounds"], "+Inf"), figures["calls"], strict=True):
        reached += number
        yield {"": "_bucket", **labels, "le": str(bound)}, float(reached)
    yield {"": "_sum", **labels}, figures["milliseconds"] / 1_000
    yield {"": "_count", **labels}, float(reached)


def _longest(queues: Mapping[str, Any], types: Mapping[str, str]) -> list[Sample]:
    """The type is told of channels that did something lately."""
    sizes = [
        (size, channel)
        for channels in (queues.get("send") or {}).values()
        if isinstance(channels, Mapping)
        for channel, size in channels.items()
    ]
    longest = sorted(sizes, reverse=True)[:MOST_CHANNELS]
    return [({"channel": channel, "type": types.get(channel, "")}, float(size)) for size, channel in longest]


# ---- text ---------------------------------------------------------------------------------------------------------------------


def prometheus_text(metrics: Iterable[Metric]) -> str:
    lines = []
    for metric in metrics:
        name = _PREFIX + metric.name
        lines.append(f"# HELP {name} {metric.about}")
        lines.append(f"# TYPE {name} {metric.type}")
        for labels, value in metric.samples:
            inside = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items() if key)
            full = name + labels.get("", "")
            lines.append(f"{full}{{{inside}}} {_number(value)}" if inside else f"{full} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Counters are shown to the last digit."""
    return str(int(value)) if value.is_integer() else repr(value)


def _label(text: str) -> str:
    return str(text).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
