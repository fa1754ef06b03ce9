"""What is taken comes back when its lease ends, or when it is given back."""

from tests.conformance.fair_queue_suite.asking import LEASE, START, EmptyQueue, ids, key, message


class LeasesSuite(EmptyQueue):
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
