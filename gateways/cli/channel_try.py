"""`evenkeel channel try`: the requests a channel type would send for a message. Nothing leaves this machine."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from domain.errors import Invalid
from gateways.channels.catalogue import channel_type
from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import HttpRequest, HttpResponse, OutgoingMessage, SendOutcome
from gateways.channels.description.examples import ADDRESSES, MESSAGE_UUID, OPTIONS, example_channel
from gateways.channels.description.load import read_description
from gateways.cli.main import running, show
from infra.settings import Settings

MOST_REQUESTS = 20


def run_channel_try(options: argparse.Namespace, settings: Settings) -> int:
    """{requests: [{method, url, headers, body}], status, external_ids, error}; every answer is the one that is given, or empty."""
    kind = _kind(options, settings)
    channel = example_channel(kind)
    channel = replace(channel, config={**channel.config, **_config(options.config)})
    problems = kind.check_config(channel.config)
    if problems:
        raise Invalid("; ".join(problems), field="--config")
    scheme = kind.schemes[0]
    urn = options.to or f"{scheme}:{ADDRESSES.get(scheme, '10001')}"
    if ":" not in urn:
        raise Invalid("expected a URN such as tel:+250788123123", field="--to")
    plan = kind.plan_send(channel, OutgoingMessage(1, MESSAGE_UUID, urn, options.text), OPTIONS)
    requests, outcome = _played(plan, options.answer.encode())
    result = {
        "requests": [_shown(each) for each in requests],
        "status": outcome.status,
        "external_ids": [each for each in outcome.external_ids if each],
        "error": outcome.error_text,
    }
    show(options, result, "\n\n".join([*(_text(each) for each in requests), _ending(outcome)]))
    return 0


def _kind(options: argparse.Namespace, settings: Settings) -> BuiltType:
    named: str = options.type
    if options.workspace:
        from gateways.cli.channels import type_in
        from gateways.cli.workspaces import find_workspace

        installation = running(settings)
        return type_in(installation, find_workspace(installation, options.workspace)["uuid"], named)
    if not named.endswith(".toml"):
        return channel_type(named)
    try:
        return read_description(Path(named).read_text(encoding="utf-8"), Path(named).name)
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"can't be read: {error}", field=named) from None


def _config(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"expected a JSON object: {error}", field="--config") from None
    if not isinstance(value, dict):
        raise Invalid("expected a JSON object", field="--config")
    return value


def _played(plan: Any, answer: bytes) -> tuple[list[HttpRequest], SendOutcome]:
    requests: list[HttpRequest] = []
    try:
        request = next(plan)
        while len(requests) < MOST_REQUESTS:
            requests.append(request)
            request = plan.send(HttpResponse(200, {}, answer))
    except StopIteration as end:
        return requests, end.value
    return requests, SendOutcome("failed", error_text=f"more than {MOST_REQUESTS} requests")


def _shown(request: HttpRequest) -> dict[str, Any]:
    body = request.body.decode("utf-8", "replace")
    return {"method": request.method, "url": request.url, "headers": dict(request.headers), "body": body}


def _text(request: HttpRequest) -> str:
    shown = _shown(request)
    lines = [f"{shown['method']} {shown['url']}", *(f"{name}: {value}" for name, value in shown["headers"].items())]
    return "\n".join([*lines, "", shown["body"]] if shown["body"] else lines)


def _ending(outcome: SendOutcome) -> str:
    ids = " ".join(each for each in outcome.external_ids if each)
    return f"-> {outcome.status} {ids or outcome.error_text}".rstrip()
