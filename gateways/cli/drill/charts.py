"""One page of HTML with charts in it: no scripts, nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 20, 30, 30
COLOURS = ("#0b6e4f", "#c84630", "#3d5a98", "#a26769", "#7a6c5d", "#6c5b9b", "#b08d2e")
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
pre{background:#f4f4f0;padding:1rem;overflow:auto}svg{background:#fbfbf8;width:100%;height:auto}text{font-size:12px}
table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or with `dots` a cloud of points."""

    label: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def page(title: str, text: str, *parts: tuple[str, str]) -> str:
    """`parts`: (heading, HTML)."""
    shown = "".join(f"<h2>{escape(heading)}</h2>{part}\n" for heading, part in parts)
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>\n'
        f"<h1>{escape(title)}</h1>\n<pre>{escape(text)}</pre>\n{shown}</html>\n"
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def items(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in sentences) + "</ul>"


def chart(
    lines: Sequence[Line],
    unit: str,
    *,
    marks: Sequence[tuple[float, str]] = (),
    names: Sequence[str] = (),
    most_y: float = 0.0,
) -> str:
    """Over seconds, or over steps 0, 1, 2, … that have `names`. `marks` are upright lines at (x, what happened)."""
    most_x = max((x for line in lines for x, _ in line.points), default=1.0) or 1.0
    most_y = most_y or max((y for line in lines for _, y in line.points), default=1.0) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + x / most_x * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - y / most_y * (HEIGHT - TOP - BOTTOM)

    drawn = []
    for at, what in marks:
        x, _ = place(min(at, most_x), 0)
        drawn.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#bbb" stroke-dasharray="3">'
            f"<title>{escape(what)}</title></line>"
        )
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        drawn.append(_drawn(line, [place(x, y) for x, y in line.points], colour))
        drawn.append(f'<text x="{LEFT + 10}" y="{24 + 15 * number}" fill="{colour}">{escape(line.label)}</text>')
    drawn.append(f'<text x="{WIDTH - 110}" y="24">{most_y:,.4g} {escape(unit)}</text>')
    below = enumerate(names) if names else ((0.0, "0 s"), (most_x, f"{most_x:.0f} s"))
    for at, name in below:
        x, _ = place(at, 0)
        drawn.append(f'<text x="{min(x, WIDTH - 60):.1f}" y="{HEIGHT - 10}">{escape(name)}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(drawn)}</svg>'


def _drawn(line: Line, points: Sequence[tuple[float, float]], colour: str) -> str:
    if line.dots:
        return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.5" fill="{colour}"/>' for x, y in points)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
