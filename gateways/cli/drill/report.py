"""What a drill found: as JSON, as text, and as one page of HTML with charts."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from gateways.cli.drill.charts import Line, chart, items, page
from gateways.cli.drill.measuring import Costs
from gateways.cli.drill.poll import CALLBACKS_OF_A_CONTACT, PollResult

STAGES = {
    "taken": "sends accepted", "statuses": "statuses called back", "answers": "answers posted",
    "delivered": "delivered (read model)", "completed": "runs completed (read model)",
}  # fmt: skip
OURS_NOT = ("drill", "aggregator")
"""Processes that play the world: what they cost is shown, and not counted as ours."""


def described(result: PollResult) -> dict[str, Any]:
    """The report as JSON values."""
    callbacks = result.plan.contacts * CALLBACKS_OF_A_CONTACT
    audit = result.audit
    return {
        "contacts": result.plan.contacts,
        "callbacks": callbacks,
        "seconds": round(result.seconds, 1),
        "callbacks_per_second": round(callbacks / result.seconds, 1) if result.seconds else 0,
        "stages": {name: _stage(result.timeline, name) for name in STAGES},
        "quiet": latencies([latency for _, latency in result.quiet]),
        **cost_of(result.costs, callbacks, "callback"),
        "kills": [{"name": kill.name, "at": round(kill.at - result.began, 2)} for kill in result.kills],
        "audit": {
            "clean": audit.is_clean, "findings": audit.findings, "counts": audit.counts, "compared": audit.compared,
            "repeats": [repeat.sentence(result.began) for repeat in audit.repeats],
        },
        "timeline": result.timeline,
    }  # fmt: skip


def latencies(seconds: Sequence[float]) -> dict[str, Any]:
    """{messages, p50_ms, p99_ms, max_ms}; by nearest rank, None where there is none."""
    ordered = sorted(seconds)
    parts = {f"p{part}_ms": _percentile(ordered, part) for part in (50, 99)}
    return {"messages": len(ordered), **parts, "max_ms": _percentile(ordered, 100)}


def _percentile(ordered: Sequence[float], part: int) -> float | None:
    """The smallest value that at least so many percent do not exceed."""
    place = math.ceil(len(ordered) * part / 100) - 1
    return round(ordered[max(0, place)] * 1000, 1) if ordered else None


def cost_of(costs: Costs, count: int, unit: str) -> dict[str, Any]:
    """CPU per unit of work and memory, by process; `ours` leaves out the processes of the drill."""
    cpu = {name: round(cost.cpu / count * 1e6, 1) for name, cost in costs.found.items()} if count else {}
    shares = {
        f"{name} for {whom}": round(spent / count * 1e6, 1)
        for name, cost in costs.found.items()
        for whom, spent in sorted(cost.shares.items())
        if count
    }
    ours = sum(spent for name, spent in cpu.items() if name not in OURS_NOT)
    return {
        f"cpu_us_per_{unit}": {**cpu, "all of ours": round(ours, 1)},
        f"shares_us_per_{unit}": shares,
        "memory_mib": {name: round(cost.memory / 2**20, 1) for name, cost in costs.found.items()},
        "most_memory_mib": round(costs.most_memory / 2**20, 1),
    }


def as_text(found: dict[str, Any]) -> str:
    audit = found["audit"]
    stages = [
        f"  {STAGES[name]:<28} {stage['count']:>8.0f}  {stage['per_second']:>9.1f} per s"
        for name, stage in found["stages"].items()
    ]
    lines = [
        f"{found['contacts']} contacts, {found['callbacks']} callbacks in {found['seconds']} s"
        f" ({found['callbacks_per_second']} per s)",
        *stages,
        f"Quiet organizations: {latency_text(found['quiet'])}",
        *cost_lines(found, "callback"),
    ]
    if found["kills"]:
        killed = ", ".join(f"{kill['name']} at {kill['at']} s" for kill in found["kills"])
        lines += [f"Killed: {killed}", f"Sent twice in a kill's window: {len(audit['repeats'])}"]
        lines += [f"  {sentence}" for sentence in audit["repeats"]]
    compared = "read models equal a rebuild" if audit["compared"] else "read models were not compared with a rebuild"
    lines.append(f"Audit: nothing lost, nothing doubled, {compared}." if audit["clean"] else "Audit FAILED:")
    return "\n".join([*lines, *(f"  {finding}" for finding in audit["findings"])])


def latency_text(found: dict[str, Any]) -> str:
    return f"{found['messages']} messages, p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, longest {found['max_ms']} ms"


def cost_lines(found: dict[str, Any], unit: str) -> list[str]:
    lines = [
        f"  {name:<28} {cpu:>8.1f} µs of CPU per {unit}"
        + (f", at most {found['memory_mib'][name]:.0f} MiB" if name in found["memory_mib"] else "")
        for name, cpu in found[f"cpu_us_per_{unit}"].items()
    ]
    lines += [f"    of which {name:<22} {cpu:>5.1f}" for name, cpu in found[f"shares_us_per_{unit}"].items()]
    return [*lines, f"  all together at most {found['most_memory_mib']:.0f} MiB"]


def write(found: dict[str, Any], html: str, folder: Path, name: str = "drill") -> tuple[Path, Path]:
    """<name>.json and <name>.html in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data, shown = folder / f"{name}.json", folder / f"{name}.html"
    data.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    shown.write_text(html, encoding="utf-8")
    return data, shown


def as_page(found: dict[str, Any], quiet: Sequence[tuple[float, float]]) -> str:
    """`quiet` as in PollResult."""
    rows = found["timeline"]
    marks = [(kill["at"], f"{kill['name']} was killed") for kill in found["kills"]]
    counts = [Line(label, [(row["at"], row[name]) for row in rows]) for name, label in STAGES.items()]
    paces = [Line(label, _pace(rows, name)) for name, label in STAGES.items()]
    waits = [Line("milliseconds", [(at, latency * 1000) for at, latency in quiet if at >= 0], dots=True)]
    parts = [
        ("Stages", chart(counts, "in all", marks=marks)),
        ("Pace of each stage", chart(paces, "per s", marks=marks)),
        ("Quiet organizations: time to the reply", chart(waits, "ms", marks=marks)),
    ]
    if found["audit"]["repeats"]:
        parts.append(("Sent twice, and why", items(found["audit"]["repeats"])))
    return page(f"Drill: {found['contacts']} contacts, {found['callbacks']} callbacks", as_text(found), *parts)


def _pace(rows: Sequence[dict[str, float]], name: str) -> list[tuple[float, float]]:
    """Per second, between one look and the next."""
    pairs = zip(rows, rows[1:], strict=False)
    return [(row["at"], (row[name] - before[name]) / max(row["at"] - before["at"], 0.001)) for before, row in pairs]


def _stage(timeline: Sequence[dict[str, float]], name: str) -> dict[str, float]:
    """Its count, and its pace between the first and the last that came."""
    if not timeline:
        return {"count": 0, "seconds": 0.0, "per_second": 0.0}
    last = timeline[-1][name]
    began = next(
        (before["at"] for before, row in zip(timeline, timeline[1:], strict=False) if row[name] > 0), timeline[0]["at"]
    )
    ended = next(row["at"] for row in timeline if row[name] >= last)
    seconds = max(ended - began, 0.001)
    return {"count": last, "seconds": round(seconds, 1), "per_second": round(last / seconds, 1)}
