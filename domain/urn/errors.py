"""What can be wrong with a URN or a number."""

from domain.errors import Invalid


class InvalidUrn(Invalid):
    """The URN is not valid."""


class ImpossibleNumber(InvalidUrn):
    """not a possible number"""
