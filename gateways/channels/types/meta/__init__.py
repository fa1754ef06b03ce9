"""The channel types of Meta's messengers: WhatsApp (four ways to it), Facebook and Instagram."""

from typing import Final

from gateways.channels.channel_type import BuiltType
from gateways.channels.types.meta.cloud import WHATSAPP_CLOUD
from gateways.channels.types.meta.dialog360 import DIALOG360
from gateways.channels.types.meta.kaleyra import KALEYRA
from gateways.channels.types.meta.legacy_facebook import LEGACY_FACEBOOK
from gateways.channels.types.meta.messenger import FACEBOOK, INSTAGRAM
from gateways.channels.types.meta.turn import TURN

META_TYPES: Final[tuple[BuiltType, ...]] = (
    WHATSAPP_CLOUD,
    DIALOG360,
    TURN,
    KALEYRA,
    FACEBOOK,
    INSTAGRAM,
    LEGACY_FACEBOOK,
)
