"""Messages that are not to go before a time, and what other quiet hours bring back."""

from domain.ports.fair_queue import ChannelTerms
from tests.conformance.fair_queue_suite.asking import LEASE, SECOND, SMALL, START, EmptyQueue, ids, key, message


class PuttingOffSuite(EmptyQueue):
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

    def test_many_whose_time_has_come_go_before_what_was_pushed_since_for_their_contacts(self, queue):
        later = START + SECOND
        old, new = message(urn="tel:+1", not_before=later), message(urn="tel:+1", queued_on=later)
        queue.push([message(not_before=later) for _ in range(1_100)], START)
        last = message(urn="tel:+2", not_before=later)
        queue.push([old, last], START)
        younger = message(urn="tel:+2", queued_on=later)
        queue.push([new, younger], later)

        given: list[str] = []
        for _ in range(10):
            taken = self.take(queue, 2_000, later)
            given += ids(taken)
            queue.done(map(key, taken), later)

        assert len(given) == 1_104
        assert given.index(old.id) < given.index(new.id)
        assert given.index(last.id) < given.index(younger.id)

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
