"""The four properties of fair reading, with the decider stopped dead after any of its steps."""

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.decider.model_log import ModelDecider, ModelLog
from workers.decider.cursor import Cursor
from workers.decider.fair_reading import Limits

ORGS = st.sampled_from([f"org-{number}" for number in range(12)])
appends = st.tuples(st.just("append"), ORGS, st.integers(1, 12), st.integers(0, 2))
bursts = st.tuples(st.just("burst"), ORGS, st.integers(1, 60))
turns = st.tuples(st.just("turn"), st.integers(0, 6))
crashes = st.tuples(st.just("crash"), st.integers(0, 40), st.integers(0, 3))
scripts = st.lists(st.one_of(appends, bursts, turns, crashes), max_size=60)
small_limits = st.builds(
    lambda window, organizations, spare, scan: Limits(window, organizations + spare, organizations, scan),
    window=st.integers(1, 30),
    organizations=st.integers(1, 14),
    spare=st.integers(0, 60),
    scan=st.integers(1, 50),
)


def run(script: list[tuple], decider: ModelDecider, check=lambda: None) -> None:
    for step in script:
        match step:
            case ("append", org, events, gap):
                decider.log.append(org, events, gap)
            case ("burst", org, count):
                for _ in range(count):
                    decider.log.append(org)
            case ("turn", undecided):
                for _ in decider.turn(undecided):
                    check()
            case ("crash", steps, undecided):
                for _ in islice(decider.turn(undecided), steps):
                    check()
                decider.restart()
        check()


def finish(decider: ModelDecider, check=lambda: None) -> None:
    """Turns without crashes until all is decided; each must bring it nearer within a few turns."""
    idle = 0
    inputs = sum(map(len, decider.log.expected().values()))
    while len(decider.log.decided) < inputs:
        before = (len(decider.log.decided), decider.reader.read_to)
        decider.whole_turn()
        check()
        idle = idle + 1 if (len(decider.log.decided), decider.reader.read_to) == before else 0
        assert idle < 10, "the reader makes no progress"


@settings(max_examples=400, deadline=None)
@given(script=scripts, limits=small_limits, batch=st.integers(1, 50))
def test_every_input_is_decided_once_and_in_its_organizations_order_whatever_crashes(script, limits, batch):
    decider = ModelDecider(ModelLog(), limits, batch)

    run(script, decider)
    finish(decider)

    assert decider.log.decided_by_org() == decider.log.expected()


@settings(max_examples=100, deadline=None)
@given(script=scripts, limits=small_limits, batch=st.integers(1, 50), costs=st.lists(st.floats(0, 1e7), min_size=1))
def test_whatever_inputs_cost_all_are_decided(script, limits, batch, costs):
    charged = iter(costs * 1_000)
    decider = ModelDecider(ModelLog(), limits, batch, cost=lambda org: next(charged, 0.0))

    run(script, decider)
    finish(decider)

    assert decider.log.decided_by_org() == decider.log.expected()


@settings(max_examples=200, deadline=None)
@given(script=scripts, limits=small_limits, batch=st.integers(1, 50))
def test_memory_and_cursor_stay_bounded(script, limits, batch):
    decider = ModelDecider(ModelLog(), limits, batch)

    def check() -> None:
        assert decider.reader.waiting <= limits.total + batch
        assert len(decider.reader.cursor(1).behind) <= limits.organizations + batch

    run(script, decider, check)
    finish(decider, check)


@settings(max_examples=200, deadline=None)
@given(script=scripts, limits=small_limits, batch=st.integers(1, 50))
def test_the_committed_cursor_says_exactly_what_is_decided(script, limits, batch):
    decider = ModelDecider(ModelLog(), limits, batch)

    def check() -> None:
        cursor = Cursor.decode(decider.log.cursor)
        decided = set(decider.log.decided)
        for org, positions in decider.log.expected().items():
            for position in positions:
                place = (position.offset, position.index)
                counted = position.offset <= cursor.read_to and place < cursor.behind.get(org, (1 << 62, 0))
                assert counted == ((org, position) in decided)

    run(script, decider, check)


@settings(max_examples=60, deadline=None)
@given(
    backlogs=st.lists(st.integers(1, 3_000), min_size=1, max_size=6),
    turns_before=st.integers(0, 40),
    crash=st.booleans(),
    steps=st.integers(0, 9),
    costs=st.lists(st.sampled_from([20.0, 300.0, 5_000.0]), min_size=6, max_size=6),
)
def test_a_quiet_organization_waits_for_at_most_a_batch_and_one_quantum_of_each_neighbour(
    backlogs, turns_before, crash, steps, costs
):
    log = ModelLog()
    for number, backlog in enumerate(backlogs):
        for _ in range(backlog):
            log.append(f"flood-{number}")
    cost_of = {f"flood-{number}": cost for number, cost in enumerate(costs)} | {"quiet": 300.0}
    decider = ModelDecider(log, Limits(), 40, cost=lambda org: cost_of[org])
    for _ in range(turns_before):
        decider.whole_turn()
    turn = decider.turn()
    for _ in islice(turn, steps):
        pass

    log.append("quiet")
    decided_before = len(log.decided)
    if crash:
        decider.restart()
    else:
        list(turn)
    for _ in range(10):
        decider.whole_turn()

    others = [org for org, _ in log.decided[decided_before:]].index("quiet")
    assert others <= 40 + 16 * len(backlogs)


def test_one_single_message_behind_twenty_thousand_is_decided_after_at_most_a_hundred_others():
    log = ModelLog()
    for _ in range(20_000):
        log.append("flood")
    log.append("quiet")
    decider = ModelDecider(log, Limits(), 40)

    for _ in range(3):
        decider.whole_turn()

    assert [org for org, _ in log.decided].index("quiet") <= 100
