import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid, UnknownEvent
from workers.decider.cursor import Cursor

places = st.tuples(st.integers(0, 2**50), st.integers(0, 1_000))


@given(st.integers(-1, 2**50), st.dictionaries(st.text(), places), st.integers(1, 2**50))
def test_a_cursor_is_read_as_it_was_written(read_to, behind, next_id):
    cursor = Cursor(read_to, behind, next_id)

    assert Cursor.decode(cursor.encode()) == cursor


def test_no_cursor_is_the_start():
    assert Cursor.decode(b"") == Cursor(read_to=-1, behind={}, next_id=1)


def test_an_organization_behind_takes_about_fifty_bytes():
    orgs = {f"0192fc2e-6d9c-7bd5-8f5c-{number:012d}": (10_000_000_000 - number, 0) for number in range(1_000)}

    assert len(Cursor(10_000_000_000, orgs).encode()) < 50_000


def test_a_newer_cursor_is_refused():
    with pytest.raises(UnknownEvent, match="upgrade"):
        Cursor.decode(orjson.dumps({"v": 2}))


@pytest.mark.parametrize("damaged", [b"{", b"[]", b"{}", b'{"v":1}', b'{"v":1,"read_to":1,"next_id":1,"behind":[]}'])
def test_a_damaged_cursor_is_refused(damaged):
    with pytest.raises(Invalid, match="can't be read"):
        Cursor.decode(damaged)
