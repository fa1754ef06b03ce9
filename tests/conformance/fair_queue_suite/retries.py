"""What errored is sent again at its time, with another payload if part of it got done."""

from tests.conformance.fair_queue_suite.asking import SECOND, START, EmptyQueue, ids, key, message


class RetriesSuite(EmptyQueue):
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
