"""The outside as the engine's cases see it: answers in line, from what a case lists."""

import json
import re
from typing import Any

from tests.conformance.universe import Universe

_DIGITS_AND_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"})
_AIRTIME_LOG = {
    "url": "http://send.airtime.com",
    "status_code": 200,
    "request": "GET / HTTP/1.1\r\nHost: send.airtime.com\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n",
    "response": 'HTTP/1.0 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}',
    "elapsed_ms": 0,
    "retries": 0,
    "sizes": {"request": 0, "response": 0},
    "status": "success",
    "created_on": "2019-10-16T13:59:30.123456789Z",
}


class ServiceMocks:
    """Answers every request of a sprint at once."""

    def __init__(
        self,
        universe: Universe,
        *,
        http_mocks: dict[str, Any] | None = None,
        smtp_error: str = "",
        currency: str = "RWF",
    ) -> None:
        self._universe = universe
        self._http = {glob: list(answers) for glob, answers in (http_mocks or {}).items()}
        self._smtp_error = smtp_error
        self._currency = currency

    @property
    def unused_http_mocks(self) -> list[str]:
        return [glob for glob, answers in self._http.items() if answers]

    def call_webhook(self, request: dict[str, Any]) -> dict[str, Any]:
        mock = self._next_mock(request["url"])
        if mock is None or not mock["status"]:
            return {"error": "unable to connect to server"}
        body = mock.get("body", "")
        text = (body if isinstance(body, str) else json.dumps(body)) * (mock.get("body_repeat") or 1)
        headers = [[name, value] for name, value in (mock.get("headers") or {}).items()]
        return {"status": mock["status"], "protocol": "HTTP/1.0", "headers": headers, "body": text}

    def _next_mock(self, url: str) -> dict[str, Any] | None:
        for glob in sorted(self._http, key=lambda glob: -len(glob.replace("*", ""))):
            pattern = ".*".join(re.escape(part) for part in glob.split("*"))
            if self._http[glob] and re.fullmatch(pattern, url, re.DOTALL):
                return self._http[glob].pop(0)
        return None

    def send_email(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"error": self._smtp_error} if self._smtp_error else {}

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        instructions, given = request["instructions"], request["input"]
        tokens = {"input": 45, "output": 78}
        if given.startswith("\\error "):
            return {"error": given.removeprefix("\\error ")}
        if given.startswith("\\return "):
            return {"output": given.removeprefix("\\return "), "tokens": tokens}
        if instructions.startswith("Categorize"):
            return {"output": instructions.split(" ")[-1].removesuffix("]"), "tokens": tokens}
        if instructions.startswith("Translate"):
            return {"output": given.translate(_LEET), "tokens": tokens}
        return {"output": f"You asked:\n\n{instructions}\n\n{given}", "tokens": tokens}

    def transfer_airtime(self, request: dict[str, Any]) -> dict[str, Any]:
        if "666" in request["recipient"]:
            return {"error": "invalid recipient number"}
        if self._currency not in request["amounts"]:
            return {"error": f"no amount configured for transfers in {self._currency}", "http_logs": [_AIRTIME_LOG]}
        return {
            "external_id": self._universe.generator.string(10, _DIGITS_AND_CAPITALS),
            "currency": self._currency,
            "amount": request["amounts"][self._currency],
            "http_logs": [_AIRTIME_LOG],
        }
