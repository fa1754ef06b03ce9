"""What `take` gives, and in which order within an organization."""

from domain.ports.fair_queue import Taken
from tests.conformance.fair_queue_suite.asking import START, EmptyQueue, ids, message


class GivingOutSuite(EmptyQueue):
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

    def test_replies_go_before_bulk(self, queue):
        bulk, reply = message(), message(urgent=True)
        queue.push([bulk, reply], START)

        assert ids(self.take(queue)) == [reply.id, bulk.id]

    def test_older_ones_go_first_over_all_channels(self, queue):
        messages = [message(channel=f"ch-{number % 3}") for number in range(9)]
        queue.push(messages[::-1], START)

        assert ids(self.take(queue)) == ids(messages)
