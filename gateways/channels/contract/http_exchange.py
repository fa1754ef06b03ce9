"""HTTP requests and responses, either way."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, either way.

    Coming in: `url` is scheme, host and path as the aggregator called it, `query` what follows the question mark
    (still encoded), header names are lower case. Going out: `url` is complete, `query` is empty; of the answer `answer_bytes` are
    read at most (0: what an answer that says how it went may take).
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: bytes = b""
    body: bytes = b""
    answer_bytes: int = 0


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response, either way. Coming back from an aggregator, `status` 0 means that no connection was made or it broke, and
    `too_large` that its body was cut."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    too_large: bool = False
