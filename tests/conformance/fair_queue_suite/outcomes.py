"""An outcome that was noted keeps its message from being given out until it is done."""

from domain.ports.fair_queue import Noted
from tests.conformance.fair_queue_suite.asking import LEASE, SECOND, START, EmptyQueue, ids, key, message


class OutcomesSuite(EmptyQueue):
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
