"""Send rules of a description, compiled: which requests there are, and what each of them says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.message import gsm7
from gateways.channels.contract import ConfigField
from gateways.channels.description.outcomes import Outcomes, outcomes
from gateways.channels.description.section import Section
from gateways.channels.description.settings import names_of
from gateways.channels.description.templates import (
    LISTS,
    Lists,
    Render,
    Variables,
    form_template,
    hmac_sha256,
    json_template,
    template,
)
from gateways.channels.description.tokens import TokenSource, token_source
from gateways.channels.multipart import multipart_body

OWN_VARIABLES: Final = frozenset(
    [
        "id",
        "uuid",
        "part_uuid",
        "text",
        "to",
        "to_national",
        "from",
        "channel",
        "callback",
        "flow",
        "attachments",
        "urn_auth",
        "high_priority",
        "name",
    ]
)
METHODS: Final = ("GET", "POST", "PUT")
FORM_TYPE: Final = "application/x-www-form-urlencoded"

Body = Callable[[Variables, Lists], tuple[bytes, str]]
"""What makes a body and says its content type."""
Compute = Callable[[Variables, datetime], str]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """One way of writing the text, and what follows from it for the request."""

    applies: Callable[[str, Mapping[str, Any]], bool]
    stand_ins: bool
    sets: Mapping[str, Render]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, made for each part of the text or for each attachment."""

    per: str
    wanted: Callable[[Variables], bool]
    method: str
    url: Render
    query: Render | None
    headers: Mapping[str, Render]
    body: Body | None
    basic: Render | None


@dataclass(frozen=True, slots=True)
class SendRules:
    """All that a description says about sending."""

    settings: tuple[ConfigField, ...]
    alternatives: tuple[tuple[str, ...], ...]
    """Groups of settings of which one has to be complete."""
    limit: int | None
    together: bool
    attachments: str
    max_media: int | None
    skip_empty: bool
    alphabets: tuple[Alphabet, ...]
    computed: tuple[tuple[str, Compute], ...]
    token: TokenSource | None
    requests: tuple[Request, ...]
    outcomes: Outcomes


def send_rules(
    section: Section, settings: tuple[ConfigField, ...], alternatives: tuple[tuple[str, ...], ...] = ()
) -> SendRules:
    """Compiles the `send` of a description."""
    urls = frozenset(f"config.{each.name}" for each in settings if each.kind == "url")
    known = {*OWN_VARIABLES, *names_of(settings)}
    alphabets = tuple(_alphabet(each, known) for each in section.sections("alphabet"))
    known |= {name for each in alphabets for name in each.sets}
    computed = tuple(_computed(section, known))
    tokens = section.section("token")
    token = token_source(tokens, known, urls) if tokens else None
    if token:
        known.add("token")
    rules = SendRules(
        settings=settings,
        alternatives=alternatives,
        limit=section.number("part"),
        together=section.flag("together"),
        attachments=section.one_of("attachments", ("append", "first", "drop", "apart"), "append"),
        max_media=section.number("max_media"),
        skip_empty=section.flag("skip_empty"),
        alphabets=alphabets,
        computed=computed,
        token=token,
        requests=tuple(_request(each, known, urls) for each in section.sections("request")),
        outcomes=outcomes(section),
    )
    section.finish()
    if not rules.requests:
        raise section.wrong("request", "at least one request is expected")
    return rules


def _alphabet(section: Section, known: set[str]) -> Alphabet:
    kind = section.one_of("if", ("gsm7", "always", "config"))
    key, default, wanted = section.text("key", ""), section.text("default", ""), section.text("is", "")
    sets = {name: template(value, known, f"{section.place}.set.{name}") for name, value in section.table("set").items()}
    stand_ins = section.flag("stand_ins")
    section.finish()

    def applies(text: str, config: Mapping[str, Any]) -> bool:
        if kind == "config":
            return str(config.get(key) or default) == wanted
        return kind == "always" or gsm7.is_gsm7(text)

    return Alphabet(applies, stand_ins, sets)


def _computed(section: Section, known: set[str]) -> list[tuple[str, Compute]]:
    """Variables made from others, in their order: a template, the `first` of several that isn't empty, the time (`now`), `md5` of a template,
    or `hmac_sha256` of one with a `key`."""
    found: list[tuple[str, Compute]] = []
    for name, value in section.table("vars").items():
        inner = Section(f"{section.place}.vars.{name}", value if isinstance(value, dict) else {"text": value})
        found.append((name, _compute(inner, known)))
        inner.finish()
        known.add(name)
    return found


def _compute(section: Section, known: set[str]) -> Compute:
    if section.has("now"):
        pattern = section.text("now")
        return lambda variables, now: now.strftime(pattern)
    if section.has("first"):
        choices = [template(each, known, section.place) for each in section.texts("first")]
        return lambda variables, now: next((found for each in choices if (found := each(variables))), "")
    if section.has("hmac_sha256"):
        text = template(section.text("hmac_sha256"), known, section.place)
        key = template(section.text("key"), known, section.place)
        return lambda variables, now: hmac_sha256(key(variables), text(variables))
    if section.has("md5"):
        text, upper = template(section.text("md5"), known, section.place), section.flag("upper")
        digest = template("{x|md5|upper}" if upper else "{x|md5}", {"x"}, section.place)
        return lambda variables, now: digest({"x": text(variables)})
    render = template(section.text("text"), known, section.place)
    return lambda variables, now: render(variables)


def _request(section: Section, known: set[str], urls: frozenset[str]) -> Request:
    per = section.one_of("for", ("part", "attachment"), "part")
    names = known | set(LISTS["attachments"]) if per == "attachment" else known
    place, raw = section.place, urls | {"params"}
    query = section.table("query")
    basic = section.optional_text("basic")
    built = Request(
        per=per,
        wanted=_wanted(section, names),
        method=section.one_of("method", METHODS, "POST"),
        url=template(section.text("url"), names, f"{place}.url", "url", raw),
        query=form_template(query, names, f"{place}.query") if query else None,
        headers={
            name: template(value, names, f"{place}.headers.{name}") for name, value in section.table("headers").items()
        },
        body=_body(section, names),
        basic=template(basic, names, f"{place}.basic") if basic else None,
    )
    section.finish()
    return built


def _wanted(section: Section, known: set[str]) -> Callable[[Variables], bool]:
    when, unless = section.optional_text("when"), section.optional_text("unless")
    if not {when, unless} - {None} <= known:
        raise section.wrong("when", "the name of a variable is expected")
    return lambda variables: not (when and not variables[when]) and not (unless and variables[unless])


def _body(section: Section, known: set[str]) -> Body | None:
    place = section.place
    if section.has("form"):
        form = form_template(section.table("form"), known, f"{place}.form")
        return lambda variables, lists: (form(variables).encode(), FORM_TYPE)
    if section.has("json"):
        document = json_template(section.text("json"), known, f"{place}.json")
        return lambda variables, lists: (document(variables, lists), "application/json")
    if section.has("multipart"):
        fields = {name: template(value, known, place) for name, value in section.table("multipart").items()}
        return lambda variables, lists: multipart_body(
            {name: render(variables) for name, render in fields.items()}, boundary=variables["uuid"]
        )
    if section.has("body"):
        escaping = section.one_of("escape", ("none", "xml"), "none")
        render = template(section.text("body"), known, f"{place}.body", escaping)
        content_type = section.text("content_type")
        return lambda variables, lists: (render(variables).encode(), content_type)
    return None
