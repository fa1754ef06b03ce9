"""The GSM 03.38 alphabet: what fits in seven bits, what counts double, and plain stand-ins for near misses."""

from typing import Final

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = "\f^{}\\[~]|€"
ESCAPE: Final = "\x1b"

_EXTENDED_SET = frozenset(EXTENDED)
_ALPHABET = frozenset(BASIC) - {ESCAPE} | _EXTENDED_SET
_STAND_INS = str.maketrans(
    {
        **dict(zip("áâãÀÁÂÃçêëÈÊËíîïÌÍÎÏóôõÒÓÔÕúûÙÚÛýÿÝ", "aaaAAAAceeEEEiiiIIIIoooOOOOuuUUUyyY", strict=True)),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\u00a0\u2002\u2003\u2009\u200a\u202f", " "),
        **dict.fromkeys("\u200b\u200c\ufeff", ""),
        "…": "...",
        "•": "*",
    }
)


def is_gsm7(text: str) -> bool:
    """Whether every character of the text is in the alphabet or its extension."""
    return _ALPHABET.issuperset(text)


def septets(text: str) -> int:
    """How many seven-bit units a GSM text takes: characters of the extension count double."""
    return len(text) + sum(character in _EXTENDED_SET for character in text) if text else 0


def with_stand_ins(text: str) -> str:
    """Typographic quotes, dashes, blanks and accents outside the alphabet replaced by plain ones; the rest stays."""
    return text if text.isascii() and "\t" not in text and "`" not in text else text.translate(_STAND_INS)


def decode_octets(octets: bytes) -> str:
    """A text that came as one septet per octet. Octets beyond the alphabet become question marks."""
    characters: list[str] = []
    escaped = False
    for octet in octets:
        if escaped:
            characters.append(_EXTENSION_CODES.get(octet, " "))
            escaped = False
        elif octet == 0x1B:
            escaped = True
        else:
            characters.append(BASIC[octet] if octet < 128 else "?")
    return "".join(characters)


def encode_octets(text: str) -> bytes:
    """The text as one septet per octet. Raises ValueError if it isn't all in the alphabet."""
    try:
        return b"".join([_OCTETS[character] for character in text])
    except KeyError as unknown:
        raise ValueError(f"{unknown.args[0]!r} is not in the GSM alphabet") from None


_EXTENSION_CODES: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_OCTETS: Final = {
    **{character: bytes((code,)) for code, character in enumerate(BASIC) if character != ESCAPE},
    **{character: bytes((0x1B, code)) for code, character in _EXTENSION_CODES.items()},
}
