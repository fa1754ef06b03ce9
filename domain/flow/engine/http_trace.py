"""HTTP requests and responses as text, so that a flow's author can see what was sent and what came back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Headers = Mapping[str, str]

MAX_TRACE_CHARS = 10_000
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_HEADER_WORD = re.compile(r"[^-]+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_BAD_HOST = re.compile(r"[ \"<>\\^`{|}]")
_NOT_IN_REQUEST_URI = re.compile(r"[^!#$%&'()*+,/:;=?@\[\]~A-Za-z0-9._-]")
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 410: "Gone", 422: "Unprocessable Entity", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


class URL(NamedTuple):
    """What a request needs of a URL."""

    host: str
    """With the port, as the `Host` header has it."""
    hostname: str
    request_uri: str


def parse_url(text: str) -> URL | None:
    """The parts of a URL, None for a text that can't be one."""
    if _CONTROL.search(text):
        return None
    rest = text.partition("#")[0]
    scheme, colon, after = rest.partition(":")
    if colon and _SCHEME.fullmatch(scheme):
        rest = after
    elif rest.startswith(":") or (colon and "/" not in scheme and "?" not in scheme):
        return None
    authority = ""
    if rest.startswith("//"):
        end = min((place for place in (rest.find("/", 2), rest.find("?", 2)) if place >= 0), default=len(rest))
        authority, rest = rest[2:end].rpartition("@")[2], rest[end:]
    path, question, query = rest.partition("?")
    if _BAD_ESCAPE.search(path) or _BAD_HOST.search(authority):
        return None
    if authority.startswith("["):
        hostname, _, port = authority[1:].partition("]")
        port = port.removeprefix(":")
    else:
        hostname, _, port = authority.partition(":")
    if port and not port.isdigit():
        return None
    return URL(authority, hostname, (_escaped(path) or "/") + question + _escaped(query))


def _escaped(part: str) -> str:
    return _NOT_IN_REQUEST_URI.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), part)


def canonical_name(name: str) -> str:
    """A header's name as it is usually written: `Content-Type`."""
    return _HEADER_WORD.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), name)


def request_trace(method: str, url: URL, headers: Headers, body: str) -> str:
    """A request as it goes over the wire. `headers` have canonical names."""
    lines = [f"{method} {url.request_uri} HTTP/1.1", f"Host: {url.host}"]
    user_agent = headers.get("User-Agent", "")
    if user_agent:
        lines.append(f"User-Agent: {user_agent}")
    if body or method in _BODY_METHODS:
        lines.append(f"Content-Length: {len(body.encode())}")
    placed = ("User-Agent", "Host", "Content-Length", "Accept-Encoding")
    lines.extend(f"{name}: {headers[name]}" for name in sorted(headers) if name not in placed)
    lines.append(f"Accept-Encoding: {headers.get('Accept-Encoding', 'gzip')}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


def response_head(protocol: str, status: int, reason: str, length: int, headers: Iterable[tuple[str, str]]) -> str:
    """The status line and headers of a response, with the empty line after them."""
    lines = [f"{protocol} {status} {reason}".rstrip(), f"Content-Length: {length}"]
    named = sorted((canonical_name(name), value) for name, value in headers)
    lines.extend(f"{name}: {value}" for name, value in named if name != "Content-Length")
    return "\r\n".join(lines) + "\r\n\r\n"


def shown_body(body: bytes) -> str:
    """A body as text, `...` if it is none."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "..."


def shown(trace: str) -> str:
    """A trace as events keep it: cut, and without characters that databases refuse."""
    cleaned = trace.replace("\x00", "\ufffd")
    return cleaned if len(cleaned) <= MAX_TRACE_CHARS else cleaned[: MAX_TRACE_CHARS - 3] + "..."
