"""One contact's messages leave in order."""

from tests.conformance.fair_queue_suite.asking import START, EmptyQueue, ids, key, message


class ChainsSuite(EmptyQueue):
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
