"""What an address of each kind looks like: some that can exist, some that can't."""

import pytest

from domain.urn.errors import InvalidUrn
from domain.urn.normalise import validate_urn
from domain.urn.schemes import SCHEMES

UUID = "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"
EXAMPLES = {
    "bsuid": (["US.abc123DEF456", "BR.1"], ["br.abc", "BRA.123", "BR.", "BR.a-b", "12345", "BR." + "a" * 129]),
    "ext": (["anything at all", "%#?", "é"], ["x" * 201]),
    "facebook": (["12345678901234567", "ref:welcome"], ["abcdef", "ref:", "+123"]),
    "fcm": (["a:b/c d"], ["x" * 201]),
    "freshchat": ([f"{UUID}/{UUID}"], [UUID, f"{UUID}/x", f"{UUID}/{UUID}/"]),
    "instagram": (["12345"], ["abc", "12 3"]),
    "jiochat": (["12345"], ["12345a"]),
    "line": (["Uasd224", "x" * 36], ["Uqw!123", "x" * 37]),
    "mailto": (["ann@x.com", "a+b@x"], ["ann", "a b@x.com", "@x.com", "a@b@c"]),
    "rocketchat": (["5f2e", "dir:user"], ["x" * 201]),
    "slack": (["U0123ABCDEF"], ["x" * 201]),
    "tel": (["+250788383383", "1", "1337", "prizes", "0788383383"], ["+12345", "+1234567890123456", "07883 83383", "PRIZES", "+prizes"]),
    "telegram": (["12345"], ["abc", "-1", "１２"]),
    "twitter": (["billy_bob", "x" * 15], ["billy!", "@billy", "x" * 16]),
    "twitterid": (["12345"], ["jimmy"]),
    "viber": (["xy5/5y6O81+/kbWHpLhBoA==", "_"], ["asdf!12354", "x" * 25]),
    "vk": (["123456789"], ["x" * 201]),
    "webchat": (["a" * 24, "aA3456789012345678901234:bob@x.com"], ["a" * 23, "a" * 24 + ":", "12345678901234567890123$", "a" * 24 + ":bob"]),
    "wechat": (["o6_bmjrPTlm6_2sgVt7hMZOPfL2M"], ["x" * 201]),
    "whatsapp": (["12354", "US.abc123DEF456"], ["abcde", "+12067799294", "BRA.123", "us.abc"]),
}  # fmt: skip


def _text(scheme: str, path: str) -> str:
    return f"{scheme}:" + path.replace("%", "%25").replace("#", "%23").replace("?", "%3F")


@pytest.mark.parametrize(
    ("scheme", "path"), [(scheme, path) for scheme, (valid, _) in EXAMPLES.items() for path in valid]
)
def test_address_can_exist(scheme: str, path: str) -> None:
    assert validate_urn(_text(scheme, path)).path == path


@pytest.mark.parametrize(("scheme", "path"), [(scheme, path) for scheme, (_, bad) in EXAMPLES.items() for path in bad])
def test_address_can_not_exist(scheme: str, path: str) -> None:
    with pytest.raises(InvalidUrn, match="invalid path component|path component too long"):
        validate_urn(_text(scheme, path))


def test_every_scheme_has_examples() -> None:
    assert EXAMPLES.keys() == SCHEMES.keys()
