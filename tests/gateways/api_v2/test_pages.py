"""Pages of a list: addresses of the next and the previous one, which are enough to go on."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from gateways.api_v2 import pages
from tests.gateways.api_v2.client import Client


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)


@pytest.fixture(scope="module")
def names(api: Client) -> list[str]:
    """Five contacts of a group, the newest first."""
    group = api.post("groups", {"name": "Readers"}).body["uuid"]
    for number in range(5):
        made = api.post("contacts", {"name": f"Reader {number}", "groups": [group]})
        assert made.status == 201
        api.answering.at.pass_time(60)
    return [f"Reader {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("reverse", ["false", "true"])
def test_pages_are_turned_forwards_and_back(api: Client, names: list[str], reverse: str) -> None:
    wanted = names if reverse == "false" else names[::-1]
    page = api.get("contacts", group="Readers", reverse=reverse)
    forwards = [page]
    while page.body["next"]:
        page = api.follow(page.body["next"])
        forwards.append(page)
    back = [page]
    while page.body["previous"]:
        page = api.follow(page.body["previous"])
        back.append(page)

    assert [[each["name"] for each in page.results] for page in forwards] == [wanted[:2], wanted[2:4], wanted[4:]]
    assert [each.results for each in back] == [each.results for each in forwards[::-1]]
    assert (forwards[0].body["previous"], back[-1].body["previous"]) == (None, None)
    assert api.follow(back[-1].body["next"]).results == forwards[1].results


def test_the_address_of_the_next_page_repeats_all_parameters(api: Client, names: list[str]) -> None:
    following = api.call("GET", "/api/v2/contacts.json?group=Readers&expand_urns=1&x=1&x=2").body["next"]

    address = urlsplit(following)
    assert (address.scheme, address.netloc, address.path) == ("https", "evenkeel.example", "/api/v2/contacts.json")
    assert parse_qsl(address.query)[:-1] == [("group", "Readers"), ("expand_urns", "1"), ("x", "1"), ("x", "2")]
    assert parse_qsl(address.query)[-1][0] == "cursor"


@pytest.mark.parametrize("cursor", ["nonsense", "bzE9MQ==", "W10=", "WyJ4IiwxXQ==", "WyIyMDI2LTAxLTAxIiwxLDJd"])
def test_an_invalid_cursor_is_not_found(api: Client, cursor: str) -> None:
    answer = api.get("contacts", cursor=cursor)

    assert (answer.status, answer.body) == (404, {"detail": "Invalid cursor"})
