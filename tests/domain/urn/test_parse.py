"""A URN's text and its parts say the same, and text that is no URN is refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.urn.errors import InvalidUrn
from domain.urn.parse import URN, parse_urn

written = st.text(min_size=1, max_size=20)


@given(path=written, display=st.text(max_size=20))
def test_parts_survive_being_written_and_read_again(path: str, display: str) -> None:
    urn = URN("ext", path, "a=b", display)
    assert parse_urn(str(urn)) == urn


def test_the_identity_leaves_out_what_may_change() -> None:
    assert parse_urn("telegram:1234?id=2#anna").identity == "telegram:1234"


def test_a_percent_sign_that_escapes_nothing_stands_for_itself() -> None:
    assert parse_urn("ext:50%41").path == "50%41"


def test_parameters_may_repeat() -> None:
    assert parse_urn("ext:1?a=1&a=2").parameters == {"a": ["1", "2"]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "scheme cannot be empty"),
        (":1234", "scheme cannot be empty"),
        ("hello", "path cannot be empty"),
        ("tel:#anna", "path cannot be empty"),
        ("tel?a:1", "query component can only come after path component"),
        ("tel#a:1", "fragment component can only come after path or query components"),
        ("tel:1?a=1?b=2", "query component can only come after path component"),
        ("tel:1#a?b=2", "query component can only come after path component"),
    ],
)
def test_text_that_is_no_urn_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidUrn, match=reason):
        parse_urn(text)
