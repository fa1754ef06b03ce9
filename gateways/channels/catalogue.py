"""Every channel type there is: descriptions from `types/*.toml`, code from the modules named here, and what workspaces describe themselves.

Descriptions are read when the catalogue is first asked, once for each process, and never at import.
"""

from functools import cache, lru_cache

from domain.errors import NotFound
from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Channel
from gateways.channels.description.load import load_descriptions, read_description
from gateways.channels.messengers import MESSENGER_TYPES
from gateways.channels.types.android import ANDROID
from gateways.channels.types.external import EXTERNAL
from gateways.channels.types.infobip import INFOBIP
from gateways.channels.types.kannel import KANNEL
from gateways.channels.types.meta import META_TYPES
from gateways.channels.types.smpp import SMPP
from gateways.channels.types.thinq import THINQ
from gateways.channels.types.twilio import TWILIO_TYPES

CODED_TYPES = (ANDROID, EXTERNAL, KANNEL, SMPP, INFOBIP, THINQ, *MESSENGER_TYPES, *META_TYPES, *TWILIO_TYPES)


@cache
def channel_types() -> dict[str, BuiltType]:
    """All types by their code, in alphabetical order."""
    found = {each.code: each for each in (*CODED_TYPES, *load_descriptions())}
    return dict(sorted(found.items()))


def channel_type(code: str) -> BuiltType:
    """The type of a code; codes are upper case, but addresses may be passed as they are. Raises NotFound."""
    found = channel_types().get(code) or channel_types().get(code.upper())
    if found is None:
        raise NotFound(f"There is no channel type '{code}'.")
    return found


def type_of(channel: Channel) -> BuiltType:
    """The type of a channel: its workspace's own, or one that comes with the program. Raises NotFound, DescriptionError."""
    return _described(channel.description) if channel.description else channel_type(channel.type)


@lru_cache(maxsize=1_000)
def _described(text: str) -> BuiltType:
    return read_description(text)
