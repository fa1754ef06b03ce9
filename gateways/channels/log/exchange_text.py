"""What went over the wire, as text for the channel's log: without secrets, without end."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from domain.ports.http_caller import Reply
from gateways.channels.contract import HttpRequest, HttpResponse
from gateways.channels.log.secrets import MASK, Mask, is_secret_header, mask_named

MAX_CHARS = 4_000
_READ_BYTES = 4 * MAX_CHARS
_CUT_CHARS = 2_000  # at the end of a body that was cut: longer than any secret that may have been cut with it


def request_text(request: HttpRequest, mask: Mask) -> str:
    """Of one that goes out, or one that came in (whose query stands apart)."""
    parts = urlsplit(request.url)
    query = request.query.decode("latin-1") or parts.query
    target = parts.path + (f"?{query}" if query else "")
    host = [("Host", parts.netloc.rpartition("@")[2])] if "host" not in request.headers else []
    first = f"{request.method} {target or '/'} HTTP/1.1"
    return _shown(first, [*host, *request.headers.items()], request.body, mask)


def reply_text(reply: Reply, mask: Mask) -> str:
    """What an aggregator answered; "" if it didn't."""
    if not reply.status:
        return ""
    return _shown(f"HTTP/1.1 {reply.status} {reply.reason}".rstrip(), reply.headers, reply.body, mask)


def response_text(response: HttpResponse, mask: Mask) -> str:
    """What we answered."""
    return _shown(f"HTTP/1.1 {response.status}", response.headers.items(), response.body, mask)


def heard_text(first: str, body: bytes, mask: Mask) -> str:
    """What came over a connection that stays open: a line that says what it is, and it."""
    return _shown(first, (), body, mask)


def _shown(first: str, headers: Iterable[tuple[str, str]], body: bytes, mask: Mask) -> str:
    """Cut only after masking, lest a secret be cut in two and shown."""
    head = [mask_named(first), *(f"{name}: {_header(name, value)}" for name, value in headers)]
    content = mask_named(body[:_READ_BYTES].decode(errors="replace"))
    text = mask("\r\n".join(head) + "\r\n\r\n" + content)
    if len(body) > _READ_BYTES:
        text = text[:-_CUT_CHARS] + "..."
    cleaned = text.replace("\x00", "\ufffd") if "\x00" in text else text
    return cleaned if len(cleaned) <= MAX_CHARS else cleaned[: MAX_CHARS - 3] + "..."


def _header(name: str, value: str) -> str:
    if is_secret_header(name):
        return MASK
    return mask_named(value) if "=" in value or "@" in value else value
