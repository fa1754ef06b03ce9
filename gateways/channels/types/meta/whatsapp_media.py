"""Finding the download for a media that WhatsApp names by its id."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import orjson

from gateways.channels.contract import FetchPlan, HttpRequest
from gateways.channels.sending import as_text


def fetch_media(
    attachment: str, url: str, headers: Mapping[str, str], moved: Callable[[str], str] = lambda found: found
) -> FetchPlan:
    """Asks `url` for the address of `media:<id>`; the download goes to `moved` of it, with the same headers.

    Any other attachment is downloaded from where it is, without headers of ours.
    """
    if not attachment.startswith("media:"):
        return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None
    reference = quote(attachment.removeprefix("media:"), safe="")
    response = yield HttpRequest("GET", f"{url}/{reference}", headers)
    try:
        answer = orjson.loads(response.body) if response.status == 200 else None
    except orjson.JSONDecodeError:
        return None
    found = as_text(answer.get("url")) if isinstance(answer, dict) else ""
    return HttpRequest("GET", moved(found), headers) if found.startswith(("http://", "https://")) else None
