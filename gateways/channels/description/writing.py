"""Making requests by the send rules of a description: a plan from a message to requests, from answers to an outcome."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.message import gsm7
from gateways.channels.channel_type import Sender
from gateways.channels.contract import Channel, HttpRequest, OutgoingMessage, SendOptions, SendPlan
from gateways.channels.description.send_rules import Request, SendRules
from gateways.channels.description.settings import values_of
from gateways.channels.description.templates import Lists, Render, Variables
from gateways.channels.senders import national_number
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    attachment,
    basic_authorization,
    callback_url,
    exchange,
    part_limit,
    plan,
    text_and_links,
    text_parts,
    urn_path,
)


def sender(rules: SendRules) -> Sender:
    """What makes plans by these rules."""

    def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
        return plan(lambda progress: _steps(rules, channel, message, progress), options)

    return send


def _steps(rules: SendRules, channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    missing = [each.name for each in rules.settings if each.required and channel.config.get(each.name) in (None, "")]
    if missing:
        raise SendFailed("channel_config", ", ".join(f"'{name}' is required" for name in missing))
    if rules.alternatives and not any(all(channel.config.get(name) for name in group) for group in rules.alternatives):
        raise SendFailed(
            "channel_config", f"{' or '.join(' and '.join(group) for group in rules.alternatives)} is required"
        )
    text, files = _content(rules, message)
    text, sets = _written(rules, text, channel.config)
    limit = part_limit(channel, progress.options, rules.limit)
    parts = text_parts(text, limit)
    if rules.skip_empty and files and not text:
        parts = ("",) if rules.attachments == "first" else ()
    variables = _variables(rules, channel, message, progress.options)
    if rules.token:
        variables["token"] = yield from rules.token.get(channel, variables, progress)
    yield from _each(rules, variables, sets, parts, files, progress)


def _each(
    rules: SendRules,
    variables: Variables,
    sets: Mapping[str, Render],
    parts: tuple[str, ...],
    files: list[Variables],
    progress: Progress,
) -> Steps:
    """Every request in its turn, but for those an earlier attempt got through."""
    rounds: list[tuple[Request, Variables, Lists]] = []
    texts = [{"item.text": part} for part in parts]
    for request in rules.requests:
        if request.per == "attachment":
            rounds += [(request, {**variables, **file}, {"attachments": [file], "parts": texts}) for file in files]
            continue
        for number, part in enumerate(parts[:1] if rules.together else parts):
            mine = files if number == 0 or rules.attachments != "first" else []
            filled = _for_part(rules, variables, sets, part, number, mine, progress.options.now)
            if request.wanted(filled):
                rounds.append((request, filled, {"attachments": mine, "parts": texts}))
    for request, filled, lists in rounds[len(progress.external_ids) :]:
        response = yield from exchange(progress, _http(request, filled, lists))
        try:
            progress.external_ids.append(rules.outcomes.judge(response))
        except SendFailed:
            if rules.token and response.status == 401:
                progress.forget.append(rules.token.key)
            raise


def _content(rules: SendRules, message: OutgoingMessage) -> tuple[str, list[Variables]]:
    """The text to send, and the attachments that go as attachments."""
    if rules.attachments == "drop":
        return message.text, []
    too_many = rules.max_media is not None and len(message.attachments) > rules.max_media
    if rules.attachments == "append" or too_many:
        return text_and_links(message), []
    files = []
    for each in message.attachments:
        content_type, url = attachment(each)
        files.append({"item.type": content_type, "item.url": url, "item.kind": content_type.partition("/")[0]})
    return message.text, files


def _written(rules: SendRules, text: str, config: Mapping[str, Any]) -> tuple[str, Mapping[str, Render]]:
    """The text in the first alphabet that applies."""
    for each in rules.alphabets:
        candidate = gsm7.with_stand_ins(text) if each.stand_ins else text
        if each.applies(candidate, config):
            return candidate, each.sets
    return text, {}


def _variables(rules: SendRules, channel: Channel, message: OutgoingMessage, options: SendOptions) -> Variables:
    to = urn_path(message.urn)
    national = national_number(to, channel.country)
    return {
        "id": str(message.id),
        "uuid": message.uuid,
        "to": national if channel.config.get("use_national") else to,
        "to_national": national,
        "from": channel.address,
        "channel": channel.uuid,
        "name": channel.name,
        "callback": callback_url(channel, options),
        "flow": message.flow_name,
        "urn_auth": message.urn_auth,
        "high_priority": "1" if message.high_priority else "",
        **values_of(rules.settings, channel.config),
    }


def _for_part(
    rules: SendRules,
    variables: Variables,
    sets: Mapping[str, Render],
    part: str,
    number: int,
    files: list[Variables],
    now: datetime,
) -> Variables:
    uuid = variables["uuid"]
    filled = {
        **variables,
        "text": part,
        "part_uuid": f"{uuid}.{number + 1}" if number else uuid,
        "attachments": ",".join(each["item.url"] for each in files),
    }
    for alphabet in rules.alphabets:
        filled.update(dict.fromkeys(alphabet.sets, ""))
    filled.update({name: render(filled) for name, render in sets.items()})
    for name, compute in rules.computed:
        filled[name] = compute(filled, now)
    return filled


def _http(request: Request, variables: Variables, lists: Lists) -> HttpRequest:
    url = request.url(variables)
    if request.query:
        url += ("&" if "?" in url else "?") + request.query(variables)
    headers: dict[str, str] = {}
    body = b""
    if request.body:
        body, headers["Content-Type"] = request.body(variables, lists)
    headers.update({name: render(variables) for name, render in request.headers.items()})
    if request.basic:
        headers["Authorization"] = basic_authorization(request.basic(variables))
    return HttpRequest(request.method, url, headers, body=body)
