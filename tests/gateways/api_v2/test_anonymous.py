"""A workspace where nobody may see addresses of people."""

from collections.abc import Iterator

import psycopg2
import pytest

from tests.gateways.api_v2.answering import ANNE
from tests.gateways.api_v2.client import Client


@pytest.fixture(scope="module")
def anonymous(api: Client) -> Iterator[Client]:
    with psycopg2.connect(api.answering.database) as connection:
        change = """update workspaces.workspaces set doc = doc || '{"anon": true}' where org = %s"""
        connection.cursor().execute(change, (api.answering.mine.org,))
    yield api


@pytest.fixture
def contact(anonymous: Client) -> str:
    return anonymous.answering.known[1]


def test_contacts_are_known_by_a_reference(anonymous: Client, contact: str) -> None:
    [found] = anonymous.get("contacts", uuid=contact).results

    assert found["urns"] == ["tel:********"]
    assert len(found["ref"]) == 6 and found["anon_display"] == found["ref"]
    [run] = anonymous.get("runs", contact=contact).results
    assert run["contact"] == {
        "uuid": contact, "name": found["name"], "urn": None, "urn_display": None, "ref": found["ref"], "anon_display": found["ref"],
    }  # fmt: skip


def test_the_parts_of_a_urn_are_hidden_too(anonymous: Client, contact: str) -> None:
    [found] = anonymous.get("contacts", uuid=contact, expand_urns="1").results

    assert [(urn["path"], urn["display"]) for urn in found["urns"]] == [("********", None)]


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_nobody_is_looked_up_by_urn(anonymous: Client, method: str) -> None:
    args = [{"name": "x"}] if method == "post" else []

    answer = getattr(anonymous, method)("contacts", *args, urn=ANNE)

    assert (answer.status, answer.body) == (400, {"detail": "URN lookups not allowed for anonymous organizations"})


def test_urns_are_given_once(anonymous: Client) -> None:
    made = anonymous.post("contacts", {"urns": ["tel:+250788000123"]})
    assert (made.status, made.body["urns"]) == (201, ["tel:********"])

    answer = anonymous.post("contacts", {"urns": ["tel:+250788000124"]}, uuid=made.body["uuid"])

    assert (answer.status, list(answer.body)) == (400, ["urns"])


def test_messages_and_broadcasts_show_no_urns(anonymous: Client, contact: str) -> None:
    sent = anonymous.post("broadcasts", {"urns": [ANNE], "text": "Hi"})

    assert (sent.status, sent.body["urns"]) == (201, None)
    assert {each["urn"] for each in anonymous.get("messages", contact=contact).results} == {None}
