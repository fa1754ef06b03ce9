"""Requests and answers on one connection to one broker, in the caller's own thread.

The library's network layer works through a selector, tasks and a thread of its own, which takes several times the CPU of the request
itself. What is said stays the library's.
"""

import math
import socket
import struct
import time
from collections import deque
from typing import Any

from kafka.errors import CorrelationIdError, InvalidReceiveError
from kafka.protocol.api_message import ApiMessage

from infra.event_log.kafka_handshake import encrypt, raise_no_answer, raise_refusal, sign_in
from infra.event_log.kafka_requests import ANSWERS, api_versions
from infra.event_log.kafka_security import OPEN, KafkaSecurity

_INT32 = struct.Struct(">i")
_LARGEST_ANSWER = 256 * 1024 * 1024
_CLIENT = "evenkeel"
# After TCP's: a broker that has just started takes its time for the first TLS of its life.
_SECONDS_TO_BE_LET_IN = 5.0
_OF_A_SESSION = 0.85  # after which we sign in again, before the broker would close the connection


class KafkaConnection:
    """Answers come in the order of the requests. Not thread-safe. Broken by every error: raises OSError or the library's errors, and NotLetIn
    where those would only come again."""

    def __init__(self, host: str, port: int, seconds: float, security: KafkaSecurity = OPEN) -> None:
        self._where = f"{host}:{port}"
        self._security = security
        self._number = 0
        self._awaited: deque[tuple[int, type[ApiMessage], int]] = deque()
        self._answered = False
        self._sign_in_at = math.inf
        self._socket = socket.create_connection((host, port), seconds)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if security.encrypts or security.signs_in:
                self._be_let_in(host, time.monotonic() + _SECONDS_TO_BE_LET_IN)
        except BaseException:
            self.close()
            raise

    def _be_let_in(self, host: str, deadline: float) -> None:
        if self._security.encrypts:
            self._wait_until(deadline)
            self._socket = encrypt(self._socket, host, self._where, self._security)
        if self._security.signs_in:
            self._sign_in(deadline)
        else:
            self.ask(api_versions(), deadline)  # who refuses our certificate says so only in answer to something
            self._answered = False  # that is answered also to those who have yet to sign in

    def _sign_in(self, deadline: float) -> None:
        self._sign_in_at = math.inf
        seconds = sign_in(lambda request: self.ask(request, deadline), self._where, self._security)
        if seconds:
            self._sign_in_at = time.monotonic() + seconds * _OF_A_SESSION

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: ApiMessage, deadline: float) -> Any:
        """The answer to this request; none must be awaited. `deadline` is in `time.monotonic()`'s seconds."""
        self.send(request, deadline)
        return self.receive(deadline)

    def send(self, request: ApiMessage, deadline: float) -> None:
        if time.monotonic() > self._sign_in_at and not self._awaited:
            self._sign_in(deadline)
        self._number += 1
        request.with_header(correlation_id=self._number, client_id=_CLIENT)
        self._awaited.append((self._number, ANSWERS[type(request)], request.API_VERSION))
        self._wait_until(deadline)
        try:
            self._socket.sendall(request.encode(header=True, framed=True))
        except OSError as error:
            if self._answered:
                raise
            raise_refusal(self._last_word() or error, self._where, self._security)

    def receive(self, deadline: float) -> Any:
        """The answer to the oldest request that has none yet."""
        number, answer, version = self._awaited.popleft()
        beginning = self._read(_INT32.size, deadline)
        (length,) = _INT32.unpack(beginning)
        if not _INT32.size <= length <= _LARGEST_ANSWER:
            raise_no_answer(beginning, self._where, self._security)
            raise InvalidReceiveError(f"a broker's answer is {length} bytes long")
        body = self._read(length, deadline)
        (found,) = _INT32.unpack_from(body)
        if found != number:
            raise CorrelationIdError(f"a broker answered request {found}, expected {number}")
        self._answered = True
        return answer.decode(memoryview(body)[_INT32.size :], version=version)

    def _last_word(self) -> OSError | None:
        """Why a broker that takes nothing more has hung up, if it said so before."""
        try:
            self._socket.recv(1)
        except OSError as said:
            return said
        return None

    def _read(self, length: int, deadline: float) -> bytearray:
        body = bytearray(length)
        left = memoryview(body)
        try:
            while left:
                self._wait_until(deadline)
                count = self._socket.recv_into(left)
                if not count:
                    raise ConnectionResetError("the broker closed the connection")
                left = left[count:]
        except OSError as error:
            if self._answered:
                raise
            raise_refusal(error, self._where, self._security)
        return body

    def _wait_until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("a broker did not answer in time")
        self._socket.settimeout(left)

    def close(self) -> None:
        self._socket.close()
