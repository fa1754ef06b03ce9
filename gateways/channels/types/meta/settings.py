"""Settings of a channel as text."""

from gateways.channels.contract import Channel
from gateways.channels.sending import SendFailed, as_text


def text_setting(channel: Channel, name: str) -> str:
    """The setting as text, "" when the channel has none."""
    return as_text(channel.config.get(name))


def required_setting(channel: Channel, name: str) -> str:
    """The setting as text. Raises SendFailed when the channel has none."""
    found = text_setting(channel, name)
    if not found:
        raise SendFailed("channel_config", f"'{name}' is required")
    return found


def base_url(channel: Channel) -> str:
    """The start of the aggregator's addresses, without a slash at its end."""
    return text_setting(channel, "base_url").rstrip("/")
