"""Waits: for the contact's message, and for the end of a forwarded call."""

from __future__ import annotations

from typing import Any

from domain.contact.timestamps import NANOS, rfc3339
from domain.expressions.template import compile_template
from domain.flow.definition.model import DialWait, Flow, Hint, MsgWait
from domain.flow.engine.execution import Execution
from domain.flow.engine.resumes import DIAL, MSG, WAIT_EXPIRATION, WAIT_TIMEOUT, Resume
from domain.urn.errors import ImpossibleNumber
from domain.urn.phones import normalise_number

GRACE_SECONDS = 30
"""How long after the longest possible call its end may still be reported."""


class WaitForMessage:
    """Waits until the contact writes, the time-out is reached or the flow's own limit is."""

    __slots__ = ("_expire_after_seconds", "_hint", "_timeout_seconds", "type")

    def __init__(self, wait: MsgWait, flow: Flow) -> None:
        self.type = MSG
        self._timeout_seconds = wait.timeout.seconds if wait.timeout is not None else None
        self._expire_after_seconds = flow.expire_after_seconds
        self._hint = _hint_json(wait.hint) if wait.hint is not None else None

    def begin(self, x: Execution) -> bool:
        """Begins the wait, unless the message that started the session is the answer to its first question."""
        run, session = x.current_run(), x.session
        if session.trigger.type == MSG and len(session.runs) == 1 and len(run.path or ()) == 1:
            return False
        details: dict[str, Any] = {}
        if self._timeout_seconds is not None:
            details["timeout_seconds"] = self._timeout_seconds
        details["expires_on"] = rfc3339(x.world.now() + self._expire_after_seconds * NANOS)
        if self._hint is not None:
            details["hint"] = self._hint
        x.log("msg_wait", **details)
        return True

    def accepts(self, resume: Resume) -> bool:
        if resume.type == WAIT_TIMEOUT:
            return self._timeout_seconds is not None
        return resume.type in (MSG, WAIT_EXPIRATION)


class WaitForDial:
    """Forwards the call to another number and waits until that call has ended."""

    __slots__ = ("_phone", "_wait", "type")

    def __init__(self, wait: DialWait) -> None:
        self.type = DIAL
        self._wait = wait
        self._phone = compile_template(wait.phone)

    def begin(self, x: Execution) -> bool:
        """Begins the wait, unless the number can't be one."""
        phone, _ = x.text(self._phone)
        try:
            number = normalise_number(phone, x.environment.default_country)
        except ImpossibleNumber as error:
            x.log_error(str(error))
            return False
        seconds = self._wait.dial_limit_seconds + self._wait.call_limit_seconds + GRACE_SECONDS
        x.log(
            "dial_wait",
            urn=f"tel:{number}",
            dial_limit_seconds=self._wait.dial_limit_seconds,
            call_limit_seconds=self._wait.call_limit_seconds,
            expires_on=rfc3339(x.world.now() + seconds * NANOS),
        )
        return True

    def accepts(self, resume: Resume) -> bool:
        return resume.type == DIAL


def _hint_json(hint: Hint) -> dict[str, Any]:
    document: dict[str, Any] = {"type": hint.type}
    if hint.count is not None:
        document["count"] = hint.count
    if hint.terminated_by:
        document["terminated_by"] = hint.terminated_by
    return document
