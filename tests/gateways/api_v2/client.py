"""A client that calls the API's application directly."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.examples.doors import call
from tests.gateways.api_v2.answering import Answering
from tests.system.api_client import Reply


@dataclass(frozen=True)
class Client:
    """As its system test's namesake. `params` may hold lists, for parameters that are given more than once."""

    answering: Answering
    loop: asyncio.AbstractEventLoop
    token: str

    def get(self, endpoint: str, **params: Any) -> Reply:
        return self.call("GET", _path(endpoint, params))

    def post(self, endpoint: str, body: Any, **params: Any) -> Reply:
        return self.call("POST", _path(endpoint, params), json.dumps(body).encode())

    def delete(self, endpoint: str, **params: Any) -> Reply:
        return self.call("DELETE", _path(endpoint, params))

    def follow(self, url: str) -> Reply:
        return self.call("GET", url.removeprefix("https://evenkeel.example"))

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        sent = {"Authorization": f"Token {self.token}", "Content-Type": "application/json", **headers}
        answer = self.loop.run_until_complete(call(self.answering.app, method, path, body=body, headers=sent))
        try:
            content = json.loads(answer.body) if answer.body else None
        except ValueError:
            content = answer.body.decode()
        return Reply(answer.status, answer.headers, content)


def _path(endpoint: str, params: dict[str, Any]) -> str:
    return f"/api/v2/{endpoint}.json" + (f"?{urlencode(params, doseq=True)}" if params else "")
