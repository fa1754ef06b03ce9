"""What every send queue must do. An adapter binds it by a subclass with a `queue` fixture that gives an empty one."""

from collections import Counter
from collections.abc import Iterable
from itertools import count

import pytest

from domain.errors import Fenced, Invalid
from domain.ports.fair_queue import DONE_MEMORY, ChannelTerms, FairQueue, MessageKey, Noted, QueuedMessage, Taken

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
LEASE = 5 * SECOND
BIG, SMALL, OTHER = (f"0192fc2e-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
NUMBERS = count(1)


def message(org: str = SMALL, channel: str = "ch-1", urn: str | None = None, **details) -> QueuedMessage:
    """A message to a contact of its own, younger than the last, unless told otherwise."""
    number = next(NUMBERS)
    details.setdefault("queued_on", START + number)
    return QueuedMessage(
        org=org,
        id=f"0192fc2e-6d9c-7bd5-8f5c-{number:012d}",
        channel=channel,
        urn=urn or f"tel:+{number}",
        payload=b"\x00message %d" % number,
        **details,
    )


def key(message: QueuedMessage | Taken) -> MessageKey:
    return MessageKey(message.org, message.id)


def ids(messages: Iterable[QueuedMessage | Taken]) -> list[str]:
    return [each.id for each in messages]


class FairQueueSuite:
    @pytest.fixture
    def queue(self) -> FairQueue:
        raise NotImplementedError("bind the suite to an adapter: override the fixture `queue`")

    @staticmethod
    def take(queue: FairQueue, limit: int = 100, now: int = START, worker: str = "worker-1") -> list[Taken]:
        return queue.take(worker, limit, LEASE, now)

    # Giving out

    def test_a_message_comes_out_as_it_was_pushed(self, queue):
        pushed = message()

        assert queue.push([pushed], START) == 1

        assert self.take(queue) == [Taken(pushed.org, pushed.id, pushed.channel, pushed.payload)]

    def test_an_empty_queue_gives_nothing(self, queue):
        assert self.take(queue) == []

    def test_what_is_taken_is_not_taken_again(self, queue):
        queue.push([message()], START)
        self.take(queue)

        assert self.take(queue, worker="worker-2") == []

    def test_no_more_is_taken_than_asked_for(self, queue):
        queue.push([message() for _ in range(30)], START)

        assert [len(self.take(queue, limit=20)) for _ in range(3)] == [20, 10, 0]

    def test_an_id_that_is_no_uuid_is_refused(self, queue):
        with pytest.raises(Invalid, match="uuid"):
            queue.push([QueuedMessage(SMALL, "7", "ch-1", "tel:+1", START, b"")], START)

    def test_a_cost_below_one_is_refused(self, queue):
        with pytest.raises(Invalid, match="cost"):
            queue.push([message(cost=0)], START)

    # Fairness between organizations

    def test_a_single_message_behind_twenty_thousand_of_another_goes_in_the_next_turn(self, queue):
        queue.push([message(BIG) for _ in range(20_000)], START)
        self.take(queue, limit=50)
        quiet = message(SMALL)
        queue.push([quiet], START)

        assert quiet.id in ids(self.take(queue, limit=10))

    def test_organizations_with_backlogs_share_evenly(self, queue):
        for org in (BIG, SMALL, OTHER):
            queue.push([message(org) for _ in range(300)], START)

        shares = Counter(taken.org for _ in range(10) for taken in self.take(queue, limit=30))

        assert all(90 <= shares[org] <= 110 for org in (BIG, SMALL, OTHER))

    def test_small_takes_are_shared_as_evenly_as_large_ones(self, queue):
        for org in (BIG, SMALL):
            queue.push([message(org) for _ in range(100)], START)

        shares = Counter(taken.org for _ in range(60) for taken in self.take(queue, limit=1))

        assert shares[BIG] == shares[SMALL] == 30

    # Room for channels

    def test_no_more_of_a_channel_is_taken_than_there_is_room_for(self, queue):
        queue.push([message(channel=channel) for channel in ("ch-1", "ch-2", "ch-3") for _ in range(20)], START)

        taken = queue.take("worker-1", 100, LEASE, START, per_channel=9, rooms={"ch-1": 3, "ch-2": 0})

        assert Counter(each.channel for each in taken) == {"ch-1": 3, "ch-3": 9}

    def test_an_organization_without_room_is_passed_over_and_another_gets_its_turn(self, queue):
        queue.push([message(BIG, "full") for _ in range(20)] + [message(SMALL, "free") for _ in range(20)], START)

        taken = queue.take("worker-1", 15, LEASE, START, rooms={"full": 0})

        assert [each.org for each in taken] == [SMALL] * 15

    def test_what_one_worker_has_no_room_for_another_takes_at_once(self, queue):
        pushed = message(channel="full")
        queue.push([pushed], START)
        queue.take("worker-1", 15, LEASE, START, rooms={"full": 0})

        assert ids(queue.take("worker-2", 15, LEASE, START)) == [pushed.id]

    def test_one_that_was_passed_over_has_not_lost_its_turns(self, queue):
        queue.push([message(BIG, "full") for _ in range(40)] + [message(SMALL, "free") for _ in range(60)], START)
        queue.take("worker-1", 40, LEASE, START, rooms={"full": 0})

        taken = queue.take("worker-1", 24, LEASE, START)

        assert [each.org for each in taken] == [BIG] * 24

    def test_an_organization_alone_may_use_all_capacity(self, queue):
        queue.push([message(BIG) for _ in range(100)], START)

        assert len(self.take(queue, limit=100)) == 100

    def test_messages_of_many_parts_count_as_many(self, queue):
        queue.push([message(BIG, cost=4) for _ in range(100)], START)
        queue.push([message(SMALL) for _ in range(100)], START)

        shares = Counter(taken.org for _ in range(5) for taken in self.take(queue, limit=20))

        assert 3 <= shares[SMALL] / shares[BIG] <= 5

    def test_a_newcomer_gets_no_credit_for_the_time_it_was_away(self, queue):
        queue.push([message(BIG) for _ in range(500)], START)
        for _ in range(4):
            self.take(queue, limit=50)
        queue.push([message(SMALL) for _ in range(200)], START)

        shares = Counter(taken.org for taken in self.take(queue, limit=100))

        assert 40 <= shares[BIG] <= 60

    def test_an_organization_that_may_not_send_now_does_not_stop_the_others(self, queue):
        queue.push([message(BIG) for _ in range(10)], START)
        queue.set_terms(BIG, {"ch-1": ChannelTerms(paused=True)}, START)
        waiting = message(SMALL)
        queue.push([waiting], START)

        assert ids(self.take(queue)) == [waiting.id]

    # Within an organization

    def test_replies_go_before_bulk(self, queue):
        bulk, reply = message(), message(urgent=True)
        queue.push([bulk, reply], START)

        assert ids(self.take(queue)) == [reply.id, bulk.id]

    def test_older_ones_go_first_over_all_channels(self, queue):
        messages = [message(channel=f"ch-{number % 3}") for number in range(9)]
        queue.push(messages[::-1], START)

        assert ids(self.take(queue)) == ids(messages)

    # Chains

    def test_the_next_message_to_a_contact_waits_until_the_first_is_done(self, queue):
        first, second = message(urn="tel:+1"), message(urn="tel:+1")
        queue.push([first, second], START)
        assert ids(self.take(queue)) == [first.id]
        assert self.take(queue) == []

        queue.done([key(first)], START)

        assert ids(self.take(queue)) == [second.id]

    def test_the_same_urn_on_another_channel_is_another_chain(self, queue):
        messages = [message(channel="ch-1", urn="tel:+1"), message(channel="ch-2", urn="tel:+1")]
        queue.push(messages, START)

        assert ids(self.take(queue)) == ids(messages)

    def test_a_chain_goes_by_age_whatever_the_order_of_pushing(self, queue):
        chain = [message(urn="tel:+1") for _ in range(4)]
        for each in (chain[2], chain[0], chain[3], chain[1]):
            queue.push([each], START)

        sent = []
        for _ in chain:
            (taken,) = self.take(queue)
            sent.append(taken.id)
            queue.done([key(taken)], START)

        assert sent == ids(chain)

    def test_a_reply_behind_bulk_of_its_chain_makes_the_chain_urgent(self, queue):
        before, bulk, reply = message(), message(urn="tel:+1"), message(urn="tel:+1", urgent=True)
        queue.push([before, bulk, reply], START)

        assert ids(self.take(queue, limit=1)) == [bulk.id]
        queue.done([key(bulk)], START)
        assert ids(self.take(queue, limit=1)) == [reply.id]

    def test_an_urgent_chain_that_ran_dry_is_bulk_again(self, queue):
        reply = message(urn="tel:+1", urgent=True)
        queue.push([reply], START)
        self.take(queue)
        queue.done([key(reply)], START)
        before, bulk = message(), message(urn="tel:+1")
        queue.push([before, bulk], START)

        assert ids(self.take(queue)) == [before.id, bulk.id]

    def test_a_message_withdrawn_from_the_midst_of_a_chain_leaves_the_rest_in_order(self, queue):
        first, withdrawn, last = (message(urn="tel:+1") for _ in range(3))
        queue.push([first, withdrawn, last], START)

        queue.done([key(withdrawn)], START)
        self.take(queue)
        queue.done([key(first)], START)

        assert ids(self.take(queue)) == [last.id]

    # Rates

    def test_a_channel_sends_at_its_rate(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=10)}, START)
        queue.push([message() for _ in range(100)], START)

        sent = [len(self.take(queue, now=START + tick * SECOND // 20)) for tick in range(100)]

        assert 49 <= sum(sent) <= 53
        assert sum(sent[:20]) <= 13

    def test_parts_count_against_the_rate(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=10)}, START)
        queue.push([message(cost=5) for _ in range(20)], START)

        sent = sum(len(self.take(queue, now=START + tick * SECOND // 20)) for tick in range(100))

        assert 9 <= sent <= 12

    def test_a_channel_at_its_rate_does_not_stop_the_others_of_its_organization(self, queue):
        queue.set_terms(SMALL, {"slow": ChannelTerms(rate=1)}, START)
        queue.push([message(channel="slow") for _ in range(10)], START)
        quick = [message(channel="quick") for _ in range(10)]
        queue.push(quick, START)

        assert set(ids(self.take(queue))) >= set(ids(quick))

    def test_a_new_rate_holds_at_once(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=0.01)}, START)
        queue.push([message() for _ in range(10)], START)
        assert len(self.take(queue)) == 1
        assert self.take(queue, now=START + SECOND) == []

        queue.set_terms(SMALL, {"ch-1": ChannelTerms()}, START + SECOND)

        assert len(self.take(queue, now=START + SECOND)) == 9

    def test_a_throttled_channel_rests_until_the_time_given(self, queue):
        queue.push([message()], START)
        queue.throttle(SMALL, "ch-1", START + 60 * SECOND, START)

        assert self.take(queue, now=START + 59 * SECOND) == []
        assert len(self.take(queue, now=START + 60 * SECOND)) == 1

    def test_a_throttle_outlives_a_change_of_rate_and_new_messages(self, queue):
        queue.throttle(SMALL, "ch-1", START + 60 * SECOND, START)
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=5)}, START)
        queue.push([message()], START)

        assert self.take(queue, now=START + 59 * SECOND) == []
        assert len(self.take(queue, now=START + 60 * SECOND)) == 1

    def test_the_same_terms_told_again_do_not_give_a_channel_more_than_its_rate(self, queue):
        terms = {"ch-1": ChannelTerms(rate=1)}
        queue.push([message() for _ in range(10)], START)

        sent = 0
        for tick in range(20):
            queue.set_terms(SMALL, terms, START + tick * SECOND // 4)
            sent += len(self.take(queue, now=START + tick * SECOND // 4))

        assert sent <= 6

    # Pausing

    def test_a_paused_channel_sends_nothing_until_it_is_resumed(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(paused=True)}, START)
        queue.push([message(), message()], START)
        assert self.take(queue, now=START + 3_600 * SECOND) == []

        queue.set_terms(SMALL, {"ch-1": ChannelTerms()}, START + 3_600 * SECOND)

        assert len(self.take(queue, now=START + 3_600 * SECOND)) == 2

    def test_pausing_one_channel_leaves_the_others_their_terms(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=1), "ch-2": ChannelTerms(paused=True)}, START)
        queue.set_terms(SMALL, {"ch-3": ChannelTerms(paused=True)}, START)
        queue.push([message(channel=channel) for channel in ("ch-1", "ch-2", "ch-3", "ch-4") for _ in range(3)], START)

        assert Counter(each.channel for each in self.take(queue)) == {"ch-1": 1, "ch-4": 3}

    def test_what_is_taken_when_its_channel_is_paused_waits_when_it_comes_back(self, queue):
        queue.push([message(), message()], START)
        taken = self.take(queue)
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(paused=True)}, START)

        queue.give_back([key(taken[0])], START)

        assert self.take(queue) == []
        assert self.take(queue, now=START + 2 * LEASE) == []
        queue.set_terms(SMALL, {"ch-1": ChannelTerms()}, START + 2 * LEASE)
        assert len(self.take(queue, now=START + 2 * LEASE)) == 2

    def test_a_throttle_that_ends_does_not_end_a_pause(self, queue):
        queue.push([message()], START)
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(paused=True)}, START)
        queue.throttle(SMALL, "ch-1", START + SECOND, START)

        assert self.take(queue, now=START + 2 * SECOND) == []

    # Not before a time

    def test_a_message_pushed_for_later_waits_and_holds_up_nobody(self, queue):
        later, reply = message(urn="tel:+1", not_before=START + 60 * SECOND), message(urn="tel:+1", urgent=True)
        queue.push([later, reply], START)

        assert ids(self.take(queue, now=START + 59 * SECOND)) == [reply.id]
        assert queue.next_look(START + 59 * SECOND) == START + 60 * SECOND
        queue.done([key(reply)], START + 59 * SECOND)
        assert ids(self.take(queue, now=START + 60 * SECOND)) == [later.id]

    def test_a_time_that_has_passed_holds_nothing(self, queue):
        pushed = message(not_before=START)
        queue.push([pushed], START)

        assert ids(self.take(queue)) == [pushed.id]

    def test_messages_put_off_go_in_their_order_when_the_time_comes(self, queue):
        chain = [message(urn="tel:+1", not_before=START + SECOND) for _ in range(3)]
        queue.push(chain[::-1], START)

        sent = []
        for _ in chain:
            (taken,) = self.take(queue, now=START + SECOND)
            sent.append(taken.id)
            queue.done([key(taken)], START + SECOND)

        assert sent == ids(chain)

    def test_what_was_taken_can_be_put_off(self, queue):
        first, second = message(urn="tel:+1"), message(urn="tel:+1")
        queue.push([first, second], START)
        queue.put_off([key(taken) for taken in self.take(queue)], START + 60 * SECOND, START)

        assert ids(self.take(queue)) == [second.id]
        queue.done([key(second)], START)
        assert self.take(queue, now=START + 60 * SECOND - 1) == []
        assert ids(self.take(queue, now=START + 60 * SECOND)) == [first.id]

    def test_other_quiet_hours_bring_back_what_was_put_off_and_not_what_is_to_be_retried(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(quiet="at night"), "ch-2": ChannelTerms(quiet="at night")}, START)
        errored, put_off = message(), message()
        queue.push([errored, put_off], START)
        self.take(queue)
        queue.retry_at([key(errored)], START + 300 * SECOND, START)
        queue.put_off([key(put_off)], START + 300 * SECOND, START)
        pushed, elsewhere = (message(channel=name, not_before=START + 300 * SECOND) for name in ("ch-1", "ch-2"))
        queue.push([pushed, elsewhere], START)

        queue.set_terms(SMALL, {"ch-1": ChannelTerms(quiet="at night"), "ch-2": ChannelTerms(quiet="at night")}, START)
        assert self.take(queue) == []
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(quiet="never"), "ch-2": ChannelTerms(quiet="at night")}, START)

        assert ids(self.take(queue)) == [put_off.id, pushed.id]
        assert len(self.take(queue, now=START + 300 * SECOND, worker="worker-2")) == 4

    def test_many_come_back_in_their_contacts_order(self, queue):
        queue.push([message(not_before=START + SECOND, urn=f"tel:+{number % 600}") for number in range(1_200)], START)

        queue.set_terms(SMALL, {"ch-1": ChannelTerms(quiet="never")}, START)

        first = queue.take("worker-1", 1_200, LEASE, START)
        queue.done(map(key, first), START)
        second = queue.take("worker-1", 1_200, LEASE, START)
        assert len(first) == len(second) == 600
        assert max(ids(first)) < min(ids(second))

    def test_one_put_off_that_errored_since_waits_for_its_retry(self, queue):
        pushed = message(not_before=START + SECOND)
        queue.push([pushed], START)
        self.take(queue, now=START + SECOND)
        queue.retry_at([key(pushed)], START + 300 * SECOND, START + SECOND)

        queue.set_terms(SMALL, {"ch-1": ChannelTerms(quiet="never")}, START + SECOND)

        assert self.take(queue, now=START + SECOND) == []

    def test_one_put_off_can_be_withdrawn(self, queue):
        pushed = message(not_before=START + SECOND)
        queue.push([pushed], START)
        assert queue.sizes() == {SMALL: {"ch-1": 1}}

        queue.done([key(pushed)], START)
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(quiet="never")}, START)

        assert queue.sizes() == {}
        assert self.take(queue, now=START + SECOND) == []

    # Stale ones

    def test_stale_messages_are_found_though_their_channel_is_paused(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(paused=True)}, START)
        old, old_reply, young = message(), message(urgent=True), message(queued_on=START + 60 * SECOND)
        elsewhere = message(channel="ch-2")
        queue.push([old, old_reply, young, elsewhere], START)

        stale = queue.take_stale("worker-1", SMALL, "ch-1", START + 60 * SECOND, 10, LEASE, START + 90 * SECOND)

        assert sorted(ids(stale)) == ids([old, old_reply])
        assert queue.take_stale("worker-2", SMALL, "ch-1", START + 60 * SECOND, 10, LEASE, START + 90 * SECOND) == []
        queue.done(map(key, stale), START)
        assert queue.sizes() == {SMALL: {"ch-1": 1, "ch-2": 1}}

    def test_stale_ones_are_leased_and_let_the_next_in_their_chain_come_forward(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(paused=True)}, START)
        chain = [message(urn="tel:+1") for _ in range(3)]
        queue.push(chain, START)

        found = []
        for _ in chain:
            (stale,) = queue.take_stale("worker-1", SMALL, "ch-1", START + SECOND, 10, LEASE, START)
            found.append(stale.id)
            queue.done([key(stale)], START)

        assert found == ids(chain)

    def test_no_more_stale_ones_are_taken_than_asked_for_and_a_dead_worker_s_come_back(self, queue):
        queue.push([message(urgent=number % 2 == 0) for number in range(8)], START)

        assert len(queue.take_stale("worker-1", SMALL, "ch-1", START + SECOND, 5, LEASE, START)) == 5
        assert len(self.take(queue)) == 3
        assert queue.reap(START + LEASE) == 8

    # Waiting

    def test_next_look_is_when_the_rate_allows_more(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=1)}, START)
        queue.push([message(), message()], START)
        assert len(self.take(queue)) == 1

        look = queue.next_look(START)

        assert look is not None and START < look <= START + SECOND
        assert len(self.take(queue, now=look)) == 1

    def test_next_look_is_none_when_nothing_waits_for_a_time(self, queue):
        assert queue.next_look(START) is None

    # Leases

    def test_a_lease_that_ends_gives_the_message_to_another(self, queue):
        queue.push([message()], START)
        taken = self.take(queue)

        assert self.take(queue, now=START + LEASE - 1, worker="worker-2") == []
        assert self.take(queue, now=START + LEASE, worker="worker-2") == taken

    def test_reaping_says_how_many_came_back(self, queue):
        queue.push([message() for _ in range(3)], START)
        self.take(queue, limit=2)

        assert queue.reap(START + LEASE - 1) == 0
        assert queue.reap(START + LEASE) == 2
        assert len(self.take(queue, now=START + LEASE)) == 3

    def test_what_a_dead_worker_had_comes_back_in_its_contacts_order(self, queue):
        chain = [message(urn="tel:+1") for _ in range(3)]
        queue.push(chain, START)
        self.take(queue)
        later = START + LEASE

        sent = []
        for _ in chain:
            (taken,) = self.take(queue, now=later, worker="worker-2")
            sent.append(taken.id)
            queue.done([key(taken)], later)

        assert sent == ids(chain)

    def test_an_extended_lease_holds_longer(self, queue):
        queue.push([message()], START)
        taken = self.take(queue)

        assert queue.extend("worker-1", map(key, taken), START + 3 * LEASE) == []

        assert queue.reap(START + 2 * LEASE) == 0
        assert queue.reap(START + 3 * LEASE) == 1

    def test_a_lease_lost_to_another_cannot_be_extended(self, queue):
        queue.push([message(), message()], START)
        taken = self.take(queue)
        self.take(queue, limit=1, now=START + LEASE, worker="worker-2")

        lost = queue.extend("worker-1", map(key, taken), START + 3 * LEASE)

        assert lost == [key(each) for each in taken]

    def test_what_is_given_back_goes_again_at_once_and_first(self, queue):
        first, second = message(urn="tel:+1"), message(urn="tel:+1")
        queue.push([first, second], START)
        queue.give_back([key(taken) for taken in self.take(queue)], START)

        assert ids(self.take(queue)) == [first.id]

    # Retries

    def test_a_message_to_be_retried_comes_back_at_its_time(self, queue):
        queue.push([message()], START)
        taken = self.take(queue)
        when = START + 300 * SECOND

        queue.retry_at(map(key, taken), when, START)

        assert self.take(queue, now=when - 1) == []
        assert queue.next_look(START) == when
        assert self.take(queue, now=when) == taken

    def test_a_retry_does_not_hold_up_its_chain(self, queue):
        failed, following = message(urn="tel:+1"), message(urn="tel:+1")
        queue.push([failed, following], START)
        self.take(queue)

        queue.retry_at([key(failed)], START + 300 * SECOND, START)

        assert ids(self.take(queue)) == [following.id]

    def test_a_retried_message_takes_its_place_by_age(self, queue):
        failed, following = message(urn="tel:+1"), message(urn="tel:+1")
        queue.push([failed], START)
        self.take(queue)
        queue.retry_at([key(failed)], START + SECOND, START)
        queue.push([following], START)

        assert ids(self.take(queue, now=START + SECOND)) == [failed.id]

    def test_a_message_set_aside_can_be_withdrawn(self, queue):
        queue.push([message()], START)
        taken = self.take(queue)
        queue.retry_at(map(key, taken), START + SECOND, START)

        queue.done(map(key, taken), START)

        assert self.take(queue, now=START + SECOND) == []
        assert queue.sizes() == {}

    # Outcomes

    def test_a_message_with_a_noted_outcome_is_never_given_out_again(self, queue):
        queue.push([message()], START)
        (taken,) = self.take(queue)
        queue.note_outcomes({key(taken): b"wired"})

        queue.give_back([key(taken)], START)

        assert self.take(queue, now=START + 10 * LEASE, worker="worker-2") == []

    def test_outcomes_of_a_dead_worker_are_found_by_others_when_its_lease_has_ended(self, queue):
        queue.push([message()], START)
        (taken,) = self.take(queue)
        queue.note_outcomes({key(taken): b"wired\x00"})

        assert queue.noted("worker-2", START + LEASE - 1) == []
        assert queue.noted("worker-2", START + LEASE) == [Noted(taken.org, taken.id, b"wired\x00")]

    def test_a_restarted_worker_finds_its_own_outcomes_at_once(self, queue):
        queue.push([message()], START)
        (taken,) = self.take(queue)
        queue.note_outcomes({key(taken): b"wired"})

        assert queue.noted("worker-1", START) == [Noted(taken.org, taken.id, b"wired")]

    def test_done_forgets_the_outcome_and_lets_the_chain_go_on(self, queue):
        first, second = message(urn="tel:+1"), message(urn="tel:+1")
        queue.push([first, second], START)
        self.take(queue)
        queue.note_outcomes({key(first): b"wired"})
        assert self.take(queue, now=START + LEASE) == []

        queue.done([key(first)], START + LEASE)

        assert queue.noted("worker-1", START + 2 * LEASE) == []
        assert ids(self.take(queue, now=START + LEASE)) == [second.id]

    def test_a_retry_forgets_the_outcome(self, queue):
        queue.push([message()], START)
        (taken,) = self.take(queue)
        queue.note_outcomes({key(taken): b"errored"})

        queue.retry_at([key(taken)], START + SECOND, START)

        assert queue.noted("worker-1", START + LEASE) == []
        assert self.take(queue, now=START + SECOND) == [taken]

    # Pushing again

    def test_a_message_whose_outcome_was_noted_before_it_is_pushed_is_not_given_out(self, queue):
        sent, waiting, other = message(urn="tel:+1"), message(urn="tel:+1"), message()
        queue.note_outcomes({key(sent): b"wired"})
        queue.push([sent, waiting, other], START)

        assert ids(self.take(queue)) == [other.id]
        assert queue.noted("worker-2", START) == [Noted(sent.org, sent.id, b"wired")]
        queue.done([key(sent)], START)
        assert ids(self.take(queue)) == [waiting.id]

    def test_one_whose_outcome_was_noted_is_not_given_out_when_its_turn_comes_either(self, queue):
        first, sent, last = (message(urn="tel:+1") for _ in range(3))
        queue.note_outcomes({key(sent): b"errored"})
        queue.push([first, sent, last], START)

        assert ids(self.take(queue)) == [first.id]
        queue.done([key(first)], START)
        assert self.take(queue) == []
        queue.retry_at([key(sent)], START + LEASE, START)
        assert ids(self.take(queue)) == [last.id]
        queue.done([key(last)], START)
        assert ids(self.take(queue, now=START + LEASE)) == [sent.id]

    @pytest.mark.parametrize("state", ["waiting", "taken", "set aside", "noted", "done"])
    def test_pushing_again_changes_nothing(self, queue, state):
        pushed = message()
        queue.push([pushed], START)
        if state != "waiting":
            self.take(queue)
        if state == "set aside":
            queue.retry_at([key(pushed)], START + 3_600 * SECOND, START)
        if state == "noted":
            queue.note_outcomes({key(pushed): b"wired"})
        if state == "done":
            queue.done([key(pushed)], START)

        assert queue.push([pushed, pushed], START + 1) == 0

        assert ids(self.take(queue)) == ([pushed.id] if state == "waiting" else [])

    def test_a_message_done_is_remembered_for_the_time_promised(self, queue):
        pushed = message()
        queue.done([key(pushed)], START)

        assert queue.push([pushed], START + DONE_MEMORY) == 0
        assert queue.push([pushed], START + 2 * DONE_MEMORY) == 1

    def test_a_message_that_was_done_can_be_sent_again_on_purpose(self, queue):
        pushed = message()
        queue.push([pushed], START)
        assert queue.push([pushed], START, again=True) == 0  # it is there already
        queue.done([key(taken) for taken in self.take(queue)], START)

        assert queue.push([pushed], START + DONE_MEMORY, again=True) == 1

        assert ids(self.take(queue, now=START + DONE_MEMORY)) == [pushed.id]
        assert queue.push([pushed], START + DONE_MEMORY) == 0

    def test_the_same_id_in_another_organization_is_another_message(self, queue):
        mine = message(SMALL)
        theirs = QueuedMessage(OTHER, mine.id, "ch-1", mine.urn, mine.queued_on, b"theirs")

        assert queue.push([mine, theirs], START) == 2

    # Status

    def test_sizes_count_what_is_not_done(self, queue):
        queue.push([message(BIG), message(BIG), message(BIG, channel="ch-2"), message(SMALL)], START)
        self.take(queue, limit=1)

        assert queue.sizes() == {BIG: {"ch-1": 2, "ch-2": 1}, SMALL: {"ch-1": 1}}

    def test_sizes_forget_what_is_done(self, queue):
        queue.push([message()], START)
        queue.done([key(taken) for taken in self.take(queue)], START)

        assert queue.sizes() == {}

    def test_contents_without_a_name_tell_a_sender_that_they_were_lost(self, queue):
        assert queue.generation() is None

        assert queue.begin_generation("first")
        assert not queue.begin_generation("second")

        assert queue.generation() == "first"

    def test_what_is_for_contents_that_were_lost_is_not_pushed_into_others(self, queue):
        queue.begin_generation("first")
        assert queue.push([message()], START, generation="first") == 1
        queue.clear()

        with pytest.raises(Fenced):
            queue.push([message()], START, generation="first")
        queue.begin_generation("second")
        with pytest.raises(Fenced):
            queue.push([message(), message(OTHER)], START, generation="first")

        assert self.take(queue) == []
        assert queue.push([message()], START, generation="second") == 1

    def test_clear_forgets_everything(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=1)}, START)
        queue.push([message(), message()], START)
        (taken, *_) = self.take(queue)
        queue.note_outcomes({key(taken): b"wired"})
        queue.begin_generation("first")

        queue.clear()

        assert queue.generation() is None
        assert queue.sizes() == {}
        assert queue.noted("worker-1", START + 10 * LEASE) == []
        assert self.take(queue, now=START + 10 * LEASE) == []

    # Changing what waits

    def test_a_changed_payload_is_given_out_with_the_retry(self, queue):
        errored = message()
        queue.push([errored], START)
        self.take(queue)

        queue.change_payloads({key(errored): b"second part"})
        queue.retry_at([key(errored)], START + SECOND, START)

        assert [each.payload for each in self.take(queue, now=START + SECOND)] == [b"second part"]

    def test_changing_the_payload_of_an_unknown_message_changes_nothing(self, queue):
        queue.change_payloads({key(message()): b"anything"})

        assert self.take(queue) == []
