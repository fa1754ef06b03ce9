"""The contact query language: parsing, errors, limits, evaluation, inspection, groups kept by queries.

The cases of the translation to Elasticsearch (es_query, es_sort) are left out: contacts are searched in Postgres, see
`projections/contact_query_sql.py`, whose answers are tested against those of the evaluator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.contact.field_values import FieldValue
from domain.contact.query.errors import QueryError
from domain.contact.query.match import ReadValues
from domain.contact.query.properties import DATETIME, PropertyType
from domain.contact.query.query import parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.contact.query.syntax_tree import Combination, Condition, Node, canonical_text, escape_value
from domain.contact.query.values import number_value
from domain.contact.timestamps import parse_rfc3339
from domain.contact.urns import ContactURN, read_urn
from domain.environment.environment import Environment
from tests.conformance.outcomes import checked, compared, numbered, read_json
from tests.conformance.runner import Outcome


@dataclass(frozen=True)
class Asset:
    """A field, group or flow of a case's resolver."""

    name: str
    uuid: str = ""
    key: str = ""
    value_type: str = ""


@dataclass(frozen=True)
class CaseContact:
    """A contact as a query reads it."""

    uuid: str
    name: str
    language: str
    created_on: str
    urns: tuple[ContactURN, ...]
    fields: dict[str, FieldValue]
    last_seen_on: str = ""
    tickets: tuple[Any, ...] = ()


def run(folder: Path) -> Iterator[Outcome]:
    cases = read_json(folder / "contactql.json")
    yield from _parse(cases["parse"])
    yield from _errors(cases["errors"])
    yield from _simplify(cases["simplify"])
    yield from _building(cases["building"])
    yield from _limits(cases["limits"])
    yield from _evaluate(cases["evaluate"])
    yield from _inspect(cases["inspect"])
    for name, case in numbered("escape", cases["escape"]["cases"]):
        yield compared(name, lambda case=case: escape_value(case["value"]), case["escaped"])
    yield from _smart_groups(cases["smart_groups"])


def _resolver(data: dict[str, Any]) -> CatalogueResolver:
    fields = {f["key"]: Asset(f["name"], f.get("uuid", ""), f["key"], f["type"]) for f in data["fields"]}
    groups = [Asset(g["name"], g["uuid"]) for g in data.get("groups") or ()]
    flows = [Asset(f["name"], f["uuid"]) for f in data.get("flows") or ()]
    return CatalogueResolver(fields, groups, flows)


def _environment(data: dict[str, Any], redact: bool = False) -> Environment:
    return Environment.from_json({**data, **({"redaction_policy": "urns"} if redact else {})})


def _parse(section: dict[str, Any]) -> Iterator[Outcome]:
    resolver = _resolver(section["resolver"])
    for name, case in numbered("parse", section["cases"]):
        environment = _environment(section["env"], case["redact_urns"])
        wanted = case["parsed"] if case["error"] is None else f"error: {case['error']}"
        given = resolver if case["resolver"] else None
        yield compared(
            f"{name} {case['query']}", lambda c=case, e=environment, r=given: _parsed(c["query"], e, r), wanted
        )


def _parsed(text: str, environment: Environment, resolver: CatalogueResolver | None) -> str:
    try:
        return str(parse_query(text, environment, resolver))
    except QueryError as error:
        return f"error: {error.sentence}"


def _errors(section: dict[str, Any]) -> Iterator[Outcome]:
    environment, resolver = _environment(section["env"]), _resolver(section["resolver"])
    for name, case in numbered("errors", section["cases"]):
        wanted = {"code": case["code"], "extra": case["extra"], "message": case["message"]}
        yield checked(
            f"{name} {case['query']}", lambda c=case, w=wanted: _error_differs(c["query"], w, environment, resolver)
        )


def _error_differs(text: str, wanted: dict[str, Any], environment: Environment, resolver: CatalogueResolver) -> str:
    try:
        parse_query(text, environment, resolver)
    except QueryError as error:
        found = {"code": error.code, "extra": error.extra, "message": error.sentence}
        same = found["code"] == "syntax" == wanted["code"] or found == wanted
        return "" if same else f"got {found!r}; expected {wanted!r}"
    return "no error"


def _simplify(section: dict[str, Any]) -> Iterator[Outcome]:
    environment, resolver = _environment(section["env"]), _resolver(section["resolver"])
    for name, case in numbered("simplify", section["cases"]):
        yield compared(name, lambda c=case: _parsed(c["query"], environment, resolver), case["parsed"])


def _building(section: dict[str, Any]) -> Iterator[Outcome]:
    for name, case in numbered("building", section["cases"]):
        yield compared(name, lambda c=case: canonical_text(_built(c["node"])), case["query"])


def _built(node: dict[str, Any]) -> Node:
    if "cond" in node:
        kind, key, operator, value = node["cond"]
        types = {"attr": PropertyType.ATTRIBUTE, "urn": PropertyType.URN, "field": PropertyType.FIELD}
        return Condition(types[kind], key, operator, value)
    return Combination(node["bool"], tuple(map(_built, node["children"])))


def _limits(section: dict[str, Any]) -> Iterator[Outcome]:
    for name, case in numbered("limits", section["cases"]):
        yield compared(name, lambda c=case: _error_code(_long_query(c)), case["error_code"])


def _long_query(case: dict[str, Any]) -> str:
    if "query_repeat" in case:
        parts = case["query_repeat"]
        return "".join(
            part * parts[index + 1] if index + 1 < len(parts) and isinstance(parts[index + 1], int) else part
            for index, part in enumerate(parts)
            if isinstance(part, str)
        )
    long = case["query_long"]
    return long["prefix"] + long["char"] * long["count"] + long["suffix"]


def _error_code(text: str) -> str | None:
    try:
        parse_query(text, Environment())
    except QueryError as error:
        return error.code
    return None


def _evaluate(section: dict[str, Any]) -> Iterator[Outcome]:
    environment, resolver = _environment(section["env"]), _resolver(section["resolver"])

    def reader_of(condition: Condition) -> ReadValues[dict[str, Any]]:
        return lambda values: [_value(value, condition) for value in values.get(condition.key, ())]

    def holds(text: str) -> bool:
        return parse_query(text, environment, resolver).matcher(environment, reader_of)(section["object"])

    for name, case in numbered("evaluate", section["cases"]):
        yield compared(f"{name} {case['query']}", lambda c=case: holds(c["query"]), case["result"])


def _value(value: Any, condition: Condition) -> str | Decimal | int:
    if isinstance(value, dict):
        return number_value(value["value"])
    return parse_rfc3339(value) if condition.value_type == DATETIME else value


def _inspect(section: dict[str, Any]) -> Iterator[Outcome]:
    environment, resolver = _environment(section["env"]), _resolver(section["resolver"])
    for name, case in numbered("inspect", section["cases"]):
        given = resolver if case["resolver"] else None
        yield compared(
            f"{name} {case['query']}",
            lambda c=case, r=given: parse_query(c["query"], environment, r).inspection.as_json(),
            case["inspection"],
        )


def _smart_groups(section: dict[str, Any]) -> Iterator[Outcome]:
    for name, case in numbered("smart_groups", section["cases"]):
        before, after = case["contact_before"], case["contact_after"]
        wanted = {group["name"] for group in after.get("groups") or ()}
        environment = _environment({}, case["redact_urns"])
        yield compared(
            f"{name} {case['description']}", lambda c=before, e=environment: _groups_of(c, section["assets"], e), wanted
        )


def _groups_of(document: dict[str, Any], assets: dict[str, Any], environment: Environment) -> set[str]:
    """The names of the groups whose query the contact matches; broken ones have nobody, nor do contacts that left."""
    contact = CaseContact(
        uuid=document["uuid"],
        name=document.get("name", ""),
        language=document.get("language", ""),
        created_on=document["created_on"],
        urns=tuple(map(read_urn, document.get("urns") or ())),
        fields={key: FieldValue.from_json(value) for key, value in document["fields"].items()},
    )
    resolver = _resolver(assets)
    matching = set()
    for group in assets["groups"]:
        try:
            query = parse_query(group["query"], Environment(), resolver)
        except QueryError:
            continue
        if document["status"] == "active" and query.evaluate(environment, contact):
            matching.add(group["name"])
    return matching
