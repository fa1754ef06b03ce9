"""How organizations take turns, and what a worker has no room for."""

from collections import Counter

from domain.ports.fair_queue import ChannelTerms
from tests.conformance.fair_queue_suite.asking import BIG, LEASE, OTHER, SMALL, START, EmptyQueue, ids, message


class TurnsSuite(EmptyQueue):
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
