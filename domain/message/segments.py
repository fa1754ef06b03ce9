"""How many short messages a text makes: what operators count, and bill."""

import re
from math import ceil
from typing import Final

from domain.message.gsm7 import BASIC, ESCAPE, EXTENDED

_ONE_GSM, _OF_SEVERAL_GSM = 160, 153
_ONE_UCS2, _OF_SEVERAL_UCS2 = 70, 67
_EXTENSION: Final = re.compile(f"[{re.escape(EXTENDED)}]")
_NOT_GSM: Final = re.compile(f"[^{re.escape(BASIC.replace(ESCAPE, '') + EXTENDED)}]")


def segments(text: str) -> int:
    """1 or more: septets where the text fits the GSM alphabet, else UTF-16 units."""
    length = len(text)
    if length <= (_ONE_UCS2 if text.isascii() else _ONE_UCS2 // 2):
        return 1
    if length <= _ONE_GSM // 2 and text.isascii() and text.isprintable() and "`" not in text:
        return 1  # most texts: even of the extension only they fit
    if _NOT_GSM.search(text) is None:
        units = length + len(_EXTENSION.findall(text))
        return 1 if units <= _ONE_GSM else ceil(units / _OF_SEVERAL_GSM)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if units <= _ONE_UCS2 else ceil(units / _OF_SEVERAL_UCS2)
