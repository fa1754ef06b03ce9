"""What can be wrong with a query. Codes and extras are part of the API: clients translate by them."""

from domain.errors import Invalid


class QueryError(Invalid):
    """The contact query is not valid.

    `code` says what kind of error it is and `extra` what it is about, so that somebody else can word it.
    """

    def __init__(self, code: str, sentence: str, **extra: str) -> None:
        super().__init__(sentence, field="query")
        self.code = code
        self.extra = extra


def syntax_error(sentence: str, token: str) -> QueryError:
    return QueryError("syntax", sentence, token=token)


def too_complex() -> QueryError:
    return QueryError("too_complex", "query is too complex")


def unknown_property(key: str) -> QueryError:
    return QueryError("unknown_property", f"can't resolve '{key}' to attribute, scheme or field", property=key)


def unknown_property_type(prefix: str) -> QueryError:
    return QueryError("unknown_property_type", f"unknown property type '{prefix}'", type=prefix)


def redacted_urns() -> QueryError:
    return QueryError("redacted_urns", "cannot query on redacted URNs")


def invalid_partial_name(minimum: int) -> QueryError:
    sentence = f"contains operator on name requires token of minimum length {minimum}"
    return QueryError("invalid_partial_name", sentence, min_token_length=str(minimum))


def invalid_partial_urn(minimum: int) -> QueryError:
    sentence = f"contains operator on URN requires value of minimum length {minimum}"
    return QueryError("invalid_partial_urn", sentence, min_value_length=str(minimum))


def unsupported_contains(key: str) -> QueryError:
    sentence = "contains conditions can only be used with name or URN values"
    return QueryError("unsupported_contains", sentence, property=key)


def unsupported_comparison(key: str, operator: str) -> QueryError:
    sentence = f"comparisons with {operator} can only be used with date and number fields"
    return QueryError("unsupported_comparison", sentence, property=key, operator=operator)


def unsupported_setcheck(key: str, operator: str) -> QueryError:
    sentence = f"can't check whether '{key}' is set or not set"
    return QueryError("unsupported_setcheck", sentence, property=key, operator=operator)


def invalid_number(value: str) -> QueryError:
    return QueryError("invalid_number", f"can't convert '{value}' to a number", value=value)


def invalid_date(value: str) -> QueryError:
    return QueryError("invalid_date", f"can't convert '{value}' to a date", value=value)


def invalid_choice(what: str, value: str) -> QueryError:
    """A group, flow, status or language that there isn't; `what` is also the code's second half."""
    noun = {"group": "group name", "flow": "flow name", "status": "contact status", "language": "language code"}[what]
    return QueryError(f"invalid_{what}", f"'{value}' is not a valid {noun}", value=value)
