"""The index of fairness: who is served in proportion to what is due, whatever they ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.cli.drill.jain import Said, by_second, due_shares, jain

GIANT = -1


def said(org: int, at: float, answered: float | None, times: int = 1) -> Iterator[Said]:
    return (Said(org, at, answered) for _ in range(times))


def test_a_giant_that_takes_what_nobody_else_wants_is_fair() -> None:
    giant = [*said(GIANT, 0, 5.5, 90), *said(GIANT, 0, None, 1000)]
    quiet = [each for org in range(10) for each in said(org, 5.1, 5.3)]

    (second,) = by_second([*giant, *quiet], 5, 6)

    assert (second.index, second.least) == (1.0, 1.0)
    assert (second.served[GIANT], second.waiting[GIANT]) == (90, 1000)


def test_a_giant_that_is_served_before_those_who_wait_is_not() -> None:
    giant = [*said(GIANT, 0, 5.5, 100), *said(GIANT, 0, None, 1000)]
    quiet = [each for org in range(9) for each in said(org, 4.5, 9.0)]

    (second,) = by_second([*giant, *quiet], 5, 6)

    assert second.index == pytest.approx(1 / 10)
    assert second.least == 0


def test_equal_shares_of_too_little_are_fair() -> None:
    everybody = [each for org in range(4) for each in (*said(org, 0, 5.5, 3), *said(org, 0, None, 50))]

    assert by_second(everybody, 5, 6)[0].index == 1.0


def test_what_is_said_late_in_a_second_and_answered_in_the_next_did_not_wait() -> None:
    seconds = by_second([*said(1, 4.9, 5.2), *said(2, 4.1, 4.3)], 4, 6)

    assert [second.index for second in seconds] == [1.0, 1.0]
    assert [dict(second.waiting) for second in seconds] == [{}, {}]


def test_a_second_without_any_service_has_no_index() -> None:
    assert by_second(said(1, 0.5, None), 3, 4)[0].index is None


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.integers(1, 5000))
def test_dues_use_up_the_capacity_and_exceed_no_demand(demands: list[int], capacity: int) -> None:
    dues = due_shares(demands, capacity)

    assert sum(dues) == pytest.approx(min(capacity, sum(demands)))
    assert all(0 < due <= demand for due, demand in zip(dues, demands, strict=True))
    unmet = [due for due, demand in zip(dues, demands, strict=True) if due < demand - 1e-9]
    assert all(due >= max(dues) - 1e-6 for due in unmet)


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=20))
def test_the_index_lies_between_one_of_n_and_one(shares: list[float]) -> None:
    assert 1 / len(shares) - 1e-9 <= jain(shares) <= 1 + 1e-9
