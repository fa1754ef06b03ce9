"""Fair reading by example: who comes next, what is parked, what is read."""

from collections import Counter

from domain.events.record import Position
from tests.workers.decider.model_log import PARTITION, ModelDecider, ModelLog
from workers.decider.cursor import Cursor
from workers.decider.fair_reading import FairReader, Limits, Want


def log_of(*runs: tuple[str, int]) -> ModelLog:
    log = ModelLog()
    for org, count in runs:
        for _ in range(count):
            log.append(org)
    return log


def test_an_organization_alone_has_the_whole_batch():
    decider = ModelDecider(log_of(("alone", 200)), Limits(), 40)

    decider.whole_turn()

    assert len(decider.log.decided) == 40


def test_neighbours_with_equal_costs_get_equal_shares():
    decider = ModelDecider(log_of(("a", 900), ("b", 900), ("c", 900)), Limits(window=50), 40)

    for _ in range(20):
        decider.whole_turn()

    shares = Counter(org for org, _ in decider.log.decided)
    assert max(shares.values()) - min(shares.values()) <= 32


def test_shares_are_of_work_not_of_inputs():
    costs = {"slow": 1_600.0, "quick": 200.0}
    decider = ModelDecider(log_of(("slow", 3_000), ("quick", 3_000)), Limits(), 40, cost=costs.__getitem__)

    for _ in range(40):
        decider.whole_turn()

    shares = Counter(org for org, _ in decider.log.decided)
    assert 6 < shares["quick"] / shares["slow"] < 10


def test_a_slow_organization_that_sends_one_at_a_time_does_not_stay_in_front():
    decider = ModelDecider(
        log_of(("flood", 5_000)), Limits(), 40, cost=lambda org: 100_000.0 if org == "slow" else 200.0
    )
    for _ in range(60):
        decider.log.append("slow")
        decider.whole_turn()

    shares = Counter(org for org, _ in decider.log.decided)
    assert shares["flood"] * 200 >= shares["slow"] * 100_000 * 0.5


def test_an_organization_that_outruns_its_window_is_parked_and_the_head_goes_on():
    log = log_of(("flood", 100), ("quiet", 1))
    decider = ModelDecider(log, Limits(window=10), 5)

    decider.whole_turn()

    assert [parked.org for parked in decider.reader.parked()] == ["flood"]
    assert decider.reader.read_to == 100


def test_a_parked_organization_that_caught_up_is_unparked():
    decider = ModelDecider(log_of(("flood", 100)), Limits(window=10), 20)

    for _ in range(12):
        decider.whole_turn()

    assert decider.reader.parked() == []
    assert len(decider.log.decided) == 100


def test_a_record_larger_than_the_window_is_decided_event_by_event():
    log = ModelLog()
    log.append("big", events=300)
    decider = ModelDecider(log, Limits(window=40), 40)

    for _ in range(10):
        decider.whole_turn()

    assert [position for _, position in log.decided] == [Position(PARTITION, 0, index) for index in range(300)]


def test_what_is_given_back_comes_first_again():
    decider = ModelDecider(log_of(("a", 10)), Limits(), 4)
    while want := decider.reader.wants():
        decider.reader.give(want, *decider.log.read(want.after, want.limit, want.org, want.until))
    taken = decider.reader.take(4)

    decider.reader.give_back(taken)

    assert decider.reader.take(4) == taken


def test_a_read_that_answers_an_outdated_want_changes_nothing():
    log = log_of(("a", 10))
    reader = FairReader(PARTITION, Cursor())
    want = reader.wants()
    assert want
    read = log.read(want.after, want.limit)
    reader.give(want, *read)

    reader.give(want, *read)

    assert len(reader.take(40)) == 10


def test_a_partition_wholly_behind_is_caught_up_by_shared_reads():
    log = ModelLog()
    for _ in range(500):
        for number in range(50):
            log.append(f"org-{number}")
    behind = {f"org-{number}": (0, 0) for number in range(50)}
    log.cursor = Cursor(read_to=24_999, behind=behind).encode()
    decider = ModelDecider(log, Limits(), 40)

    while len(log.decided) < 25_000:
        decider.whole_turn()

    turns = 25_000 / 40
    assert decider.reads / turns < 6
    assert log.decided_by_org() == log.expected()


def test_when_too_many_organizations_are_behind_the_head_waits_for_one_to_finish():
    decider = ModelDecider(log_of(("a", 5), ("b", 5), ("c", 1)), Limits(window=5, total=10, organizations=2), 4)

    decider.whole_turn()
    assert decider.reader.read_to < 10

    for _ in range(5):
        decider.whole_turn()
    assert len(decider.log.decided) == 11


def test_a_shared_read_gives_nothing_to_an_organization_whose_rest_begins_before_it():
    log = log_of(("early", 3), ("late", 3), ("early", 1))
    reader = FairReader(PARTITION, Cursor(read_to=6, behind={"early": (1, 0), "late": (3, 0)}))

    reader.give(Want(2, 10, None, 6, catch_up=True), *log.read(2, 10, None, 6))

    assert [taken.position.offset for taken in reader.take()] == [3, 4, 5]
    assert [parked.org for parked in reader.parked()] == ["early"]


def test_an_organization_shortened_in_the_midst_of_a_shared_read_gets_nothing_beyond_the_gap():
    log = log_of(("long", 6))
    log.append("late", events=12)
    log.append("long")
    for org in ("b", "c", "d"):
        log.append(org, events=4)
    reader = FairReader(
        PARTITION,
        Cursor(read_to=7, behind={"long": (0, 0), "late": (6, 0)}),
        Limits(window=6, total=20, organizations=5),
    )
    reader.give(Want(-1, 6, "long", 5, catch_up=True), *log.read(-1, 6, "long", 5))
    reader.give(Want(7, 100), *log.read(7, 100))

    # Memory for 20 holds 6 of `long` and 4 each of b, c and d. To serve `late`, `long` is cut down to 3.
    reader.give(Want(5, 100, None, 7, catch_up=True), *log.read(5, 100, None, 7))

    assert [(parked.org, parked.inputs, parked.rest_from) for parked in reader.parked()] == [
        ("long", 3, 3),
        ("late", 4, 6),
    ]
