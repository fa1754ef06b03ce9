"""A call of the API as resources see it: who calls, with which parameters and body."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateways.api_v2.answers import TRUE, Refused, wrong_param
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_VALUES = 100
_SIGNS = {"before": "<=", "after": ">="}


@dataclass(frozen=True, slots=True)
class Caller:
    """`workspace`: {uuid, name, country, languages, timezone, date_style, anon}."""

    org: str
    email: str
    user: str
    role: str
    workspace: Data


@dataclass(slots=True)
class Call:
    """`params` are the query's, `body` the JSON object of a POST, `url` the address without its query; `given`: all parameters in their order,
    for those that may be repeated (`params` has the last of each)."""

    caller: Caller
    params: Mapping[str, str]
    url: str
    body: Data
    new_id: Callable[[], str]
    given: Sequence[tuple[str, str]] = ()

    @property
    def org(self) -> str:
        return self.caller.org

    @property
    def anonymous(self) -> bool:
        """Whether nobody may see people's addresses."""
        return bool(self.caller.workspace.get("anon"))

    # ---- query parameters ------------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        return self.params.get(name, "").strip()

    def texts(self, name: str) -> list[str]:
        """Of a parameter that may be repeated. Refuses more than a hundred."""
        given = self.given or tuple(self.params.items())
        found = [value.strip() for each, value in given if each == name and value.strip()]
        if len(found) > MAX_VALUES:
            raise wrong_param(f"Param '{name}' may be given at most {MAX_VALUES} times.")
        return found

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in TRUE

    def uuid(self, name: str) -> str | None:
        """None if it is not given. Refuses what is no uuid."""
        value = self.text(name)
        return _read_uuid(name, value) if value else None

    def uuids(self, name: str) -> list[str]:
        """Of a parameter that may be repeated."""
        return [_read_uuid(name, value) for value in self.texts(name)]

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise wrong_param(f"Value for {name} must be an integer")
        return int(value)

    def at_most_one_of(self, *names: str) -> None:
        given = [name for name in names if self.text(name)]
        if len(given) > 1:
            raise wrong_param(f"You may only specify one of the {', '.join(sorted(names))} parameters")

    def lookup(self, *names: str) -> tuple[str, str] | None:
        """The parameter by which one object is looked up, and its value. Refuses a uuid that is none."""
        given = [name for name in names if self.text(name)]
        if len(given) > 1:
            raise wrong_param(f"URL can only contain one of the following parameters: {', '.join(sorted(names))}")
        if not given:
            return None
        name = given[0]
        return name, self.uuid(name) or "" if name == "uuid" else self.text(name)

    def must_look_up(self, *names: str) -> tuple[str, str]:
        found = self.lookup(*names)
        if found is None:
            raise wrong_param(f"URL must contain one of the following parameters: {', '.join(sorted(names))}")
        return found

    def period(self, column: str, *only: str) -> tuple[list[str], list[Any]]:
        """Conditions for `before` and `after`, or for `only` one of them, both inclusive; what can't be read as a time matches nothing."""
        conditions, arguments = [], []
        for name in only or _SIGNS:
            value = self.text(name)
            if value:
                moment = read_time(value)
                conditions.append(f"{column} {_SIGNS[name]} %s" if moment else "false")
                arguments += [moment] if moment else []
        return conditions, arguments

    def identified(self, uuids: Mapping[str, str], id_column: str) -> tuple[list[str], list[Any]]:
        """Conditions for the uuids and the `id` that are given; `uuids` says which column each parameter names."""
        conditions: list[str] = []
        arguments: list[Any] = []
        for name, column in uuids.items():
            uuid = self.uuid(name)
            if uuid:
                conditions.append(f"{column} = %s::uuid")
                arguments.append(uuid)
        number = self.integer("id")
        if number is not None:
            conditions.append(f"{id_column} = %s")
            arguments.append(number)
        return conditions, arguments


@dataclass(frozen=True, slots=True)
class Command:
    """What a POST or DELETE asks of the decider, and how its answer is read once the read models have applied it."""

    name: str
    data: Data
    answer: Callable[[Reader, Data], tuple[int, Any]]


def is_uuid(text: Any) -> bool:
    return isinstance(text, str) and bool(
        re.fullmatch(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", text)
    )


def _read_uuid(param: str, value: str) -> str:
    if not is_uuid(value):
        raise wrong_param(f"Param '{param}': {value} is not a valid UUID.")
    return value.lower()


def read_time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


NO_CONTENT: tuple[int, None] = (204, None)

Listing = Callable[[Reader, Call], Any]
Changing = Callable[[Reader, Call], Command]

__all__ = ["NO_CONTENT", "Call", "Caller", "Changing", "Command", "Listing", "Refused", "is_uuid", "read_time"]
