"""Whether a request is the one that a case wants."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gateways.channels.contract import HttpRequest
from tests.conformance.kinds.courier.scene import difference


def same_request(request: HttpRequest, wanted: dict[str, Any]) -> str:
    parts = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    for name, value in (wanted.get("headers") or {}).items():
        if headers.get(name.lower()) != value:
            return f"header {name}: {headers.get(name.lower())!r}; expected {value!r}"
    if wanted.get("path") and unquote(parts.path) != wanted["path"]:
        return f"path {parts.path}; expected {wanted['path']}"
    query = parse_qs(parts.query, keep_blank_values=True, errors="surrogateescape")
    if "params" in wanted and query != wanted["params"]:
        return "params: " + difference(query, wanted["params"])
    form = form_of(request, headers) if "form" in wanted else None
    if form is not None and form != wanted["form"]:
        return "form: " + difference(form, wanted["form"])
    body = request.body.decode("utf-8", "surrogateescape")
    if "body" in wanted and not same_body(body, wanted["body"]):
        return f"body {body}; expected {wanted['body']}"
    missing = [each for each in listed(wanted.get("body_contains")) if each not in body]
    return f"body {body} without {missing}" if missing else ""


def listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def form_of(request: HttpRequest, headers: dict[str, str]) -> dict[str, list[str]]:
    if headers.get("content-type", "").startswith("multipart/"):
        from gateways.channels.forms import Form, add_multipart

        form: Form = {}
        add_multipart(form, request.body, headers["content-type"])
        return form
    return parse_qs(request.body.decode(), keep_blank_values=True)


def same_body(found: str, wanted: str) -> bool:
    if found == wanted:
        return True
    try:
        return bool(json.loads(found) == json.loads(wanted))
    except ValueError:
        return False
