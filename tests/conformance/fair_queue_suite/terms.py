"""When a channel may send: its rate, its throttle, its pauses."""

from collections import Counter

from domain.ports.fair_queue import ChannelTerms
from tests.conformance.fair_queue_suite.asking import LEASE, SECOND, SMALL, START, EmptyQueue, ids, key, message


class TermsSuite(EmptyQueue):
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

    def test_next_look_is_when_the_rate_allows_more(self, queue):
        queue.set_terms(SMALL, {"ch-1": ChannelTerms(rate=1)}, START)
        queue.push([message(), message()], START)
        assert len(self.take(queue)) == 1

        look = queue.next_look(START)

        assert look is not None and START < look <= START + SECOND
        assert len(self.take(queue, now=look)) == 1

    def test_next_look_is_none_when_nothing_waits_for_a_time(self, queue):
        assert queue.next_look(START) is None
