"""Messages in the contact's language."""

import json
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from domain.flow.engine.sprint import start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.kinds.expressions.checking import Check, Checks
from tests.conformance.outcomes import read_json
from tests.conformance.service_mocks import ServiceMocks
from tests.conformance.universe import Universe


def _translation(given: dict[str, Any], folder: Path) -> Check:
    path = folder / "engine" / "translation_assets.json"

    def check(case: Any) -> str:
        universe = Universe(folder)
        document = read_json(path)
        document["flows"][0]["nodes"][0]["actions"][0] = json.loads(case["msgAction"])
        assets = Assets.from_json(document, ids=universe.uuid4)
        contact = Contact.from_json(_bob(case["contactLang"], universe), assets)
        trigger = {
            "type": "manual",
            "flow": {key: document["flows"][0][key] for key in ("uuid", "name")},
            "triggered_on": universe.now_text(),
        }
        sprint = start_session(
            assets=assets,
            environment=Environment.from_json({"allowed_languages": case["envLangs"]}),
            contact=contact,
            trigger=read_trigger(trigger),
            world=universe,
            services=ServiceMocks(universe),
        )
        message = plain(sprint.events)[1]["msg"]
        replies = [
            {key.lower(): text for key, text in reply.items()} for reply in case.get("expectedQuickReplies") or []
        ]
        return (
            difference(message.get("text", ""), case["expectedText"], "text")
            or difference(message.get("attachments", []), case.get("expectedAttachments") or [], "attachments")
            or difference(message.get("quick_replies", []), replies, "quick_replies")
        )

    return check


def _bob(language: str, universe: Universe) -> dict[str, Any]:
    return {
        "uuid": universe.uuid4(),
        "name": "Bob",
        "status": "active",
        "language": language,
        "created_on": universe.now_text(),
        "urns": ["tel:+12065551212"],
    }


CHECKS: dict[str, Checks] = {
    "translation": _translation,
}
