"""What every call of the API has in common: addresses, methods, who calls, bodies, and the headers of answers."""

import base64
from typing import Any

import pytest

from tests.examples.doors import Answer
from tests.gateways.api_v2.client import Client

WRONG_JSON = b"{nonsense"


@pytest.mark.parametrize("path", ["/api/v2/contacts.json", "/api/v2/contacts.json/"])
def test_the_data_of_an_endpoint_are_at_its_name_with_json(api: Client, path: str) -> None:
    assert "results" in api.call("GET", path).body


@pytest.mark.parametrize("path", ["/api/v2/contacts", "/api/v2/contacts/"])
def test_the_name_alone_is_a_page_about_the_endpoint_for_everybody(api: Client, path: str) -> None:
    answer = api.call("GET", path, Authorization="")

    assert (answer.status, "/api/v2/contacts.json" in answer.body) == (200, True)


@pytest.mark.parametrize("path", ["/api", "/api/"])
def test_the_address_above_leads_to_the_root(api: Client, path: str) -> None:
    answer = api.call("GET", path, Authorization="")

    assert (answer.status, answer.headers["location"]) == (307, "/api/v2/")


@pytest.mark.parametrize("path", ["/api/v2", "/api/v2/", "/api/v2/.json"])
def test_the_root_says_where_endpoints_are_to_everybody(api: Client, path: str) -> None:
    answer = api.call("GET", path, Authorization="")

    assert answer.body["flow_starts"] == "https://evenkeel.example/api/v2/flow_starts.json"


def test_an_address_without_endpoint_is_not_found(api: Client) -> None:
    answer = api.call("GET", "/api/v2/nonsense.json")

    assert (answer.status, answer.body) == (404, {"detail": "Not found."})


# ---- methods -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v2/contacts.json", "GET, POST, DELETE"),
        ("HEAD", "/api/v2/contacts.json", "GET, POST, DELETE"),
        ("POST", "/api/v2/runs.json", "GET"),
        ("DELETE", "/api/v2/messages.json", "GET, POST"),
        ("GET", "/api/v2/contact_actions.json", "POST"),
        ("POST", "/api/v2/.json", "GET"),
        ("POST", "/api/v2/contacts", "GET"),
    ],
)
def test_a_method_that_is_not_allowed_is_told_which_are(api: Client, method: str, path: str, allowed: str) -> None:
    answer = api.call(method, path, WRONG_JSON)

    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.body == {"detail": f'Method "{method}" not allowed.'}


# ---- who calls ---------------------------------------------------------------------------------------------------------------


def basic(email: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{email}:{key}".encode()).decode()


def test_a_token_is_taken_by_its_own_scheme_or_as_the_password_of_an_address(api: Client) -> None:
    email = api.get("users").results[0]["email"]

    for given in (f"Token {api.token}", f"token {api.token}", basic(email, api.token), basic(email.upper(), api.token)):
        assert api.call("GET", "/api/v2/org.json", Authorization=given).status == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "Authentication credentials were not provided."),
        ("Token", "Authentication credentials were not provided."),
        ("Bearer abc", "Authentication credentials were not provided."),
        ("Token abc", "Invalid token"),
        ("Basic !!!", "Invalid token or email"),
        (basic("somebody@else.example", "abc"), "Invalid token or email"),
    ],
)
@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("POST", WRONG_JSON), ("PUT", b"")])
def test_who_is_not_known_is_told_so_before_anything_else(
    api: Client, given: str, says: str, method: str, body: bytes
) -> None:
    answer = api.call(method, "/api/v2/contacts.json", body, Authorization=given)

    assert (answer.status, answer.body) == (403, {"detail": says})
    assert "x-temba-workspace" not in answer.headers
    assert "www-authenticate" not in answer.headers


def test_a_right_token_with_somebody_elses_address_is_refused(api: Client) -> None:
    answer = api.call("GET", "/api/v2/org.json", Authorization=basic("somebody@else.example", api.token))

    assert (answer.status, answer.body) == (403, {"detail": "Invalid token or email"})


# ---- answers -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v2/org.json", b"", 200),
        ("GET", "/api/v2/contacts.json?uuid=x", b"", 400),
        ("GET", "/api/v2/contacts.json?cursor=x", b"", 404),
        ("PUT", "/api/v2/contacts.json", b"", 405),
        ("POST", "/api/v2/contacts.json", WRONG_JSON, 400),
        ("POST", "/api/v2/contacts.json", b'{"language":"xxx"}', 400),
        ("POST", "/api/v2/groups.json", b'{"name":"Anne group"}', 400),
        ("DELETE", "/api/v2/contacts.json?uuid=10000000-0000-4000-8000-000000000000", b"", 404),
    ],
)
def test_every_answer_to_somebody_known_names_the_workspace(
    api: Client, method: str, path: str, body: bytes, status: int
) -> None:
    answer = api.call(method, path, body)

    assert (answer.status, answer.headers["x-temba-workspace"]) == (status, api.answering.mine.org)


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"5", b"null"])
def test_a_body_that_is_no_object_is_refused(api: Client, body: bytes) -> None:
    answer = api.call("POST", "/api/v2/contacts.json", body)

    assert (answer.status, list(answer.body)) == (400, ["non_field_errors"])


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", ""])
def test_a_body_is_json_whatever_it_is_called(api: Client, content_type: str) -> None:
    answer = api.call("POST", "/api/v2/contacts.json", b'{"name":"Zo\xc3\xab"}', **{"Content-Type": content_type})

    assert (answer.status, answer.body["name"]) == (201, "Zoë")
    assert answer.headers["content-type"] == "application/json"


def test_of_a_body_that_is_too_large_no_more_is_read_than_tells_so(api: Client) -> None:
    asked = []

    async def receive() -> dict[str, Any]:
        asked.append(1)
        return {"type": "http.request", "body": b" " * 500_000, "more_body": len(asked) < 100}

    scope = {"type": "http", "method": "POST", "path": "/api/v2/contacts.json", "query_string": b"", "headers": []}
    answer = Answer()
    api.loop.run_until_complete(api.answering.app(scope, receive, answer.take))

    assert (answer.status, len(asked)) == (413, 3)


# ---- parameters --------------------------------------------------------------------------------------------------------------

NOBODY = "10000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("method", "endpoint", "params", "detail"),
    [
        (
            "get",
            "runs",
            {"flow": NOBODY, "contact": NOBODY},
            "You may only specify one of the contact, flow parameters",
        ),
        (
            "get",
            "messages",
            {"folder": "inbox", "label": "x"},
            "You may only specify one of the broadcast, contact, folder, label parameters",
        ),
        ("get", "groups", {"uuid": NOBODY, "name": "x"}, "You may only specify one of the name, uuid parameters"),
        ("get", "labels", {"uuid": NOBODY, "name": "x"}, "You may only specify one of the name, uuid parameters"),
        ("get", "messages", {"id": "1.5"}, "Value for id must be an integer"),
        ("get", "flow_starts", {"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        ("get", "users", {"uuid": ["x", NOBODY]}, "Param 'uuid': x is not a valid UUID."),
        ("get", "definitions", {"flow": "x"}, "Param 'flow': x is not a valid UUID."),
        ("get", "definitions", {"flow": [NOBODY] * 101}, "Param 'flow' may be given at most 100 times."),
        ("delete", "contacts", {}, "URL must contain one of the following parameters: urn, uuid"),
        (
            "delete",
            "contacts",
            {"uuid": NOBODY, "urn": "tel:+250788111111"},
            "URL can only contain one of the following parameters: urn, uuid",
        ),
        ("delete", "contacts", {"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        ("delete", "groups", {"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
    ],
)
def test_a_wrong_parameter_is_named(api: Client, method: str, endpoint: str, params: Any, detail: str) -> None:
    answer = getattr(api, method)(endpoint, **params)

    assert (answer.status, answer.body) == (400, {"detail": detail})


@pytest.mark.parametrize("endpoint", ["contacts", "groups"])
def test_a_change_of_what_has_no_uuid_names_the_parameter(api: Client, endpoint: str) -> None:
    assert api.post(endpoint, {"name": "x"}, uuid="x").body == {"detail": "Param 'uuid': x is not a valid UUID."}
    assert api.post(endpoint, {"name": "x"}, uuid=NOBODY).status == 404


@pytest.mark.parametrize("endpoint", ["contacts", "messages", "runs", "broadcasts", "flow_starts", "flows", "globals"])
def test_a_time_that_cant_be_read_matches_nothing(api: Client, endpoint: str) -> None:
    for name in ("before", "after"):
        answer = api.get(endpoint, **{name: "yesterday"})
        assert (answer.status, answer.results) == (200, [])


@pytest.mark.parametrize("endpoint", ["contacts", "messages", "runs", "flows", "globals"])
def test_periods_include_their_ends_however_a_time_is_written(api: Client, endpoint: str) -> None:
    column = "created_on" if endpoint == "messages" else "modified_on"
    newest = api.get(endpoint).results[0]
    moment = newest[column]

    for written in (moment, moment.replace("T", " "), moment.replace("Z", "+00:00"), moment.replace("Z", " 00:00")):
        assert newest in api.get(endpoint, before=written, after=written).results
