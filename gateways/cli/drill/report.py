"""What a drill found: as JSON, as text, and as one page of HTML with charts."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import orjson

from gateways.cli.drill.poll import CALLBACKS_OF_A_CONTACT, PollResult

WIDTH, HEIGHT = 760, 240
STAGES = {
    "taken": "sends accepted", "statuses": "statuses called back", "answers": "answers posted",
    "delivered": "delivered (read model)", "completed": "runs completed (read model)",
}  # fmt: skip
COLOURS = ("#0b6e4f", "#c84630", "#3d5a98", "#a26769", "#7a6c5d")


def described(result: PollResult) -> dict[str, Any]:
    """The report as JSON values."""
    callbacks = result.plan.contacts * CALLBACKS_OF_A_CONTACT
    latencies = sorted(latency for _, latency in result.quiet)
    return {
        "contacts": result.plan.contacts,
        "callbacks": callbacks,
        "seconds": round(result.seconds, 1),
        "callbacks_per_second": round(callbacks / result.seconds, 1) if result.seconds else 0,
        "stages": {name: _stage(result.timeline, name) for name in STAGES},
        "quiet": {
            "messages": len(latencies),
            **{f"p{part}_ms": _percentile(latencies, part) for part in (50, 99)},
            "max_ms": round(latencies[-1] * 1000, 1) if latencies else None,
        },
        "cpu_us_per_callback": {name: round(cost.cpu / callbacks * 1e6, 1) for name, cost in result.costs.found.items()},
        "memory_mib": {name: round(cost.memory / 2**20, 1) for name, cost in result.costs.found.items()},
        "most_memory_mib": round(result.costs.most_memory / 2**20, 1),
        "killed": result.killed,
        "audit": {
            "clean": result.audit.is_clean, "findings": result.audit.findings, "counts": result.audit.counts,
            "sent_twice": result.audit.sent_twice,
        },
        "timeline": result.timeline,
    }  # fmt: skip


def as_text(found: dict[str, Any]) -> str:
    quiet, audit = found["quiet"], found["audit"]
    stages = "\n".join(
        f"  {STAGES[name]:<28} {stage['count']:>8}  {stage['per_second']:>9.1f} per s"
        for name, stage in found["stages"].items()
    )
    costs = "\n".join(
        f"  {name:<28} {cpu:>8.1f} µs of CPU per callback, at most {found['memory_mib'][name]:.0f} MiB"
        for name, cpu in found["cpu_us_per_callback"].items()
    )
    verdict = (
        "Audit: nothing lost, nothing doubled, read models equal a rebuild." if audit["clean"] else "Audit FAILED:"
    )
    lines = [
        f"{found['contacts']} contacts, {found['callbacks']} callbacks in {found['seconds']} s"
        f" ({found['callbacks_per_second']} per s)",
        stages,
        f"Quiet organizations: {quiet['messages']} messages, p50 {quiet['p50_ms']} ms, p99 {quiet['p99_ms']} ms, longest {quiet['max_ms']} ms",
        costs,
        f"  all together at most {found['most_memory_mib']:.0f} MiB",
        *(
            [f"Killed: {found['killed']}; sent twice in a kill's window: {len(audit['sent_twice'])}"]
            if found["killed"]
            else []
        ),
        verdict,
        *(f"  {finding}" for finding in audit["findings"]),
    ]
    return "\n".join(lines)


def write(found: dict[str, Any], quiet: Sequence[tuple[float, float]], folder: Path) -> tuple[Path, Path]:
    """drill.json and drill.html in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "drill.json", folder / "drill.html"
    data.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    page.write_text(_page(found, quiet), encoding="utf-8")
    return data, page


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


def _percentile(ordered: Sequence[float], part: int) -> float | None:
    return round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)] * 1000, 1) if ordered else None


# ---- the page ----------------------------------------------------------------------------------------------------------------


def _page(found: dict[str, Any], quiet: Sequence[tuple[float, float]]) -> str:
    lines = [(label, [(row["at"], row[name]) for row in found["timeline"]]) for name, label in STAGES.items()]
    points = [(said, latency * 1000) for said, latency in quiet]
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Evenkeel drill</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}pre{{background:#f4f4f0;padding:1rem;overflow:auto}}
svg{{background:#fbfbf8;width:100%;height:auto}}text{{font-size:12px}}</style>
<h1>Drill: {found["contacts"]} contacts, {found["callbacks"]} callbacks</h1>
<pre>{escape(as_text(found))}</pre>
<h2>Stages</h2>{_chart(lines, "count")}
<h2>Quiet organizations: time to the reply</h2>{_chart([("milliseconds", points)], "ms", dots=True)}
</html>
"""


def _chart(lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], unit: str, *, dots: bool = False) -> str:
    most_x = max((x for _, points in lines for x, _ in points), default=1.0) or 1.0
    most_y = max((y for _, points in lines for _, y in points), default=1.0) or 1.0
    drawn = []
    for number, (label, points) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        placed = [(40 + x / most_x * (WIDTH - 60), HEIGHT - 30 - y / most_y * (HEIGHT - 60)) for x, y in points]
        if dots:
            drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.5" fill="{colour}"/>' for x, y in placed]
        else:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
            drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn.append(f'<text x="50" y="{24 + 15 * number}" fill="{colour}">{escape(label)}</text>')
    axes = f'<text x="40" y="{HEIGHT - 10}">0 s</text><text x="{WIDTH - 60}" y="{HEIGHT - 10}">{most_x:.0f} s</text>'
    top = f'<text x="{WIDTH - 110}" y="24">{most_y:,.0f} {unit}</text>'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{axes}{top}{"".join(drawn)}</svg>'
