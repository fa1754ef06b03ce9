"""Receive rules of a description, compiled to functions from a request to facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateways.channels.channel_type import IgnoreRequest, Inbound, Reader, RefuseRequest
from gateways.channels.contract import Answer, HttpResponse, Received
from gateways.channels.description.checks import Check, checks_of
from gateways.channels.description.conditions import Condition, condition
from gateways.channels.description.fields import PARSES, items_of, read_body
from gateways.channels.description.found import Found, Take
from gateways.channels.description.messages import event_taker, message_taker, part_taker
from gateways.channels.description.section import Section
from gateways.channels.description.statuses import status_taker
from gateways.channels.description.verification import Verify, verification
from gateways.channels.replies import accepted, text_response

TAKERS: Final = (("part", part_taker), ("message", message_taker), ("status", status_taker), ("event", event_taker))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how to read the request, whether it applies, and what to take from it."""

    parse: str
    charset: str
    keep_nuls: bool
    verify: Verify | None
    applies: Condition
    ignores_others: bool
    each: str
    each_required: bool
    checks: tuple[Check, ...]
    takes: tuple[Take, ...]


def rule(section: Section) -> Rule:
    """Compiles one receive rule; its actions and methods have been taken already."""
    parse = section.one_of("parse", PARSES, "form")
    verify, any_case = section.section("verify"), section.flag("any_case")
    built = Rule(
        parse=parse,
        charset=section.text("charset", "utf-8"),
        keep_nuls=section.flag("keep_nuls"),
        verify=verification(verify) if verify else None,
        applies=condition(parse, section, section.table("when"), any_case=any_case),
        ignores_others=section.one_of("otherwise", ("refuse", "ignore"), "refuse") == "ignore",
        each=section.text("each", ""),
        each_required=section.flag("each_required"),
        checks=tuple(checks_of(section, parse, any_case=any_case)),
        takes=tuple(_takes(section, parse)),
    )
    section.finish()
    return built


def _takes(section: Section, parse: str) -> list[Take]:
    takes: list[Take] = []
    for key, build in TAKERS:
        inner = section.section(key)
        if inner is not None:
            takes.append(build(inner, parse))
            inner.finish()
    if not takes:
        raise section.wrong("", "one of message, status, event or part is expected")
    return takes


def reader(rules: list[Rule], responses: Mapping[str, HttpResponse], reply: str = "") -> Reader:
    """What reads the requests of one action: the first rule that applies."""

    def read(inbound: Inbound) -> Answer:
        found = Found()
        for each in rules:
            if each.verify:
                each.verify(inbound)
            whole = read_body(each.parse, inbound.request, each.charset, keep_nuls=each.keep_nuls)
            if each.applies(whole, whole):
                _apply(each, inbound, whole, found)
                return _answer(inbound, found, responses, reply)
        if rules[-1].ignores_others:
            raise IgnoreRequest("not a request for us")
        raise RefuseRequest("the request is none of those that are understood here")

    return read


def _apply(rule: Rule, inbound: Inbound, whole: Any, found: Found) -> None:
    items = items_of(rule.parse, rule.each, whole) if rule.each else [whole]
    if not items and rule.each_required:
        raise RefuseRequest(f"field '{rule.each}' required")
    if not items:
        raise IgnoreRequest("there is nothing in the request")
    for item in items:
        for check in rule.checks:
            check(inbound, item, whole)
        for take in rule.takes:
            take(inbound, item, whole, found)


def _answer(inbound: Inbound, found: Found, responses: Mapping[str, HttpResponse], reply: str) -> Answer:
    kind = "message" if found.messages or found.parts else "status" if found.statuses else "event"
    response = responses.get(kind)
    if reply and found.messages:
        response = text_response(reply.replace("{uuid}", found.messages[0].uuid))
    log = tuple(found.log)
    facts = tuple(found.messages), tuple(found.statuses), tuple(found.events)
    if not found.parts:
        return accepted(inbound.channel.uuid, *facts, response=response, log=log)
    whole = accepted(inbound.channel.uuid, *facts, response=response, log=log)
    return Received(*facts, whole.response, tuple(found.parts), log)
