"""What the drill of growth found: as JSON, as text, and as one page of HTML with a table and charts."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from gateways.cli.drill.charts import Line, chart, page, table
from gateways.cli.drill.poll import CALLBACKS_OF_A_CONTACT
from gateways.cli.drill.report import OURS_NOT
from gateways.cli.drill.scale import ScalePlan, Step

ALL = "all of ours"
_SIMULATED = (
    "Of each step's contacts so many were polled for real; all of them, those included, were there before as read-only history: rows of the"
    " read models and of the decider's state, made set-based and in no log."
)


def described(plan: ScalePlan, steps: Sequence[Step]) -> dict[str, Any]:
    """The report as JSON values. `cost_grows`: for each number of processes, the cost of the step that costs most over the smallest's."""
    rows = [_described(step) for step in steps]
    return {
        "log": plan.log,
        "simulated": _SIMULATED,
        "steps": rows,
        "cost_grows": {
            str(count): _growth([row for row in rows if row["processes"] == count]) for count in plan.processes
        },
        "clean": all(row["findings"] == [] for row in rows),
    }


def _described(step: Step) -> dict[str, Any]:
    callbacks = step.polled * CALLBACKS_OF_A_CONTACT
    costs: defaultdict[str, float] = defaultdict(float)
    for name, cost in step.result.costs.found.items():
        if name not in OURS_NOT:
            costs[re.sub(r"-\d+$", "", name)] += cost.cpu / callbacks * 1e6
    return {
        "processes": step.processes,
        "contacts": step.contacts,
        "polled": step.polled,
        "seconds": round(step.result.seconds, 1),
        "callbacks_per_second": round(callbacks / step.result.seconds, 1),
        "cpu_us_per_callback": {
            name: round(cost, 1) for name, cost in [*sorted(costs.items()), (ALL, sum(costs.values()))]
        },
        "most_memory_mib": round(step.result.costs.most_memory / 2**20, 1),
        "findings": step.result.audit.findings,
    }


def _growth(rows: Sequence[dict[str, Any]]) -> float | None:
    costs = [row["cpu_us_per_callback"][ALL] for row in sorted(rows, key=lambda row: row["contacts"])]
    return round(max(costs) / costs[0], 2) if costs and costs[0] else None


def as_text(found: dict[str, Any]) -> str:
    heads, rows = _table(found["steps"])
    lines = [
        "µs of CPU per callback, by role",
        *("  ".join(f"{cell:>10}" for cell in row) for row in [heads, *rows]),
        *(
            f"With {count} of each process the dearest step costs {growth} times the smallest."
            for count, growth in found["cost_grows"].items()
        ),
        found["simulated"],
    ]
    for step in found["steps"]:
        lines += [f"Audit FAILED at {step['contacts']} contacts: {finding}" for finding in step["findings"]]
    return "\n".join(lines)


def _table(steps: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    roles = list(steps[0]["cpu_us_per_callback"]) if steps else []
    heads = ["processes", "contacts", "polled", "per s", "MiB", *roles]
    rows = [
        [
            str(step["processes"]), f"{step['contacts']:,}", f"{step['polled']:,}", str(step["callbacks_per_second"]),
            f"{step['most_memory_mib']:.0f}", *(str(step["cpu_us_per_callback"].get(role, "")) for role in roles),
        ]
        for step in steps
    ]  # fmt: skip
    return heads, rows


def as_page(found: dict[str, Any]) -> str:
    steps = found["steps"]
    sizes = sorted({step["contacts"] for step in steps})
    names = [f"{size:,}" for size in sizes]
    counts = sorted({step["processes"] for step in steps})
    all_of_ours = [Line(f"{count} of each process", _points(steps, sizes, count, ALL)) for count in counts]
    roles = [role for role in (steps[0]["cpu_us_per_callback"] if steps else ()) if role not in (ALL, "supervisor")]
    by_role = [Line(role, _points(steps, sizes, counts[0], role)) for role in roles]
    heads, rows = _table(steps)
    return page(
        "Drill: cost as work grows",
        as_text(found),
        ("µs of CPU per callback", table(heads, rows)),
        ("All of ours, over the contacts of the workspace", chart(all_of_ours, "µs", names=names)),
        (f"By role, with {counts[0] if counts else 0} of each process", chart(by_role, "µs", names=names)),
    )


def _points(
    steps: Sequence[dict[str, Any]], sizes: Sequence[int], processes: int, role: str
) -> list[tuple[float, float]]:
    """Each size is a step across."""
    return [
        (float(sizes.index(step["contacts"])), step["cpu_us_per_callback"].get(role, 0.0))
        for step in steps
        if step["processes"] == processes
    ]
