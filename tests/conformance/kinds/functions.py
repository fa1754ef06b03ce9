"""The documented examples of functions, operators, types and tests, evaluated in a running session."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.expressions.template import compile_template
from domain.flow.engine.execution import Execution
from tests.conformance.kinds.engine import execution_of
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome
from tests.conformance.typed_values import nanos_of_iso
from tests.conformance.universe import Universe

FIXED_NOW = nanos_of_iso("2018-04-11T18:24:30.123456Z")


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "functions.json")
    universe = Universe(folder, start=FIXED_NOW, step=0)
    x = execution_of(document["context"], universe, redact_urns=False)
    universe.generator = Universe(folder).generator
    for item in document["items"]:
        for index, example in enumerate(item["examples"]):
            name = f"{item['kind']} {item['name']}[{index}] {example['template']}"
            yield checked(name, lambda example=example: _check(x, example))  # type: ignore[misc]


def _check(x: Execution, example: dict[str, Any]) -> str:
    x.events.clear()
    text, problems = x.evaluation.text(compile_template(example["template"]))
    failed = any(problem.kind == "error" for problem in problems)
    if failed or example["error"]:
        return "" if failed == example["error"] else f"got problems {problems}, expected {example['expected']!r}"
    return "" if text == example["expected"] else f"got {text!r}, expected {example['expected']!r}"
