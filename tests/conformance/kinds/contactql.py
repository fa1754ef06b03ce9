"""The contact query language: parsing, errors, limits, evaluation, inspection, groups kept by queries.

The cases of the translation to Elasticsearch compare answers, not translations: contacts are searched in Postgres here, so a query
must find those of some contacts that the Elasticsearch query finds (see `tests/conformance/elastic.py`), be accepted by the
translation to SQL, whose answers are tested against those of the evaluator, and order contacts by the same property.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from domain.contact.field_values import FieldValue
from domain.contact.query.errors import QueryError
from domain.contact.query.match import ReadValues
from domain.contact.query.order import read_order
from domain.contact.query.properties import DATETIME, PropertyType
from domain.contact.query.query import parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.contact.query.syntax_tree import Combination, Condition, Node, canonical_text, escape_value
from domain.contact.query.values import number_value
from domain.contact.reference_code import reference_code
from domain.contact.timestamps import parse_rfc3339
from domain.contact.urns import ContactURN, read_urn
from domain.environment.environment import Environment
from projections.contact_query_sql import contact_condition
from tests.conformance import elastic
from tests.conformance.documents import difference
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
    yield from _es_query(cases["es_query"])
    yield from _es_sort(cases["es_sort"])


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


def _es_query(section: dict[str, Any]) -> Iterator[Outcome]:
    resolver = _resolver(section["resolver"])
    contacts = list(_searched(section))
    for name, case in numbered("es_query", section["cases"]):
        environment = _environment(section["env"], case["redact_urns"])
        yield checked(
            f"{name} {case['description']}: {case['query']}",
            lambda c=case, e=environment: _search_differs(c, e, resolver, contacts),
        )


def _search_differs(
    case: dict[str, Any], environment: Environment, resolver: CatalogueResolver, contacts: list[dict[str, Any]]
) -> str:
    query = parse_query(case["query"], environment, resolver)
    contact_condition(query, environment)
    found = query.matcher(environment, partial(_reader_of_document, environment))
    ours = [contact["id"] for contact in contacts if found(contact)]
    theirs = [contact["id"] for contact in contacts if elastic.matches(case["elastic"], contact)]
    return "" if ours == theirs else f"finds {ours}, expected {theirs}"


def _searched(section: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Contacts as documents of a search index, with what the cases ask for and what is just beside it."""
    fields = {field["key"]: field for field in section["resolver"]["fields"]}
    flows, groups = list(section["flow_ids"].values()), list(section["group_ids"].values())
    days = [
        "2018-06-22T23:59:59-04:00",
        "2018-06-23T00:00:00-04:00",
        "2018-06-23T23:59:59-04:00",
        "2018-06-24T00:00:00-04:00",
    ]
    values: dict[str, list[Any]] = {
        "number": [9, 10, 11],
        "text": ["red", "blue", "10"],
        "datetime": days,
        "state": ["washington", "oregon"],
        "district": ["chelan", "king"],
        "ward": ["stevens", "adams"],
    }
    for n in range(60):
        has = [field for place, field in enumerate(fields.values()) if (n >> place % 3) & 1 or n % 7 == place]
        nested = []
        for field in has:
            kind = field["type"]
            value = values[kind][n % len(values[kind])]
            parts = {kind: value, f"{kind}_keyword": value} if kind in ("state", "district", "ward") else {kind: value}
            nested.append({"field": field["uuid"], "key": field["key"], "text": str(value), **parts})
        yield {
            "id": (123, 12345, 777)[n % 3] if n < 3 else 1000 + n,
            "uuid": f"a0000000-0000-4000-8000-{n:012d}",
            "name": ("", "chef", "Will Chef", "Chefs Bob", "WILL")[n % 5],
            "language": ("", "spa", "eng")[n % 3],
            "status": ("active", "blocked", "stopped", "archived")[n % 4],
            "created_on": days[n % 4],
            "last_seen_on": days[n % 4] if n % 5 else None,
            "tickets": n % 3,
            "flow_id": flows[0] if n % 4 == 0 else None,
            "flow_history_ids": flows[:1] if n % 3 == 0 else [],
            "group_ids": [group for place, group in enumerate(groups) if (n >> place) & 1],
            "urns": [
                {"scheme": scheme, "path": path}
                for place, (scheme, path) in enumerate(
                    (("tel", "12345"), ("tel", "+250797912345"), ("telegram", "12345"))
                )
                if (n >> place) & 1
            ],
            "fields": nested,
            "flow_ids": section["flow_ids"],
        }


def _reader_of_document(environment: Environment, condition: Condition) -> ReadValues[dict[str, Any]]:
    """Reads a property of a document as queries read it of a contact."""
    key, kind = condition.key, condition.value_type
    if condition.property_type is PropertyType.FIELD:
        return lambda doc: [_indexed(each[kind], kind) for each in doc["fields"] if each["key"] == key and kind in each]
    if condition.reads_urns:
        return lambda doc: [urn["path"] for urn in doc["urns"] if key in ("urn", urn["scheme"])]
    if key in ("group", "flow", "history"):
        ids = {"group": "group_ids", "flow": "flow_id", "history": "flow_history_ids"}[key]
        return lambda doc: _named_values(doc[ids], condition)
    if key == "ref":
        return lambda doc: (reference_code(doc["id"], environment.obfuscation_key),)
    if key == "id":
        return lambda doc: (str(doc["id"]),)
    return lambda doc: (_indexed(doc[key], kind),) if doc[key] not in (None, "") else ()


def _named_values(found: Any, condition: Condition) -> list[str]:
    """Groups and flows by the name in the condition where it is the one meant."""
    known = {"8de30b78-d9ef-4db2-b2e8-4f7b6aef64cf": 345, "cf51cf8d-94da-447a-b27e-a42a900c37a6": 456}
    known["c261165a-f5b0-40ba-b916-76fb49667a4f"] = 234
    ids = found if isinstance(found, list) else [found] if found is not None else []
    return [condition.value if each == known.get(condition.reference) else f"#{each}" for each in ids]


def _indexed(value: Any, kind: str) -> str | Decimal | int:
    if kind == DATETIME:
        return parse_rfc3339(value)
    return Decimal(value) if isinstance(value, int) else str(value)


def _es_sort(section: dict[str, Any]) -> Iterator[Outcome]:
    resolver = _resolver(section["resolver"])
    keys = {field["uuid"]: field["key"] for field in section["resolver"]["fields"]}
    for name, case in numbered("es_sort", section["cases"]):
        yield checked(f"{name} {case['description']}", lambda c=case: _order_differs(c, resolver, keys))


def _order_differs(case: dict[str, Any], resolver: CatalogueResolver, keys: dict[str, str]) -> str:
    try:
        order = read_order(case["sort_by"], resolver)
    except QueryError as error:
        return difference(error.sentence, case.get("error"))
    if "elastic" not in case:
        return f"no error, expected {case['error']!r}"
    ((path, body),) = case["elastic"].items()
    nested = body.get("nested")
    key = keys[nested["filter"]["term"]["fields.field"]["value"]] if nested else path.removesuffix(".keyword")
    return difference([order.key, "desc" if order.descending else "asc"], [key, body["order"]])
