"""Reading up to what was visible when the reader asked, which a follower can't promise."""

import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping

from kafka import TopicPartition

from domain.errors import Unavailable
from domain.events.record import StoredRecord
from infra.event_log.kafka_batch_reading import Fetched
from infra.event_log.kafka_clients import KafkaAddress, stored, translating_errors
from infra.event_log.wire_format import INPUTS

_SECONDS_TO_WAIT = 0.1
# How far before the end the last record is sought first: one transaction's mark and its neighbours.
_NEAR_THE_END = 4
# How many offsets one slice looks through at most, wherever the organization's next record is.
_LOOKED_THROUGH = 20_000
_SLICE_READERS = 4
_SLICE_BYTES = 1024 * 1024


class KafkaReader:
    """It is sent from place to place; what it fetched too much of is there when it is asked to go on. Not thread-safe."""

    def __init__(self, address: KafkaAddress, wanted: frozenset[str] | None = None, **settings: int) -> None:
        self._address = address
        self._cluster = address.cluster()
        self._fetcher = address.fetcher(wanted, **settings)
        self._place: TopicPartition | None = None
        self._given = -1  # all that is wanted after this offset lies in `_left` or comes next
        self._left: deque[Fetched] = deque()

    def close(self) -> None:
        self._cluster.close()
        self._fetcher.close()

    def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Per place, the offset after the last one that a reader of committed records can see."""
        with translating_errors():
            return self._cluster.offsets(places, self._address.deadline())

    def scan(self, place: TopicPartition, after: int, end: int | None = None) -> Iterator[Fetched]:
        """Every wanted record after an offset and before `end`, which is visible (None: all that is visible now).

        Raises Unavailable if they don't come in time.
        """
        if end is None:
            end = self.ends([place])[place]
        if end <= after + 1:
            return
        with translating_errors():
            self._send_to(place, after)
            deadline = time.monotonic() + self._address.timeout
            while True:
                while self._left:
                    if self._left[0].offset >= end:
                        return
                    found = self._left.popleft()
                    self._given = found.offset
                    yield found
                    deadline = time.monotonic() + self._address.timeout
                if self._fetcher.positions[place] >= end:
                    return
                self._fetch(place, deadline)

    def _fetch(self, place: TopicPartition, deadline: float) -> None:
        before = self._fetcher.positions[place]
        fetched = self._fetcher.fetch(_SECONDS_TO_WAIT)
        self._left.extend(fetched.get(place, ()))
        if self._fetcher.positions[place] == before and time.monotonic() > deadline:
            raise Unavailable(f"partition {place.partition} of Kafka gave nothing for {self._address.timeout} s")

    def _send_to(self, place: TopicPartition, after: int) -> None:
        if self._place == place and self._given <= after < self._fetcher.positions[place]:
            while self._left and self._left[0].offset <= after:
                self._left.popleft()
        else:
            self._left.clear()
            self._fetcher.assign({place: after + 1})
            self._place = place
        self._given = after

    def last(self, place: TopicPartition, end: int) -> Fetched | None:
        """The last visible record before an offset that `ends` gave; None if there is none."""
        back = _NEAR_THE_END
        while end > 0:
            after = max(-1, end - back - 1)
            newest = deque(self.scan(place, after, end), maxlen=1)
            if newest:
                found: Fetched = newest[0]
                return found
            if after < 0:
                return None
            back *= 8
        return None


class SliceReader:
    """Reads inputs that lie behind a decider's head, slice by slice: for one organization, or for several that stand near each other.

    Each has a reader of its own, up to a number, that stays where its last slice ended: fetching is most of the work, and one fetch
    brings many slices. Not thread-safe.
    """

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._readers: OrderedDict[tuple[int, str | None], KafkaReader] = OrderedDict()

    def read(
        self, partition: int, after: int, limit: int, org: str | None, until: int | None
    ) -> tuple[list[StoredRecord], int]:
        """As `DeciderSession.read`."""
        place = TopicPartition(self._address.events, partition)
        reader = self._reader(partition, org)
        visible = reader.ends([place])[place] if until is None else until + 1
        end = min(visible, after + 1 + _LOOKED_THROUGH)
        key = None if org is None else org.encode()
        found: list[StoredRecord] = []
        for each in reader.scan(place, after, end):
            if key is None or key == each.key:
                found.append(stored(partition, each))
                if len(found) >= limit:
                    return found, each.offset
        return found, max(after, end - 1)

    def _reader(self, partition: int, org: str | None) -> KafkaReader:
        name = (partition, org)
        if name in self._readers:
            self._readers.move_to_end(name)
        elif len(self._readers) < _SLICE_READERS:
            self._readers[name] = KafkaReader(self._address, INPUTS, bytes_of_partition=_SLICE_BYTES)
        else:
            _, longest_idle = self._readers.popitem(last=False)
            self._readers[name] = longest_idle
        return self._readers[name]

    def close(self) -> None:
        while self._readers:
            self._readers.popitem()[1].close()
