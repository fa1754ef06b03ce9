"""Which locale serves somebody who prefers others."""

import pytest

from domain.environment.locale_names import names_for
from domain.environment.locales import best_locale


@pytest.mark.parametrize(
    ("preferred", "available", "best"),
    [
        (["eng-US"], ["es_EC", "en-US"], "en-US"),
        (["spa-EC", "eng-US"], ["en_US", "es_ES", "es_MX"], "es_MX"),
        (["spa-AO"], ["es_AR", "es_ES"], "es_ES"),
        (["spa"], ["es-EC", "es-MX", "es-ES"], "es-ES"),
        (["por-MZ"], ["pt-BR", "pt-PT"], "pt-PT"),
        (["por-AR"], ["pt-PT", "pt-BR"], "pt-BR"),
        (["eng-IN"], ["en-CA", "en-GB"], "en-GB"),
        (["eng-RW"], ["en-US", "en-GB"], "en-GB"),
        (["eng-PR"], ["en-GB", "en-US"], "en-US"),
        (["eng", "fra"], ["fr-CA", "en-RW"], "en-RW"),
        (["fra", "eng"], ["fr-CA", "en-RW"], "fr-CA"),
        (["ara-TN"], ["ar-EG", "ar-MA"], "ar-MA"),
        (["zho-TW"], ["zh-CN", "zh-Hant"], "zh-Hant"),
        (["nor"], ["sv", "nb"], "nb"),
        (["tgl"], ["en", "fil"], "fil"),
    ],
)
def test_same_language_is_chosen_by_region_and_standard(preferred: list[str], available: list[str], best: str) -> None:
    assert best_locale(preferred, available) == best


@pytest.mark.parametrize(
    ("preferred", "available", "best"),
    [
        (["kin"], ["en_US", "fr_FR"], "fr_FR"),
        (["kin", "eng"], ["fr_FR", "en_US"], "en_US"),
        (["aym"], ["en_US", "es_BO"], "es_BO"),
        (["ind"], ["en_US", "ms"], "en_US"),
        (["msa"], ["en_US", "id"], "id"),
        (["dan"], ["sv", "nb"], "nb"),
    ],
)
def test_another_language_serves_that_is_read_too(preferred: list[str], available: list[str], best: str) -> None:
    assert best_locale(preferred, available) == best


@pytest.mark.parametrize(
    ("preferred", "available", "best"),
    [
        (["deu"], ["ru", "fr"], "fr"),
        (["deu"], ["fr", "ru"], "fr"),
        (["jpn"], ["ru", "fr"], "ru"),
        ([], ["es_EC", "en-US"], "es_EC"),
    ],
)
def test_unmet_preference_gets_the_first_in_its_script(preferred: list[str], available: list[str], best: str) -> None:
    assert best_locale(preferred, available) == best


def test_months_are_named_in_the_nearest_locale() -> None:
    assert names_for("spa-EC").months[0] == "enero"
    assert names_for("aym").months[0] == "enero"
    assert names_for("jpn-BR").months[0] == "1月"
    assert names_for("tlh").months[0] == "January"
