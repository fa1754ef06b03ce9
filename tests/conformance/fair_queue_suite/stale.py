"""Messages that have waited too long, whether their channel may send or not."""

from domain.ports.fair_queue import ChannelTerms
from tests.conformance.fair_queue_suite.asking import LEASE, SECOND, SMALL, START, EmptyQueue, ids, key, message


class StaleSuite(EmptyQueue):
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
