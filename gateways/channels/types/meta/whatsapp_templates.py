"""Templates as WhatsApp takes them, and WhatsApp's names of the languages."""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateways.channels.contract import OutgoingMessage, Template, TemplateComponent, TemplateVariable
from gateways.channels.sending import SendFailed, attachment

_CODES: Final = """
afr:af ara:ar aze:az ben:bn bul:bg cat:ca ces:cs dan:da deu:de ell:el eng:en est:et fas:fa fil:fil fin:fi fra:fr gle:ga
guj:gu hau:ha heb:he hin:hi hrv:hr hun:hu ind:id ita:it jpn:ja kan:kn kat:ka kaz:kk kin:rw_RW kir:ky_KG kor:ko lao:lo
lav:lv lit:lt mal:ml mar:mr mkd:mk msa:ms nld:nl nob:nb nor:nb pan:pa pol:pl por:pt_PT ron:ro rus:ru slk:sk slv:sl
spa:es sqi:sq srp:sr swa:sw swe:sv swh:sw tam:ta tel:te tgl:fil tha:th tur:tr ukr:uk urd:ur uzb:uz vie:vi zho:zh_CN
zul:zu eng-GB:en_GB eng-US:en_US por-BR:pt_BR por-PT:pt_PT spa-AR:es_AR spa-ES:es_ES spa-MX:es_MX zho-CN:zh_CN
zho-HK:zh_HK zho-TW:zh_TW
"""
LANGUAGES: Final[dict[str, str]] = dict(pair.split(":") for pair in _CODES.split())
"""WhatsApp's code by ISO 639-3 code, or by such a code and a country."""

_INDEX: Final = re.compile(r"[0-9]+$", re.ASCII)


def template_language(template: Template, locale: str) -> str:
    """The language the template was approved in, else the nearest to the locale, else English."""
    if template.language:
        return template.language
    wanted = template.locale or locale
    return LANGUAGES.get(wanted) or LANGUAGES.get(wanted[:3], "en")


def template_body(template: Template, message: OutgoingMessage) -> dict[str, Any]:
    """The template object of a request. Raises SendFailed when a component points to a variable that isn't there."""
    body: dict[str, Any] = {
        "name": template.name,
        "language": {"policy": "deterministic", "code": template_language(template, message.locale)},
    }
    components = [_component(each, template.variables) for each in template.components if each.variables]
    return body | {"components": components} if components else body


def _component(component: TemplateComponent, variables: tuple[TemplateVariable, ...]) -> dict[str, Any]:
    kind, _, sub_type = component.type.partition("/")
    values = _values(component.variables, variables)
    if kind != "button":
        return {"type": kind, "parameters": [_parameter(each) for each in values]}
    index = _INDEX.search(component.name)
    as_texts = sub_type == "url"
    name = "text" if as_texts else "payload"
    return {
        "type": "button",
        "sub_type": sub_type or "quick_reply",
        "index": index[0] if index else "0",
        "parameters": [{"type": name, name: each.value} for each in values],
    }


def _values(places: Mapping[str, int], variables: tuple[TemplateVariable, ...]) -> list[TemplateVariable]:
    ordered = sorted(
        places.items(), key=lambda place: (int(place[0]) if place[0].isdecimal() else len(places), place[0])
    )
    if any(not 0 <= index < len(variables) for _, index in ordered):
        raise SendFailed("message_invalid", "The template has fewer variables than its components need.")
    return [variables[index] for _, index in ordered]


def _parameter(variable: TemplateVariable) -> dict[str, Any]:
    if variable.type == "text":
        return {"type": "text", "text": variable.value}
    return {"type": variable.type, variable.type: media_object(variable.type, attachment(variable.value)[1])}


def media_object(kind: str, url: str, caption: str = "") -> dict[str, Any]:
    """A picture, film, sound or document by its link; documents show their name."""
    found = {"link": url}
    if caption:
        found["caption"] = caption
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    if kind == "document" and name:
        found["filename"] = name
    return found
