"""TWT, direct messages on X: they come over a link (the activity stream of the app, one for all its handles), and are sent by requests.

The handle's user has to have authorised the app: OAuth 2.0 with dm.read, dm.write, tweet.read, users.read (and media.write for files,
offline.access for a refresh token). With a refresh token the link keeps the access token fresh; without one it has to be one that lasts.
"""

from typing import Final

from gateways.channels.channel_type import BuiltType, Features
from gateways.channels.contract import ConfigField
from gateways.channels.types.x.api import API
from gateways.channels.types.x.receiving import find_file
from gateways.channels.types.x.sending import TEXT_LIMIT, find_name, send

X: Final = BuiltType(
    code="TWT",
    name="X (Twitter)",
    schemes=("twitterid",),
    receivers={},
    send=send,
    fetch=find_file,
    find_name=find_name,
    fields=(
        ConfigField("bearer_token", "secret", required=True),
        ConfigField("handle_id", required=True),
        ConfigField("access_token", "secret", required=True),
        ConfigField("refresh_token", "secret"),
        ConfigField("access_until"),
        ConfigField("client_id"),
        ConfigField("client_secret", "secret"),
        ConfigField("api_url", "url", default=API),
    ),
    features=Features(attachments="media", max_length=TEXT_LIMIT, linked=True),
)
