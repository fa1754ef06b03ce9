"""Calling a webhook: the request, what the answer means, and what the run keeps of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.environment.words import truncate_with_ellipsis
from domain.flow.engine.answer_json import json_of_body
from domain.flow.engine.execution import Execution
from domain.flow.engine.http_trace import (
    REASONS,
    URL,
    canonical_name,
    request_trace,
    response_head,
    shown,
    shown_body,
)
from domain.flow.engine.services import Answer
from domain.flow.engine.session import Result

SUCCESS, RESPONSE_ERROR, CONNECTION_ERROR, SUBSCRIBER_GONE = (
    "success",
    "response_error",
    "connection_error",
    "subscriber_gone",
)
MAX_LOGGED_URL = 2048
MAX_EXTRA_BYTES = 10_000
_NANOS_PER_MILLI = 1_000_000
_GONE = 410


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request as an action wants it made; what the host adds is not part of it yet."""

    method: str
    url: str
    parsed: URL
    headers: Mapping[str, str]
    body: str = ""
    resthook: str = ""

    @property
    def estimated_bytes(self) -> int:
        """About how long the request will be on the wire."""
        headers = sum(len(name.encode()) + len(value.encode()) + 4 for name, value in self.headers.items())
        return len(self.method) + len(self.url.encode()) + 12 + headers + 2 + len(self.body.encode())


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A request and what came of it. `json` is the body if it is JSON, `json_text` how it was written."""

    request: WebhookRequest
    status_code: int
    status: str
    headers: Mapping[str, str] | None
    json: Any = None
    json_text: str = ""

    def to_json(self) -> dict[str, Any]:
        """What the run keeps, for @webhook."""
        return {
            "method": self.request.method,
            "url": self.request.url,
            "status": self.status_code,
            "headers": self.headers,
            "json": self.json,
        }


def with_default_headers(headers: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """The headers with canonical names, and with those the host adds unless they are set."""
    canonical = {canonical_name(name): value for name, value in headers.items()}
    for name, value in defaults.items():
        canonical.setdefault(canonical_name(name), value)
    if canonical.get("Accept-Encoding", "").lower() == "gzip":
        del canonical["Accept-Encoding"]
    return canonical


def is_blocked(hostname: str, blocked: frozenset[str]) -> bool:
    """Whether a host, or a domain it belongs to, may not be called."""
    host = hostname.lower().rstrip(".")
    return bool(blocked) and any(host == each or host.endswith(f".{each}") for each in blocked)


def call_webhook(x: Execution, request: WebhookRequest, action_uuid: str) -> WebhookCall | None:
    """Makes a call and logs it; None if it may not be made, which is logged too."""
    size, limit = request.estimated_bytes, x.options.max_request_bytes
    if size > limit:
        x.log_error(
            f"Webhook request evaluated to {size} bytes, exceeding the limit of {limit}",
            "webhook:request_size",
            {"size": str(size), "limit": str(limit)},
        )
        return None
    if is_blocked(request.parsed.hostname, x.options.blocked_hosts):
        host = request.parsed.hostname
        x.log_error(f"Webhook calls to {host} are not allowed", "url:blocked", {"hostname": host})
        return None
    request = replace(request, headers=with_default_headers(request.headers, x.options.webhook_headers))
    trace = request_trace(request.method, request.parsed, request.headers, request.body)
    started = x.world.now()
    answer = x.services.call_webhook(_service_request(x, request, trace, action_uuid))
    elapsed = (x.world.now() - started) // _NANOS_PER_MILLI
    return _logged(x, request, trace, answer, answer.get("elapsed_ms", elapsed))


def _service_request(x: Execution, request: WebhookRequest, trace: str, action_uuid: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": "webhook",
        "key": x.request_key(action_uuid),
        "method": request.method,
        "url": request.url,
        "headers": [[name, value] for name, value in request.headers.items()],
        "body": request.body,
        "trace": trace,
        "max_response_bytes": x.options.max_response_bytes,
    }
    if request.resthook:
        document["resthook"] = request.resthook
    return document


def _logged(x: Execution, request: WebhookRequest, trace: str, answer: Answer, elapsed_ms: int) -> WebhookCall:
    body = _body_of(answer)
    length = answer.get("size", len(body))
    is_too_large = bool(answer.get("too_large")) or length > x.options.max_response_bytes
    if is_too_large:
        limit = x.options.max_response_bytes
        x.log_warning(
            f"Webhook response exceeded the limit of {limit} bytes", "webhook:response_size", {"limit": str(limit)}
        )
        body = b""
    status_code = 0 if answer.get("error") else int(answer.get("status") or 0)
    call = _call(request, status_code, answer, body, is_too_large)
    details: dict[str, Any] = {"url": truncate_with_ellipsis(request.url, MAX_LOGGED_URL)}
    response_bytes = 0
    if status_code:
        details["status_code"] = status_code
    details["request"] = shown(trace)
    if status_code:
        reason = answer.get("reason") or REASONS.get(status_code, "")
        head = response_head(
            answer.get("protocol") or "HTTP/1.1", status_code, reason, length, answer.get("headers") or ()
        )
        details["response"] = shown(head + shown_body(body))
        response_bytes = len(head.encode()) + length
    details["elapsed_ms"] = elapsed_ms
    details["retries"] = answer.get("retries", 0)
    details["sizes"] = {"request": len(trace.encode()), "response": response_bytes}
    details["status"] = call.status
    if request.resthook:
        details["resthook"] = request.resthook
    x.log("webhook_called", **details)
    return call


def _body_of(answer: Answer) -> bytes:
    encoded = answer.get("body_base64")
    if encoded:
        return base64.b64decode(encoded)
    return str(answer.get("body") or "").encode()


def _call(request: WebhookRequest, status_code: int, answer: Answer, body: bytes, is_too_large: bool) -> WebhookCall:
    if not status_code:
        return WebhookCall(request, 0, CONNECTION_ERROR, None)
    headers: dict[str, str] = {}
    for name, value in answer.get("headers") or ():
        headers.setdefault(canonical_name(name), value)
    if is_too_large:
        status = CONNECTION_ERROR
    elif 200 <= status_code < 300:
        status = SUCCESS
    elif request.resthook and status_code == _GONE:
        status = SUBSCRIBER_GONE
    else:
        status = RESPONSE_ERROR
    document, text = json_of_body(body)
    return WebhookCall(request, status_code, status, headers, document, text)


def save_webhook_result(x: Execution, name: str, call: WebhookCall) -> None:
    """Saves a call as a result, as flows before `@webhook` read it."""
    keeps_json = call.json is not None and len(call.json_text.encode()) < MAX_EXTRA_BYTES
    x.save_result(
        Result(
            name=name,
            value=str(call.status_code),
            created_on=x.now(),
            category="Success" if call.status == SUCCESS else "Failure",
            node_uuid=x.node.uuid if x.node is not None else "",
            input=f"{call.request.method} {call.request.url}",
            extra=call.json if keeps_json else None,
            extra_text=call.json_text if keeps_json else "",
        )
    )
