"""How much is in the queue, and how a loss of its contents shows."""

import pytest

from domain.errors import Fenced
from domain.ports.fair_queue import ChannelTerms
from tests.conformance.fair_queue_suite.asking import BIG, LEASE, OTHER, SMALL, START, EmptyQueue, key, message


class ContentsSuite(EmptyQueue):
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
