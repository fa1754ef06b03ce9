"""URLs as webhooks need them, and requests as authors are shown them."""

import pytest

from domain.flow.engine.http_trace import parse_url, request_trace, shown


@pytest.mark.parametrize(
    ("text", "host", "hostname", "request_uri"),
    [
        ("http://example.com", "example.com", "example.com", "/"),
        ("https://user:secret@Example.com:8080/a b?q=ä#top", "Example.com:8080", "Example.com", "/a%20b?q=%C3%A4"),
        ("http://[::1]:99/x", "[::1]:99", "::1", "/x"),
        ("http://example.com?x=1", "example.com", "example.com", "/?x=1"),
    ],
)
def test_url_has_parts(text: str, host: str, hostname: str, request_uri: str) -> None:
    assert parse_url(text) == (host, hostname, request_uri)


@pytest.mark.parametrize(
    "text", [":xxxxx", "http://ex ample.com/", "http://example.com:port/", "http://a/%zz", "http://a/\n"]
)
def test_what_can_be_no_url(text: str) -> None:
    assert parse_url(text) is None


def test_request_is_shown_as_it_goes_over_the_wire() -> None:
    url = parse_url("http://example.com/x")
    assert url is not None
    trace = request_trace("POST", url, {"X-B": "2", "X-A": "1", "User-Agent": "Evenkeel"}, "hé")
    assert trace == (
        "POST /x HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Evenkeel\r\nContent-Length: 3\r\n"
        "X-A: 1\r\nX-B: 2\r\nAccept-Encoding: gzip\r\n\r\nhé"
    )


def test_long_trace_is_cut() -> None:
    assert shown("x" * 20_000) == "x" * 9_997 + "..."
    assert shown("a\x00b") == "a\ufffdb"
