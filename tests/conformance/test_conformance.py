"""Each kind of conformance case must agree at least as far as its floor records."""

import pytest

from tests.conformance.runner import cases_folder, kind_names, run_kind


@pytest.mark.parametrize("kind", kind_names())
def test_agrees_at_least_as_far_as_its_floor(kind: str) -> None:
    folder = cases_folder()
    if not folder.is_dir():
        pytest.skip("no conformance cases here: CONFORMANCE names no folder that exists")

    report = run_kind(kind, folder)

    listed = "\n".join(f"  {name}: {difference}" for name, difference in report.disagreements[:40])
    assert not report.has_fallen, f"{report.line}, floor {report.floor:.1%}\n{report.crash}{listed}"
