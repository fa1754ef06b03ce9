"""How many short messages a text makes: what operators count, and bill."""

from math import ceil

from domain.message.gsm7 import is_gsm7, septets

_ONE_GSM, _OF_SEVERAL_GSM = 160, 153
_ONE_UCS2, _OF_SEVERAL_UCS2 = 70, 67


def segments(text: str) -> int:
    """1 or more: septets where the text fits the GSM alphabet, else UTF-16 units."""
    if len(text) <= _ONE_UCS2 // 2:
        return 1
    if is_gsm7(text):
        units = septets(text)
        return 1 if units <= _ONE_GSM else ceil(units / _OF_SEVERAL_GSM)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if units <= _ONE_UCS2 else ceil(units / _OF_SEVERAL_UCS2)
