"""Pages as browsers get them: safe, self-contained, without secrets."""

import re
from html.parser import HTMLParser

import pytest

from gateways.pages.escaping import Markup, fill
from tests.gateways.pages.installation import EVIL, Site

PAGES = ("/", "/simulator", "/log")
VOID = {"meta", "link", "input", "br"}


class Reader(HTMLParser):
    """Checks that tags close and collects what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.references: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name in ("src", "href"):
                self.references.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style") and data.strip():
            self.inline.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_loads_nothing_from_elsewhere(still_site: Site, path: str) -> None:
    answer = still_site.http.get(path)

    reader = read(answer.text)
    assert answer.status_code == 200
    assert not reader.open and not reader.faults
    assert not reader.inline
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name == "style"]
    for reference in reader.references:
        assert reference.startswith(("/", "#", "data:,")), reference
    for file in (reference for reference in reader.references if reference.startswith("/pages/")):
        assert still_site.http.get(file).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/pages/simulator.js", "/healthz", "/nowhere"])
def test_every_answer_tells_browsers_to_be_careful(still_site: Site, path: str) -> None:
    headers = still_site.http.get(path).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_used_on_a_phone_and_by_a_screen_reader(still_site: Site, path: str) -> None:
    page = still_site.http.get(path).text

    assert '<html lang="en">' in page
    assert "width=device-width" in page
    assert len(re.findall("<h1>", page)) == 1
    assert re.search(r"<title>\w+ – Evenkeel</title>", page)
    assert 'href="#content"' in page and 'id="content"' in page


def test_names_are_shown_as_they_are_and_do_nothing(site: Site) -> None:
    site.pages.name = EVIL

    page = site.http.get("/").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;" in page


def test_no_page_shows_a_secret(still_site: Site) -> None:
    texts = [still_site.http.get(path).text for path in (*PAGES, "/simulator/workspaces", "/log/status", "/metrics")]

    assert not [text for text in texts if "very-secret-token" in text]


def test_a_value_can_not_bring_in_a_place_of_its_own() -> None:
    assert fill("{{a}}{{b}}", {"a": "{{b}}", "b": Markup("<i>")}) == "{{b}}<i>"


@pytest.mark.parametrize("path", ["/pages/nothing.js", "/pages/..%2Fapp.py", "/nowhere"])
def test_what_is_not_there_is_not_found(still_site: Site, path: str) -> None:
    assert still_site.http.get(path).status_code == 404


@pytest.mark.parametrize("script", ["simulator.js", "log.js"])
def test_scripts_never_put_in_html(still_site: Site, script: str) -> None:
    text = still_site.http.get(f"/pages/{script}").text

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
