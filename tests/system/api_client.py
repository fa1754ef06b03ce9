"""A client of the API as programs are: JSON over HTTP, with a token."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def results(self) -> list[dict[str, Any]]:
        assert self.status == 200, self
        return list(self.body["results"])


@dataclass(frozen=True)
class ApiClient:
    base_url: str
    token: str

    def get(self, endpoint: str, **params: Any) -> Reply:
        return self._call("GET", self._url(endpoint, params))

    def post(self, endpoint: str, body: Any, **params: Any) -> Reply:
        return self._call("POST", self._url(endpoint, params), json.dumps(body).encode())

    def delete(self, endpoint: str, **params: Any) -> Reply:
        return self._call("DELETE", self._url(endpoint, params))

    def follow(self, url: str) -> Reply:
        return self._call("GET", url)

    def raw(self, method: str, endpoint: str, body: bytes) -> Reply:
        return self._call(method, self._url(endpoint, {}), body)

    def _url(self, endpoint: str, params: dict[str, Any]) -> str:
        query = f"?{urlencode(params)}" if params else ""
        return f"{self.base_url}/api/v2/{endpoint}.json{query}"

    def _call(self, method: str, url: str, body: bytes | None = None) -> Reply:
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(url, body, headers, method=method), timeout=120) as answer:
                return _reply(answer.status, answer.headers, answer.read())
        except HTTPError as error:
            return _reply(error.code, error.headers, error.read())


def _reply(status: int, headers: Any, content: bytes) -> Reply:
    try:
        body = json.loads(content) if content else None
    except ValueError:
        body = content.decode()
    return Reply(status, {name.lower(): value for name, value in headers.items()}, body)
