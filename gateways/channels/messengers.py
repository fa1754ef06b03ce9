"""The messengers written in code, Meta's apart."""

from typing import Final

from gateways.channels.channel_type import BuiltType
from gateways.channels.types.firebase import FIREBASE
from gateways.channels.types.freshchat import FRESHCHAT
from gateways.channels.types.jiochat import JIOCHAT
from gateways.channels.types.line import LINE
from gateways.channels.types.messagebird import MESSAGEBIRD
from gateways.channels.types.rocketchat import ROCKETCHAT
from gateways.channels.types.slack import SLACK
from gateways.channels.types.telegram import TELEGRAM
from gateways.channels.types.viber import VIBER
from gateways.channels.types.vk import VK
from gateways.channels.types.wechat import WECHAT
from gateways.channels.types.x import X

MESSENGER_TYPES: Final[tuple[BuiltType, ...]] = (
    TELEGRAM,
    VIBER,
    LINE,
    MESSAGEBIRD,
    VK,
    FRESHCHAT,
    ROCKETCHAT,
    WECHAT,
    JIOCHAT,
    SLACK,
    FIREBASE,
    X,
)
