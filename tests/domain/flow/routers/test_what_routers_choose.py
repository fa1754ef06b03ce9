"""Routers in a flow: what they choose, and what they keep of it."""

from typing import Any

from tests.domain.flow.definition.examples import YES, YES_CASE, case, switch
from tests.domain.flow.engine.conversation import Conversation, flow_of, node_of

Translations = dict[str, dict[str, dict[str, list[str]]]]


def result_of(operand: str, localization: Translations, *, allowed: tuple[str, ...] = ("eng", "spa")) -> dict[str, Any]:
    """The result of a split on `ready` with a contact who speaks Spanish."""
    router = switch(operand, case("has_any_word", "ready"), result_name="Consent")
    conversation = Conversation({**flow_of(node_of(1, router=router)), "localization": localization})
    conversation.environment = conversation.environment.merged(allowed_languages=allowed)
    conversation.contact = conversation.contact.with_changes(language="spa")
    (run,) = conversation.start().session.runs
    assert run.results is not None
    return run.results["consent"].to_json()


def test_answer_in_the_contacts_language_matches() -> None:
    result = result_of("listo", {"spa": {YES_CASE: {"arguments": ["listo"]}, YES: {"name": ["Sí"]}}})
    assert (result["category"], result["category_localized"]) == ("Yes", "Sí")


def test_translated_category_is_kept_though_it_reads_the_same() -> None:
    assert result_of("ready", {"spa": {YES: {"name": ["Yes"]}}})["category_localized"] == "Yes"


def test_untranslated_category_is_not_kept_twice() -> None:
    assert "category_localized" not in result_of("ready", {"spa": {}})


def test_translated_arguments_of_another_number_leave_the_test_as_it_was_written() -> None:
    translations = {
        "spa": {YES_CASE: {"arguments": ["listo", "ya"]}},
        "fra": {YES_CASE: {"arguments": ["prêt"]}},
    }
    answers = [result_of(word, translations, allowed=("fra", "spa"))["category"] for word in ("ready", "listo", "prêt")]
    assert answers == ["Yes", "Other", "Other"]
