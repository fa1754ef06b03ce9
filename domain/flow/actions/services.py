"""Actions that ask somebody outside: webhooks, language models, the help desk, airtime providers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson

from domain.contact.assets import Topic
from domain.contact.field_values import number_to_json
from domain.contact.modifiers.tickets import OpenTicket
from domain.contact.timestamps import rfc3339
from domain.environment.words import trim, truncate_with_ellipsis
from domain.expressions.template import compile_template
from domain.flow.actions.references import found_user
from domain.flow.actions.resthook_payload import PAYLOAD
from domain.flow.definition.actions import services as definitions
from domain.flow.definition.model import Flow
from domain.flow.engine.compiled_flow import Act
from domain.flow.engine.execution import Execution
from domain.flow.engine.http_trace import parse_url
from domain.flow.engine.session import Result
from domain.flow.engine.webhooks import (
    SUBSCRIBER_GONE,
    SUCCESS,
    WebhookCall,
    WebhookRequest,
    call_webhook,
    save_webhook_result,
)

MAX_URL = 8192
MAX_SHOWN_URL = 255
MAX_OUTPUT_TOKENS = 2500
LLM_FAILED = "<ERROR>"
DEFAULT_TOPIC = "General"
_NANOS_PER_MILLI = 1_000_000


def call_webhook_action(action: definitions.CallWebhook, flow: Flow) -> Act:
    url_template = compile_template(action.url)
    headers = {name: compile_template(value) for name, value in action.headers.items()}
    body_template = compile_template(action.body)

    def act(x: Execution) -> None:
        x.current_run().webhook = None
        url = trim(x.text(url_template)[0])
        if not url:
            x.log_error("Webhook URL evaluated to empty string")
            return
        parsed = parse_url(url) if len(url) <= MAX_URL else None
        if parsed is None:
            shown = truncate_with_ellipsis(url, MAX_SHOWN_URL)
            x.log_error(f"Webhook URL evaluated to an invalid URL: '{shown}'", "url:invalid", {"url": shown})
            return
        evaluated = {name: x.text(template)[0] for name, template in headers.items()}
        body = x.long_text(body_template)
        call = call_webhook(x, WebhookRequest(action.method, url, parsed, evaluated, body), action.uuid)
        if call is None:
            return
        x.current_run().webhook = call.to_json()
        if action.result_name:
            save_webhook_result(x, action.result_name, call)

    return act


def call_resthook(action: definitions.CallResthook, flow: Flow) -> Act:
    def act(x: Execution) -> None:
        x.current_run().webhook = None
        resthook = x.assets.resthooks.get(action.resthook)
        if resthook is None:
            return
        payload = x.long_text(PAYLOAD)
        x.log("resthook_called", resthook=resthook.slug, payload=orjson.loads(payload) if payload else {})
        calls = []
        for url in resthook.subscribers:
            call = _call_subscriber(x, url, payload, resthook.slug, action.uuid)
            if call is not None:
                calls.append(call)
        chosen = _telling_call(calls)
        if chosen is None:
            return
        x.current_run().webhook = chosen.to_json()
        if action.result_name:
            save_webhook_result(x, action.result_name, chosen)

    return act


def _call_subscriber(x: Execution, url: str, payload: str, slug: str, action_uuid: str) -> WebhookCall | None:
    parsed = parse_url(url)
    if parsed is None:
        x.log_error(f"Webhook URL evaluated to an invalid URL: '{url}'", "url:invalid", {"url": url})
        return None
    headers = {"Content-Type": "application/json"}
    return call_webhook(x, WebhookRequest("POST", url, parsed, headers, payload, slug), action_uuid)


def _telling_call(calls: Sequence[WebhookCall]) -> WebhookCall | None:
    """The call that says how the resthook went: the last that failed, else the last that worked, else the last gone."""
    failed = [call for call in calls if call.status not in (SUCCESS, SUBSCRIBER_GONE)]
    worked = [call for call in calls if call.status == SUCCESS]
    ordered = failed or worked or list(calls)
    return ordered[-1] if ordered else None


def call_llm(action: definitions.CallLLM, flow: Flow) -> Act:
    instructions_template = compile_template(action.instructions)
    input_template = compile_template(action.input)

    def act(x: Execution) -> None:
        instructions = x.text(instructions_template)[0]
        given = x.text(input_template)[0]
        output = _ask_llm(x, action, instructions, given)
        x.set_local(action.output_local, LLM_FAILED if output is None else output)

    return act


def _ask_llm(x: Execution, action: definitions.CallLLM, instructions: str, given: str) -> str | None:
    """The model's answer, None if there is none, which is logged."""
    llm = x.assets.llms.get(action.llm.uuid)
    if llm is None:
        x.log_missing("llm", action.llm.uuid, action.llm.name)
        return None
    if "engine" not in llm.roles:
        x.log_error(f"LLM {llm.uuid} does not have the engine role")
        return None
    started = x.world.now()
    answer = x.services.call_llm(
        {
            "kind": "llm",
            "key": x.request_key(action.uuid),
            "llm": {"uuid": llm.uuid, "name": llm.name, "type": llm.type},
            "instructions": instructions,
            "input": given,
            "max_tokens": MAX_OUTPUT_TOKENS,
        }
    )
    if answer.get("error"):
        x.log_error(answer["error"])
        return None
    elapsed = (x.world.now() - started) // _NANOS_PER_MILLI
    x.log(
        "llm_called",
        llm=llm.reference(),
        instructions=instructions,
        input=given,
        output=answer["output"],
        tokens=answer.get("tokens") or {"input": 0, "output": 0},
        elapsed_ms=answer.get("elapsed_ms", elapsed),
    )
    return str(answer["output"])


def call_classifier(action: definitions.CallClassifier, flow: Flow) -> Act:
    template = compile_template(action.input)

    def act(x: Execution) -> None:
        text = x.text(template)[0]
        x.log_warning("NLU classifiers are no longer supported")
        x.save_result(
            Result(
                name=action.result_name,
                value="0",
                created_on=x.now(),
                category="Failure",
                node_uuid=x.node.uuid if x.node is not None else "",
                input=text,
            )
        )

    return act


def open_ticket(action: definitions.OpenTicket, flow: Flow) -> Act:
    note_template = compile_template(action.note)
    email = compile_template(action.assignee.email) if action.assignee and action.assignee.is_variable else None

    def act(x: Execution) -> None:
        x.set_local("_new_ticket", _open_ticket(x))

    def _open_ticket(x: Execution) -> str:
        note = x.text(note_template)[0]
        assignee = found_user(x, action.assignee, email) if action.assignee is not None else None
        if x.session.trigger.batch:
            x.log_error("Can't open tickets during batch starts")
            return ""
        topic = _topic(x, action)
        if topic is None or not x.modify(OpenTicket(topic, assignee, note)):
            return ""
        opened = x.contact.open_ticket
        return opened.uuid if opened is not None else ""

    return act


def _topic(x: Execution, action: definitions.OpenTicket) -> Topic | None:
    if action.topic is None:
        default: Topic | None = x.assets.named("topics", DEFAULT_TOPIC)
        return default
    topic = x.assets.topics.get(action.topic.uuid)
    if topic is None:
        x.log_missing("topic", action.topic.uuid, action.topic.name)
    return topic


def transfer_airtime(action: definitions.TransferAirtime, flow: Flow) -> Act:
    amounts = {currency: f"{amount:f}" for currency, amount in action.amounts.items()}

    def act(x: Execution) -> None:
        x.set_local("_new_transfer", _transfer(x, action.uuid, amounts))

    return act


def _transfer(x: Execution, action_uuid: str, amounts: dict[str, str]) -> str:
    """Transfers airtime; the transfer's uuid, "" if it failed, which is logged."""
    recipient = next((urn for urn in x.contact.urns if urn.scheme == "tel"), None)
    if recipient is None:
        x.log_error("can't transfer airtime to contact without a phone number")
        return ""
    route = x.assets.channel_choice.route_of(x.contact.urns)
    sender = f"tel:{route[1].address}" if route is not None and route[1].supports("tel") else ""
    uuid = x.world.uuid7()
    answer = x.services.transfer_airtime(
        {
            "kind": "airtime",
            "key": x.request_key(action_uuid),
            "uuid": uuid,
            "sender": sender,
            "recipient": recipient.identity,
            "amounts": amounts,
        }
    )
    if answer.get("error"):
        x.log_error(answer["error"])
        return ""
    event: dict[str, Any] = {
        "uuid": uuid,
        "type": "airtime_created",
        "created_on": rfc3339(x.world.now()),
        "external_id": answer.get("external_id", ""),
        "sender": sender,
        "recipient": recipient.identity,
        "currency": answer["currency"],
        "amount": number_to_json(Decimal(answer["amount"])),
        "http_logs": answer.get("http_logs") or [],
    }
    x.append(event)
    return uuid
