"""A, an Android phone with the relayer app: it has no address to send to, it comes and collects (see `gateways/android`)."""

from typing import Final

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Channel, ConfigField, OutgoingMessage, SendOptions, SendPlan
from gateways.channels.sending import Progress, SendFailed, Steps, plan


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """Nothing can be sent to a phone."""
    return plan(_refuse, options)


def _refuse(progress: Progress) -> Steps:
    raise SendFailed("channel_config", "A phone collects its messages; nothing is sent to it.")
    yield


ANDROID: Final = BuiltType(
    code="A",
    name="Android phone",
    schemes=("tel",),
    receivers={},
    send=send,
    fields=(ConfigField("relayer_id", "int", required=True),),
)
