"""Messages that an aggregator took and gave back later ("errored" in a callback: a soft bounce, a limit that was reached): another
attempt is made of each, after the same pauses and as often as after an error while sending.

The read model counts what aggregators report; what is answered here is in the log (`answers` of message_sent). The message is in the queue
before the answer is in the log: a kill in between repeats the push, which the queue knows, and not the attempt. A queue that was lost
since the read model was asked takes nothing: whoever fills it anew may have made the attempt meanwhile.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from domain.errors import Fenced
from domain.ports.fair_queue import FairQueue
from workers.sender.outgoing import Outgoing
from workers.sender.settlement import Settlement, Settling
from workers.sender.unsent import UnsentMessages

AT_ONCE = 500


class Returns:
    """`open_view` opens the read model, `append` takes settlements to the log. Used by one thread."""

    def __init__(
        self,
        queue: FairQueue,
        settling: Settling,
        append: Callable[[Sequence[Settlement]], None],
        open_view: Callable[[], AbstractContextManager[UnsentMessages]],
        now: Callable[[], datetime],
    ) -> None:
        self._queue = queue
        self._settling = settling
        self._append = append
        self._open_view = open_view
        self._now = now

    def take_up(self) -> int:
        """Up to `AT_ONCE`; returns how many, none if the queue was lost. Raises Unavailable."""
        generation = self._queue.generation()
        if generation is None:
            return 0
        with self._open_view() as view:
            found = view.returned(AT_ONCE)
        settlements, again = [], []
        now = self._now()
        for each in found:
            outgoing = Outgoing.created(each.unsent.org, each.unsent.message)
            if outgoing is None:
                continue
            outgoing = outgoing.after_attempt((), each.unsent.error_count)
            settlement = self._settling.returned(outgoing, each.times, now)
            settlements.append(settlement)
            if settlement.retry_at is not None:
                again.append(Outgoing.read(outgoing.org, settlement.payload).queued(settlement.retry_at))
        if again:
            try:
                self._queue.push(again, int(now.timestamp() * 1_000_000), again=True, generation=generation)
            except Fenced:
                return 0
        if settlements:
            self._append(settlements)
        return len(settlements)
