"""Everything around expressions: formats, dates, places, words, collation, locales, phones, URNs, attachments."""

from collections.abc import Iterator
from pathlib import Path

from tests.conformance.kinds.envs import addresses, dates, environments, texts
from tests.conformance.kinds.envs.texts import parse_number_errors
from tests.conformance.outcomes import checked, numbered, read_json
from tests.conformance.runner import Outcome

CHECKS = dates.CHECKS | environments.CHECKS | texts.CHECKS | addresses.CHECKS


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "envs.json")
    for section, given in document.items():
        checks = CHECKS.get(section) or CHECKS.get(section.split(":")[0] + ":" + section.split(":")[-1])
        if section == "meta" or checks is None:
            if section != "meta":
                yield section, False, "there is no check for this section"
            continue
        check = checks(given, folder)
        for name, case in numbered(section, given.get("cases", [])):
            yield checked(name, lambda check=check, case=case: check(case))  # type: ignore[misc]
    yield from parse_number_errors(document["parse_number"].get("errors", []))
