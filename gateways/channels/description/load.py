"""Reading descriptions: strictly, whole or not at all."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from gateways.channels.channel_type import BuiltType, Features, Receiver
from gateways.channels.contract import Answer, ConfigField, HttpResponse, Ignored, Route
from gateways.channels.description.examples import read_example
from gateways.channels.description.fetching import fetcher
from gateways.channels.description.reading import Rule, reader, rule
from gateways.channels.description.section import DescriptionError, Section
from gateways.channels.description.send_rules import send_rules
from gateways.channels.description.writing import sender
from gateways.channels.replies import text_response

KINDS: Final = ("text", "secret", "url", "int", "bool", "list", "map")
REPLIES: Final = ("message", "status", "event", "ignored")


def load_descriptions() -> list[BuiltType]:
    """Every description that comes with the program."""
    folder = files("gateways.channels.types")
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return [read_description(each.read_text(encoding="utf-8"), each.name) for each in found]


def read_description(text: str, place: str = "description") -> BuiltType:
    """The type that a description (TOML) describes. Raises DescriptionError, which names the place."""
    return build(parse(text, place), place)


def parse(text: str, place: str) -> dict[str, Any]:
    """The tables of a description."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DescriptionError(f"{place}: {error}") from None


def build(document: Mapping[str, Any], place: str) -> BuiltType:
    """The type that the tables describe."""
    top = Section(place, document)
    code, name = top.text("type"), top.text("name")
    schemes = top.texts("schemes") or ("tel",)
    fields = _fields(top)
    alternatives = _alternatives(top, fields)
    responses, reply = _responses(top)
    receivers, signed = _receivers(top, responses, reply)
    send = top.section("send")
    if send is None:
        raise top.wrong("send", "a table is expected")
    rules = send_rules(send, fields, alternatives)
    fetch = fetcher(top.section("fetch"), fields)
    documentation = top.text("documentation", "")
    throughput = top.number("throughput") or 0
    examples = tuple(read_example(each) for each in top.sections("example"))
    if not examples:
        raise top.wrong("example", "a description without examples proves nothing")
    top.finish()
    media = {"append": "links", "drop": "none"}.get(rules.attachments, "media")
    return BuiltType(
        code=code,
        name=name,
        schemes=schemes,
        receivers=receivers,
        send=sender(rules),
        fetch=fetch,
        fields=fields,
        alternatives=alternatives,
        features=Features(
            attachments=media,
            max_length=rules.limit,
            signature=signed,
            token=rules.token is not None,
            throughput=throughput,
            documentation=documentation,
        ),
        restyle=_restyle(responses.get("ignored")),
        examples=examples,
    )


def _fields(top: Section) -> tuple[ConfigField, ...]:
    """`name = "kind"`, with `!` when it is required and `= value` for a default: `"url = https://…"`."""
    found = []
    for name, text in top.table("config").items():
        if not isinstance(text, str):
            raise top.wrong(f"config.{name}", "a text such as 'secret!' is expected")
        kind, _, default = (piece.strip() for piece in text.partition("="))
        required = kind.endswith("!")
        kind = kind.removesuffix("!")
        if kind not in KINDS:
            raise top.wrong(f"config.{name}", f"kinds are {', '.join(KINDS)}")
        found.append(ConfigField(name, kind, required, default or None))  # type: ignore[arg-type]
    return tuple(found)


def _alternatives(top: Section, fields: tuple[ConfigField, ...]) -> tuple[tuple[str, ...], ...]:
    """`one_of`: groups of settings of which one has to be complete."""
    groups, names = top.raw("one_of") or [], {each.name for each in fields}
    if not isinstance(groups, list) or not all(
        isinstance(group, list) and all(isinstance(each, str) and each in names for each in group) for group in groups
    ):
        raise top.wrong("one_of", "lists of names of settings are expected, such as [['key'], ['user', 'password']]")
    return tuple(tuple(group) for group in groups)


def _responses(top: Section) -> tuple[dict[str, HttpResponse], str]:
    """The type's own answers, and the one with `{uuid}` in it, if any."""
    section = top.section("respond")
    responses: dict[str, HttpResponse] = {}
    reply = ""
    for kind in REPLIES if section else ():
        inner = section.section(kind) if section else None
        if inner is not None:
            body = inner.text("body")
            responses[kind] = text_response(body, inner.text("content_type", "text/plain"))
            inner.finish()
            reply = body if kind == "message" and "{uuid}" in body else reply
    if section:
        section.finish()
    return responses, reply


def _restyle(response: HttpResponse | None) -> Any:
    def restyle(answer: Answer) -> Answer:
        if response is not None and isinstance(answer, Ignored):
            return Ignored(response, answer.reason, answer.log)
        return answer

    return restyle


def _receivers(
    top: Section, responses: Mapping[str, HttpResponse], reply: str
) -> tuple[dict[str, tuple[Receiver, ...]], bool]:
    """The rules of each action together: they share their methods, and the first that applies is taken."""
    grouped: dict[str, tuple[tuple[str, ...], str, list[Rule]]] = {}
    signed = False
    for section in top.sections("receive"):
        actions, methods = section.texts("action"), section.texts("method") or ("POST",)
        gives = next((key for key in ("message", "status", "event") if section.has(key)), "message")
        compiled = rule(section)
        signed = signed or compiled.verify is not None
        for action in actions:
            known, first_gives, rules = grouped.setdefault(action, (methods, gives, []))
            if known != methods:
                raise section.wrong("method", f"the rules of '{action}' must have the same methods")
            if first_gives != gives:
                grouped[action] = (known, "several", rules)
            rules.append(compiled)
    return {
        action: (Receiver(Route(action, methods, gives), reader(rules, responses, reply)),)  # type: ignore[arg-type]
        for action, (methods, gives, rules) in grouped.items()
    }, signed
