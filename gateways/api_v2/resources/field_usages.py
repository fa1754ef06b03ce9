"""How many flows and groups need each field."""

from collections import Counter
from typing import Any

from domain.contact.query.errors import QueryError
from domain.contact.query.query import parse_query
from domain.environment.environment import Environment
from domain.workspace.environment import environment_of
from gateways.api_v2.calls import Call
from gateways.http.read_pool import Reader

Data = dict[str, Any]

_FLOWS = """
select n->>'key' as key, count(*) as count from flows.flows f, jsonb_array_elements(f.doc->'info'->'dependencies') n
where f.org = %s and not f.removed and n->>'type' = 'field' and n->>'key' = any(%s) group by 1"""
_QUERIES = "select doc->>'query' as query from groups.groups where org = %s and not removed and coalesce(doc->>'query', '') <> ''"


def usages_of(reader: Reader, call: Call, keys: list[str]) -> dict[str, Data]:
    """{campaign_events, flows, groups} by key."""
    flows = {row["key"]: row["count"] for row in reader.rows(_FLOWS, call.org, keys)}
    environment = environment_of(call.caller.workspace)
    groups = Counter(name for row in reader.rows(_QUERIES, call.org) for name in _read_by(row["query"], environment))
    return {key: {"campaign_events": 0, "flows": flows.get(key, 0), "groups": groups[f"fields.{key}"]} for key in keys}


def _read_by(query: str, environment: Environment) -> frozenset[str]:
    try:
        return parse_query(query, environment).reads
    except QueryError:
        return frozenset()
