"""What a router test gives: an object that stands for true or false, with what matched and what else was found."""

from domain.expressions.values.kinds import DEFAULT_KEY, Value


def match(matched: Value, extra: Value = None) -> Value:
    """The test holds; `extra` is an object of more that was found."""
    result = {DEFAULT_KEY: True, "match": matched}
    if extra is not None:
        result["extra"] = extra
    return result


def no_match() -> Value:
    """The test doesn't hold."""
    return {DEFAULT_KEY: False, "match": ""}
