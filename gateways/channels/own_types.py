"""Channel types that a workspace describes itself: a description is checked whole before it is taken, and its examples are played."""

from domain.errors import Invalid
from gateways.channels.catalogue import channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.description.examples import problems
from gateways.channels.description.load import read_description
from gateways.channels.description.section import DescriptionError


def checked_description(text: str) -> BuiltType:
    """The type that it describes. Raises Invalid, saying what is wrong and where."""
    if "\x00" in text:
        raise Invalid("A description holds no NUL characters.", field="description")
    try:
        kind = read_description(text)
    except DescriptionError as error:
        raise Invalid(str(error), field="description") from None
    if kind.code in channel_types():
        raise Invalid(f"{kind.code} is a channel type that is there already; choose another code.", field="type")
    wrong = [said for example in kind.examples for said in problems(kind, example)]
    if wrong:
        raise Invalid("; ".join(wrong[:3]), field="example")
    return kind
