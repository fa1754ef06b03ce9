"""Rules that single texts of a definition must keep."""

from __future__ import annotations

import re

from domain.flow.definition.language_codes import is_language_code
from domain.flow.definition.shapes import Check

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_LOCAL = re.compile(r"[a-z_][a-z0-9_]{0,63}")
_CONTENT_TYPE = re.compile(r"image|audio|video|application|geo|unavailable|\w+/[-+.\w]+", re.ASCII)
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

FLOW_TYPES = ("messaging", "messaging_background", "messaging_offline", "voice")
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CONTACT_STATUSES = ("active", "blocked", "stopped", "archived")
LOCAL_OPERATIONS = ("set", "increment", "clear")
HINT_TYPES = ("audio", "image", "video", "location", "digits")
MAX_NAME = 64
"""Characters of a flow's, result's and category's name."""

TEST_NAMES = frozenset(
    [
        "has_error",
        "has_only_text",
        "has_text",
        "has_value",
        "has_phrase",
        "has_only_phrase",
        "has_any_word",
        "has_all_words",
        "has_beginning",
        "has_pattern",
        "has_number",
        "has_number_between",
        "has_number_eq",
        "has_number_lt",
        "has_number_lte",
        "has_number_gt",
        "has_number_gte",
        "has_date",
        "has_date_eq",
        "has_date_lt",
        "has_date_gt",
        "has_time",
        "has_phone",
        "has_email",
        "has_group",
        "has_category",
        "has_state",
        "has_district",
        "has_ward",
        "has_intent",
        "has_top_intent",
    ]
)
"""Every test that a case of a switch may name."""

URN_SCHEMES = frozenset(
    [
        "discord",
        "ext",
        "facebook",
        "fcm",
        "freshchat",
        "instagram",
        "jiochat",
        "line",
        "mailto",
        "rocketchat",
        "slack",
        "tel",
        "telegram",
        "twitter",
        "twitterid",
        "viber",
        "vk",
        "webchat",
        "wechat",
        "whatsapp",
        "bsuid",
    ]
)


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID with dashes."""
    return _UUID.fullmatch(text) is not None


def is_header_name(text: str) -> bool:
    """Whether the text may be the name of an HTTP header."""
    return _HEADER.fullmatch(text) is not None


def _is_attachment(text: str) -> bool:
    content_type, _, url = text.partition(":")
    return bool(url) and _CONTENT_TYPE.fullmatch(content_type.lower()) is not None


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME


def _is_local(text: str) -> bool:
    return _LOCAL.fullmatch(text) is not None


IS_UUID = Check(is_uuid, "must be a valid UUID")
IS_ATTACHMENT = Check(_is_attachment, "is not a valid attachment")
IS_RESULT_NAME = Check(_is_name, "is not a valid result name")
IS_RESULT_CATEGORY = Check(_is_name, "is not a valid result category")
IS_LOCAL = Check(_is_local, "is not a valid local variable reference")
IS_LANGUAGE = Check(is_language_code, "is not a valid language code")
IS_FLOW_TYPE = Check(FLOW_TYPES.__contains__, "is not a valid flow type")
IS_HTTP_METHOD = Check(HTTP_METHODS.__contains__, "is not a valid HTTP method")
IS_CONTACT_STATUS = Check(CONTACT_STATUSES.__contains__, "is not a valid contact status")
IS_URN_SCHEME = Check(URN_SCHEMES.__contains__, "is not a valid URN scheme")
IS_LOCAL_OPERATION = Check(LOCAL_OPERATIONS.__contains__, "must be one of set, increment, clear")
IS_HINT_TYPE = Check(HINT_TYPES.__contains__, "is not a valid hint type")
