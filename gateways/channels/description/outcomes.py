"""What a description says about the aggregator's answers: when it was accepted, what failed and whether to try again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import re2

from gateways.channels.contract import HttpResponse
from gateways.channels.description.conditions import condition
from gateways.channels.description.fields import Getter, getter, read_answer, text_of
from gateways.channels.description.section import Section
from gateways.channels.sending import SendFailed, require_success

FAILURES: Final = (
    "channel_config",
    "connection_failed",
    "connection_throttled",
    "response_status",
    "response_content",
    "response_unparseable",
    "response_unexpected",
    "contact_stopped",
    "rejected_with_reason",
)

REFUSED: Final = "refused"

Test = Callable[[HttpResponse, Any], bool]

_QUIET: Final = re2.Options()
_QUIET.log_errors = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A kind of failure, and where the aggregator's own code and words are."""

    test: Test
    code: str
    external_code: Callable[[HttpResponse, Any], str]
    text: Callable[[HttpResponse, Any], str]
    retry: bool | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How an answer is judged."""

    parse: str
    unparseable: str
    root: str
    failures: tuple[Failure, ...]
    accepts: Test
    not_accepted: Failure
    external_id: Callable[[HttpResponse, Any], str]
    external_id_required: str | None

    def judge(self, response: HttpResponse) -> str:
        """The aggregator's id of what it accepted, "" when it gives none. Raises SendFailed."""
        answer = read_answer(self.parse, response.body) if self.parse else None
        for failure in self.failures:
            if failure.test(response, answer):
                raise _failed(failure, response, answer)
        require_success(response)
        if self.parse and (answer is None or (self.root and answer.tag != self.root)):
            if self.unparseable == "accepted":
                return ""
            raise SendFailed(self.unparseable, "The aggregator's answer can't be read.")
        if not self.accepts(response, answer):
            raise _failed(self.not_accepted, response, answer)
        found = self.external_id(response, answer)
        if not found and self.external_id_required:
            raise SendFailed(self.external_id_required, "The aggregator gave no id for the message.")
        return found


def _failed(failure: Failure, response: HttpResponse, answer: Any) -> SendFailed:
    text = failure.text(response, answer) or "The aggregator did not accept the message."
    return SendFailed(failure.code, text, external_code=failure.external_code(response, answer), retry=failure.retry)


def outcomes(send: Section) -> Outcomes:
    """Compiles `response`, `fail`, `ok` and `not_ok` of a description's `send`."""
    section = send.section("response") or Section(f"{send.place}.response", {})
    parse = section.one_of("format", ("", "json", "xml", "query"), "")
    required = section.flag("external_id_required")
    built = Outcomes(
        parse=parse,
        unparseable=section.one_of("unparseable", (*FAILURES, "accepted"), "response_unparseable"),
        root=section.text("root", ""),
        failures=tuple(_failure(each, parse, _test(each, parse)) for each in send.sections("fail")),
        accepts=_accepts(send.section("ok"), parse),
        not_accepted=_not_accepted(send.section("not_ok"), parse),
        external_id=_external_id(section, parse),
        external_id_required=(section.one_of("missing_id", FAILURES, "response_content") if required else None),
    )
    section.finish()
    return built


def _test(section: Section, parse: str) -> Test:
    """The test of a failure: a status, fields of the answer, a pattern found in the body, or that it is `unreadable`; all that are given.

    `http` is a status, a list of them, or `refused` for all but 2xx. An answer that can't be read has no fields.
    """
    statuses = section.raw("http")
    listed = [] if statuses is None or statuses == REFUSED else statuses if isinstance(statuses, list) else [statuses]
    if not all(isinstance(each, int) for each in listed):
        raise section.wrong("http", f"a status, a list of them or '{REFUSED}' is expected")
    refused, unreadable = statuses == REFUSED, section.flag("unreadable")
    wanted = section.table("when")
    holds = condition(parse or "json", section, wanted)
    pattern = section.optional_text("body")
    found = _pattern(section, "body", pattern) if pattern is not None else None

    def test(response: HttpResponse, answer: Any) -> bool:
        if (listed and response.status not in listed) or (refused and response.status // 100 == 2):
            return False
        if unreadable and answer is not None:
            return False
        if found is not None and not found.search(response.body.decode("utf-8", "replace")):
            return False
        return holds(answer, answer) if answer is not None else bool(listed or refused or found) and not wanted

    return test


def _accepts(section: Section | None, parse: str) -> Test:
    if section is None:
        return lambda response, answer: True
    test = _test(section, parse)
    section.finish()
    return test


def _not_accepted(section: Section | None, parse: str) -> Failure:
    if section is None:
        section = Section("not_ok", {"as": "response_content"})
    return _failure(section, parse, lambda response, answer: True)


def _failure(section: Section, parse: str, test: Test) -> Failure:
    retry = section.flag("retry") if section.has("retry") else None
    built = Failure(
        test, section.one_of("as", FAILURES), _value(section, "code", parse), _value(section, "text", parse), retry
    )
    section.finish()
    return built


def _value(section: Section, key: str, parse: str) -> Callable[[HttpResponse, Any], str]:
    """A field of the answer, `body:` and a pattern to find in the body; `words` says what codes mean."""
    prefix = section.text(f"{key}_prefix", "")
    words = section.table(f"{key}_words")
    name = section.optional_text(key)
    if name is None:
        return lambda response, answer: ""
    find = _finder(section, key, name, parse)
    return lambda response, answer: (prefix + str(words.get(found, found))) if (found := find(response, answer)) else ""


def _pattern(section: Section, key: str, text: str) -> Any:
    """In linear time, whoever wrote it. Raises DescriptionError."""
    try:
        return re2.compile(text, _QUIET)
    except re2.error as error:
        raise section.wrong(key, f"a regular expression (RE2) is expected: {error}") from None


def _finder(section: Section, key: str, name: str, parse: str) -> Callable[[HttpResponse, Any], str]:
    if name.startswith("body:"):
        pattern = _pattern(section, key, name.removeprefix("body:"))

        def in_body(response: HttpResponse, answer: Any) -> str:
            found = pattern.search(response.body.decode("utf-8", "replace"))
            return (found[pattern.groups] or "") if found else ""

        return in_body
    find: Getter = getter(parse or "json", name)
    return lambda response, answer: text_of(find, answer, answer) if answer is not None else ""


def _external_id(section: Section, parse: str) -> Callable[[HttpResponse, Any], str]:
    name = section.optional_text("external_id")
    if name is None:
        return lambda response, answer: ""
    find = _finder(section, "external_id", name, parse)

    def external_id(response: HttpResponse, answer: Any) -> str:
        found = find(response, answer)
        return "" if found in ("0", "null") else found

    return external_id
