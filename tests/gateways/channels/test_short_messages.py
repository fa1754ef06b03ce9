"""Texts in SMS and out of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.message import gsm7
from gateways.channels.short_messages import MOST_PARTS, Part, header, read_header, segments, text_of

gsm_texts = st.text(sorted(set(gsm7.BASIC) - {gsm7.ESCAPE} | set(gsm7.EXTENDED)), max_size=1_000)
any_texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=500)


@given(any_texts | gsm_texts)
def test_what_is_cut_in_parts_is_whole_again(text):
    parts = segments(text, 7)

    assert "".join(text_of(each.octets, each.coding) for each in parts) == text
    assert [each.part for each in parts] == (
        [None] if len(parts) == 1 else [Part(7, number, len(parts)) for number in range(1, len(parts) + 1)]
    )
    longest = {0: (160, 153), 8: (140, 134)}[parts[0].coding][len(parts) > 1]
    assert all(0 < len(each.octets) <= longest or not text for each in parts)


@pytest.mark.parametrize(
    ("text", "counts"),
    [("a" * 160, [160]), ("a" * 161, [153, 8]), ("€" * 80, [160]), ("€" * 81, [152, 10]), ("ж" * 70, [140]),
     ("ж" * 71, [134, 8]), ("😀" * 35, [140]), ("😀" * 36, [132, 12])],
)  # fmt: skip
def test_sizes_are_counted_in_septets_or_units(text, counts):
    assert [len(each.octets) for each in segments(text, 1)] == counts


def test_a_text_too_long_to_be_joined_is_refused():
    with pytest.raises(ValueError, match="takes 257 SMS"):
        segments("a" * 153 * (MOST_PARTS + 2), 1)


@pytest.mark.parametrize(("alphabet", "octets"), [("gsm7", b"\x00"), ("latin1", b"@"), ("ascii", b"@")])
def test_the_alphabet_of_coding_0_is_the_operators(alphabet, octets):
    [segment] = segments("@", 1, alphabet)

    assert (segment.coding, segment.octets) == (0, octets)
    assert text_of(octets, 0, alphabet) == "@"


def test_what_the_operators_alphabet_lacks_goes_in_ucs2():
    assert [segments(text, 1, "latin1")[0].coding for text in ("é", "Δ", "€")] == [0, 8, 8]
    assert segments("plain", 1, ucs2=True)[0].octets == "plain".encode("utf-16-be")


@pytest.mark.parametrize(
    ("octets", "part", "rest"),
    [
        (b"\x05\x00\x03\x2a\x02\x01abc", Part(42, 1, 2), b"abc"),
        (b"\x06\x08\x04\x01\x02\x03\x03abc", Part(258, 3, 3), b"abc"),
        (b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x2a\x02\x02abc", Part(42, 2, 2), b"abc"),
        (b"\x06\x05\x04\x0b\x84\x23\xf0abc", None, b"abc"),
        (b"\x05\x00\x03\x2a\x02\x03abc", None, b"abc"),
        (b"\x05\x00\x03\x2a\x01\x01abc", None, b"abc"),
        (b"\x30abc", None, b"\x30abc"),
        (b"", None, b""),
    ],
)
def test_headers(octets, part, rest):
    assert read_header(octets) == (part, rest)


@given(st.binary(max_size=200), st.integers(0, 255), st.sampled_from(["gsm7", "latin1", "ascii"]))
def test_any_octets_are_a_text(octets, coding, alphabet):
    _, rest = read_header(octets)

    assert "\0" not in text_of(rest, coding, alphabet)
    text_of(octets, coding, alphabet).encode("utf-8")


@given(st.integers(0, 255), st.integers(2, 255).flatmap(lambda count: st.tuples(st.integers(1, count), st.just(count))))
def test_a_header_written_is_read(reference, place):
    part = Part(reference, *place)

    assert read_header(header(part) + b"x") == (part, b"x")


@pytest.mark.parametrize(
    ("coding", "octets"),
    [(0x10, b"\x00"), (0xF0, b"\x00"), (0xF1, b"\x00"), (0xF4, b"@"), (0x15, b"@"), (0x18, b"\x00@"), (3, b"@"), (1, b"@"),
     (8, b"\x00@")],
)  # fmt: skip
def test_codings_with_a_message_class_name_their_alphabet(coding, octets):
    assert text_of(octets, coding) == "@"
