"""What the drill of fair shares found: as JSON, as text, and as one page of HTML with charts."""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from gateways.cli.drill.charts import Line, chart, page
from gateways.cli.drill.fairness import FairnessResult
from gateways.cli.drill.jain import Second
from gateways.cli.drill.report import cost_lines, cost_of, latencies, latency_text
from gateways.cli.drill.talking import CROWD


def described(result: FairnessResult) -> dict[str, Any]:
    """The report as JSON values."""
    indexes = [second.index for second in result.seconds if second.index is not None]
    giant = sum(second.served[CROWD] for second in result.seconds)
    return {
        "small": result.plan.small,
        "every": result.plan.every,
        "backlog": result.plan.backlog,
        "jain": {
            "seconds": len(result.seconds),
            "without_service": len(result.seconds) - len(indexes),
            "median": round(median(indexes), 4) if indexes else None,
            "mean": round(fmean(indexes), 4) if indexes else None,
            "min": round(min(indexes), 4) if indexes else None,
        },
        "giant_per_second": round(giant / max(len(result.seconds), 1), 1),
        "quiet": latencies([latency for _, latency in result.quiet]),
        "unanswered": result.unanswered,
        **cost_of(result.costs, result.replies, "reply"),
        "seconds": [_second(second) for second in result.seconds],
    }


def _second(second: Second) -> dict[str, Any]:
    """`waiting`: messages that waited all through it; `least`: the smallest share of its due that an organization got."""
    served, waiting = second.served, second.waiting
    return {
        "at": second.at,
        "index": None if second.index is None else round(second.index, 4),
        "least": None if second.least is None else round(second.least, 3),
        "giant": {"served": served[CROWD], "waiting": waiting[CROWD]},
        "small": {"served": served.total() - served[CROWD], "waiting": waiting.total() - waiting[CROWD]},
    }


def as_text(found: dict[str, Any]) -> str:
    jain = found["jain"]
    lines = [
        f"1 giant organization with {found['backlog']} messages waiting at all times, {found['small']} small ones with one"
        f" every {found['every']} s",
        "second   Jain's index   giant: served, waiting   small: served, waiting",
        *(_line(second) for second in found["seconds"]),
        f"Jain's index: median {jain['median']}, mean {jain['mean']}, least {jain['min']} over {jain['seconds']} seconds"
        f" ({jain['without_service']} without any service)",
        f"The giant was answered {found['giant_per_second']} times per s.",
        f"Small organizations: {latency_text(found['quiet'])}; {found['unanswered']} without a reply",
        *cost_lines(found, "reply"),
    ]
    return "\n".join(lines)


def _line(second: dict[str, Any]) -> str:
    index = "no service" if second["index"] is None else f"{second['index']:.4f}"
    giant, small = second["giant"], second["small"]
    return (
        f"{second['at']:>6}   {index:>12}   {giant['served']:>13} {giant['waiting']:>8}"
        f"   {small['served']:>13} {small['waiting']:>8}"
    )


def as_page(found: dict[str, Any], quiet: Sequence[tuple[float, float]]) -> str:
    """`quiet` as in FairnessResult."""
    seconds = found["seconds"]
    index = [Line("Jain's index", [(each["at"], each["index"]) for each in seconds if each["index"] is not None])]
    served = [
        Line(f"{who}: served", [(each["at"], each[who]["served"]) for each in seconds]) for who in ("giant", "small")
    ]
    waits = [Line("milliseconds", [(at, latency * 1000) for at, latency in quiet], dots=True)]
    return page(
        f"Drill: 1 giant and {found['small']} small organizations",
        as_text(found),
        ("Fairness", chart(index, "", most_y=1.0)),
        ("Service", chart(served, "per s")),
        ("Small organizations: time to the reply", chart(waits, "ms")),
    )
