"""Pushing is idempotent; what can't be pushed is refused."""

import pytest

from domain.errors import Invalid
from domain.ports.fair_queue import DONE_MEMORY, QueuedMessage
from tests.conformance.fair_queue_suite.asking import OTHER, SECOND, SMALL, START, EmptyQueue, ids, key, message


class PushingSuite(EmptyQueue):
    def test_an_id_that_is_no_uuid_is_refused(self, queue):
        with pytest.raises(Invalid, match="uuid"):
            queue.push([QueuedMessage(SMALL, "7", "ch-1", "tel:+1", START, b"")], START)

    def test_a_cost_below_one_is_refused(self, queue):
        with pytest.raises(Invalid, match="cost"):
            queue.push([message(cost=0)], START)

    @pytest.mark.parametrize("state", ["waiting", "taken", "set aside", "noted", "done"])
    def test_pushing_again_changes_nothing(self, queue, state):
        pushed = message()
        queue.push([pushed], START)
        if state != "waiting":
            self.take(queue)
        if state == "set aside":
            queue.retry_at([key(pushed)], START + 3_600 * SECOND, START)
        if state == "noted":
            queue.note_outcomes({key(pushed): b"wired"})
        if state == "done":
            queue.done([key(pushed)], START)

        assert queue.push([pushed, pushed], START + 1) == 0

        assert ids(self.take(queue)) == ([pushed.id] if state == "waiting" else [])

    def test_a_message_done_is_remembered_for_the_time_promised(self, queue):
        pushed = message()
        queue.done([key(pushed)], START)

        assert queue.push([pushed], START + DONE_MEMORY) == 0
        assert queue.push([pushed], START + 2 * DONE_MEMORY) == 1

    def test_a_message_that_was_done_can_be_sent_again_on_purpose(self, queue):
        pushed = message()
        queue.push([pushed], START)
        assert queue.push([pushed], START, again=True) == 0  # it is there already
        queue.done([key(taken) for taken in self.take(queue)], START)

        assert queue.push([pushed], START + DONE_MEMORY, again=True) == 1

        assert ids(self.take(queue, now=START + DONE_MEMORY)) == [pushed.id]
        assert queue.push([pushed], START + DONE_MEMORY) == 0

    def test_the_same_id_in_another_organization_is_another_message(self, queue):
        mine = message(SMALL)
        theirs = QueuedMessage(OTHER, mine.id, "ch-1", mine.urn, mine.queued_on, b"theirs")

        assert queue.push([mine, theirs], START) == 2
