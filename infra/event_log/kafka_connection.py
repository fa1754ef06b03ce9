"""Requests and answers on one connection to one broker, in the caller's own thread.

The library's network layer works through a selector, tasks and a thread of its own, which takes several times the CPU of the request
itself. What is said stays the library's.
"""

import socket
import struct
import time
from collections import deque
from typing import Any

from kafka.errors import CorrelationIdError, InvalidReceiveError
from kafka.protocol.api_message import ApiMessage

from infra.event_log.kafka_requests import ANSWERS

_INT32 = struct.Struct(">i")
_LARGEST_ANSWER = 256 * 1024 * 1024
_CLIENT = "evenkeel"


class KafkaConnection:
    """Answers come in the order of the requests. Not thread-safe. Broken by every error: raises OSError or the library's errors."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._socket = socket.create_connection((host, port), seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._number = 0
        self._awaited: deque[tuple[int, type[ApiMessage], int]] = deque()

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: ApiMessage, deadline: float) -> Any:
        """The answer to this request; none must be awaited. `deadline` is in `time.monotonic()`'s seconds."""
        self.send(request, deadline)
        return self.receive(deadline)

    def send(self, request: ApiMessage, deadline: float) -> None:
        self._number += 1
        request.with_header(correlation_id=self._number, client_id=_CLIENT)
        self._awaited.append((self._number, ANSWERS[type(request)], request.API_VERSION))
        self._wait_until(deadline)
        self._socket.sendall(request.encode(header=True, framed=True))

    def receive(self, deadline: float) -> Any:
        """The answer to the oldest request that has none yet."""
        number, answer, version = self._awaited.popleft()
        (length,) = _INT32.unpack(self._read(_INT32.size, deadline))
        if not _INT32.size <= length <= _LARGEST_ANSWER:
            raise InvalidReceiveError(f"a broker's answer is {length} bytes long")
        body = self._read(length, deadline)
        (found,) = _INT32.unpack_from(body)
        if found != number:
            raise CorrelationIdError(f"a broker answered request {found}, expected {number}")
        return answer.decode(memoryview(body)[_INT32.size :], version=version)

    def _read(self, length: int, deadline: float) -> bytearray:
        body = bytearray(length)
        left = memoryview(body)
        while left:
            self._wait_until(deadline)
            count = self._socket.recv_into(left)
            if not count:
                raise ConnectionResetError("the broker closed the connection")
            left = left[count:]
        return body

    def _wait_until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("a broker did not answer in time")
        self._socket.settimeout(left)

    def close(self) -> None:
        self._socket.close()
