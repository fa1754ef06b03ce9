"""Turns and positions of requests without answer."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workers.effects.unanswered import KEPT_PER_ORG, Unanswered, Waiting


def waiting(org: str, number: int, partition: int = 0, offset: int | None = None) -> Waiting:
    at = number if offset is None else offset
    return Waiting(org, "contact", f"{org} {number}", partition, at, 0, {"uuid": f"{org} {number}"})


def taken(unanswered: Unanswered) -> list[str]:
    found = []
    while (each := unanswered.next()) is not None:
        found.append(each.uuid)
    return found


def test_organizations_take_turns():
    unanswered = Unanswered(in_all=100, per_org=100)
    for number in range(4):
        unanswered.add(waiting("big", number))
    unanswered.add(waiting("small", 4))

    assert taken(unanswered) == ["big 0", "small 4", "big 1", "big 2", "big 3"]


def test_nobody_gets_more_than_its_share_at_once():
    unanswered = Unanswered(in_all=5, per_org=2)
    added = [waiting(org, number) for number, org in enumerate("aaaabbbbcc")]
    for each in added:
        unanswered.add(each)

    first = taken(unanswered)
    assert sorted(uuid[0] for uuid in first) == ["a", "a", "b", "b", "c"]

    unanswered.answered(added[0])
    assert taken(unanswered) == ["c 9"]


def test_what_ended_meanwhile_gets_no_turn():
    unanswered = Unanswered(in_all=5, per_org=5)
    unanswered.add(waiting("a", 1))
    unanswered.drop("a 1")

    assert taken(unanswered) == []
    assert len(unanswered) == 0


def test_a_request_read_twice_waits_once():
    unanswered = Unanswered(in_all=5, per_org=5)
    for _ in range(2):
        unanswered.add(waiting("a", 1))

    assert taken(unanswered) == ["a 1"]


def test_of_a_long_queue_only_the_places_are_kept():
    unanswered = Unanswered(in_all=10_000, per_org=10_000)
    added = [waiting("a", number) for number in range(KEPT_PER_ORG + 3)]
    for each in added:
        unanswered.add(each)

    assert [each.request is None for each in added] == [False] * KEPT_PER_ORG + [True] * 3


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40), st.data())
def test_the_position_never_passes_a_request_without_answer(added: list[tuple[int, bool]], data: Any):
    unanswered = Unanswered(in_all=7, per_org=3)
    offset, open_offsets, places = 0, {}, {}
    for number, (org, same_record) in enumerate(added):
        offset += 0 if same_record else 1
        each = waiting(str(org), number, offset=offset)
        unanswered.add(each)
        open_offsets[each.uuid] = offset
        places[each.uuid] = each
    under_way: list[str] = []
    while open_offsets:
        assert unanswered.done_up_to(0, 1_000) == min(open_offsets.values()) - 1
        under_way += taken(unanswered)
        assert under_way, "somebody may always go"
        chosen = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
        unanswered.answered(places[chosen])
        del open_offsets[chosen]
    assert unanswered.done_up_to(0, 1_000) == 1_000
    assert unanswered.done_up_to(5, 17) == 17
    assert unanswered.under_way == 0
