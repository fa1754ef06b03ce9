"""Texts as the octets of SMS and back: data codings, user data headers, texts in several parts. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from domain.message import gsm7

Alphabet = Literal["gsm7", "latin1", "ascii"]
"""What an operator takes data coding 0 to be; one octet for each septet."""

DEFAULT_CODING: Final = 0
UCS2_CODING: Final = 8
MOST_PARTS: Final = 255

_SEPTETS: Final = (160, 153)  # alone, and beside a header of six octets
_UNITS: Final = (70, 67)
_PLAIN_CODINGS: Final[Mapping[int, str]] = {
    1: "ascii", 3: "latin-1", 5: "shift_jis", 6: "iso8859-5", 7: "iso8859-8", 10: "iso2022_jp", 13: "euc_jp", 14: "euc_kr",
}  # fmt: skip
_JOIN_8, _JOIN_16 = 0x00, 0x08


class Part(NamedTuple):
    """Which part of how many, of the message with this reference. Numbers start at 1."""

    reference: int
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One SMS of a text: its data coding, its octets without header, and its place if there are several."""

    coding: int
    octets: bytes
    part: Part | None = None


def segments(text: str, reference: int, alphabet: Alphabet = "gsm7", *, ucs2: bool = False) -> tuple[Segment, ...]:
    """The text in as few SMS as it takes, losing no character: phones put the parts together as they are.

    In the GSM alphabet if it can be and `ucs2` isn't set, else in UCS-2. Raises ValueError if it takes more than 255.
    """
    encode: Callable[[str], bytes] = _encode_ucs2
    coding, weigh, (alone, joined) = UCS2_CODING, _units, _UNITS
    if not ucs2 and gsm7.is_gsm7(text) and _can(text, alphabet):
        coding, encode, weigh, (alone, joined) = DEFAULT_CODING, _ENCODERS[alphabet], gsm7.septets, _SEPTETS
    if weigh(text) <= alone:
        return (Segment(coding, encode(text)),)
    pieces = _pieces(text, joined, weigh)
    if len(pieces) > MOST_PARTS:
        raise ValueError(f"the text takes {len(pieces)} SMS; at most {MOST_PARTS} can be joined")
    return tuple(
        Segment(coding, encode(piece), Part(reference, number, len(pieces))) for number, piece in enumerate(pieces, 1)
    )


def _pieces(text: str, limit: int, weigh: Callable[[str], int]) -> list[str]:
    pieces, start, used = [], 0, 0
    weights = list(map(weigh, text))
    for at, weight in enumerate(weights):
        if used + weight > limit:
            pieces.append(text[start:at])
            start, used = at, 0
        used += weight
    pieces.append(text[start:])
    return pieces


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _can(text: str, alphabet: Alphabet) -> bool:
    try:
        _ENCODERS[alphabet](text)
        return True
    except ValueError:
        return False


def _encode_ucs2(text: str) -> bytes:
    return text.encode("utf-16-be", "replace")


_ENCODERS: Final[Mapping[Alphabet, Callable[[str], bytes]]] = {
    "gsm7": gsm7.encode_octets,
    "latin1": lambda text: text.encode("latin-1"),
    "ascii": lambda text: text.encode("ascii"),
}


# ---- headers -----------------------------------------------------------------------------------------------------------------


def header(part: Part) -> bytes:
    """The user data header that joins parts: five octets after its length."""
    return bytes((5, _JOIN_8, 3, part.reference & 0xFF, part.total, part.number))


def read_header(octets: bytes) -> tuple[Part | None, bytes]:
    """The place among parts, if the header has it (with a reference of 8 or 16 bits, among other elements), and what follows the header.

    A header that is cut short or makes no sense is none: its octets are dropped if its length can be right, else kept.
    """
    if not octets or octets[0] >= len(octets) + 1:
        return None, octets
    end = 1 + octets[0]
    elements, rest = octets[1:end], octets[end:]
    part, at = None, 0
    while at + 2 <= len(elements):
        name, size = elements[at], elements[at + 1]
        value = elements[at + 2 : at + 2 + size]
        if name == _JOIN_8 and size == len(value) == 3:
            part = Part(value[0], value[2], value[1])
        elif name == _JOIN_16 and size == len(value) == 4:
            part = Part(value[0] << 8 | value[1], value[3], value[2])
        at += 2 + size
    return (part if part and makes_sense(part) else None), rest


def makes_sense(part: Part) -> bool:
    """Whether it is one of several."""
    return 1 <= part.number <= part.total and part.total > 1


# ---- reading -----------------------------------------------------------------------------------------------------------------


def text_of(octets: bytes, coding: int, alphabet: Alphabet = "gsm7") -> str:
    """The text of an SMS. What can't be read becomes a replacement character; zero octets, which no text needs, are dropped."""
    return _decoded(octets, coding, alphabet).replace("\0", "")


def _decoded(octets: bytes, coding: int, alphabet: Alphabet) -> str:
    if coding >= 0x10:  # a GSM coding with a message class: bits 2 and 3 name the alphabet, of 0xF0 to 0xFF bit 2
        width = coding >> 2 & (1 if coding >= 0xF0 else 3)
        coding = {0: DEFAULT_CODING, 1: 3, 2: UCS2_CODING}.get(width, DEFAULT_CODING)
    if coding == UCS2_CODING:
        return octets.decode("utf-16-be", "replace")
    if coding == DEFAULT_CODING:
        if alphabet == "gsm7":
            return gsm7.decode_octets(octets).replace("\x1b", "")
        return octets.decode("latin-1" if alphabet == "latin1" else "ascii", "replace")
    return octets.decode(_PLAIN_CODINGS.get(coding, "latin-1"), "replace")
