"""Producers and readers that lie idle between two uses."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from domain.errors import Unavailable
from infra.event_log.kafka_clients import KafkaAddress
from infra.event_log.kafka_producer import Producer
from infra.event_log.kafka_reading import KafkaReader


class _Closing(Protocol):
    def close(self) -> None: ...


_Used = TypeVar("_Used", bound=_Closing)


class _Pool(Generic[_Used]):
    """Thread-safe."""

    def __init__(self, open_one: Callable[[], _Used]) -> None:
        self._open_one = open_one
        self._idle: deque[_Used] = deque()
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[_Used]:
        """One that no other thread uses meanwhile; given up after an error."""
        if self._closed:
            raise Unavailable("the event log is closed")
        try:
            used = self._idle.pop()
        except IndexError:
            used = self._open_one()
        try:
            yield used
        except BaseException:
            used.close()
            raise
        if self._closed:
            used.close()
        else:
            self._idle.append(used)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()


class ReaderPool(_Pool[KafkaReader]):
    def __init__(self, address: KafkaAddress) -> None:
        super().__init__(lambda: KafkaReader(address))


class ProducerPool(_Pool[Producer]):
    """As many producers as write at the same time."""

    def __init__(self, address: KafkaAddress) -> None:
        super().__init__(address.producer)
