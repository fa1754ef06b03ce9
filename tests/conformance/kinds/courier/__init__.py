"""Channel types against the courier cases: what is understood of a request, what is sent for a message.

Compared are the outcome, the HTTP status and what was understood or sent; wordings are not.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from gateways.channels.catalogue import channel_types
from gateways.channels.contract import MessagePart
from tests.conformance.kinds.courier.receiving import incoming
from tests.conformance.kinds.courier.sending import outgoing
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome

DELIBERATE = {
    "CT[0] incoming Valid Receive UTF-16BE": "the case expects bytes above 0x7f to be spoilt; here the text stays as it was written",
    "MT[0] incoming Receive Part 1": "its second part may not be among the cases here; a part alone is kept, not taken as a message",
    "WC[1] outgoing Error Sending": "the case takes a refusal with the status 401 for success",
    "SL[2] outgoing Send Image": "the case uploads by a call that Slack has retired",
    "VP[3] incoming Delivered Status Report": "the case ignores what was delivered; here it is reported",
    "TQ[0] incoming Receive attachment as base64": "the file is in the event itself; the case names a store of its own",
}


def run(folder: Path) -> Iterator[Outcome]:
    """Every case of every type that exists."""
    for file in sorted((folder / "courier").glob("*.json")):
        document = read_json(file)
        kind = channel_types().get(document["channel_type"])
        for number, suite in enumerate(document["suites"]):
            seen: dict[str, int] = {}
            parts: list[MessagePart] = []
            kept: dict[str, str] = {}
            for case in suite["cases"]:
                label = case["label"]
                seen[label] = seen.get(label, 0) + 1
                name = f"{file.stem}[{number}] {suite['kind']} {label}" + (f" #{seen[label]}" * (seen[label] > 1))
                if kind is None:
                    yield name, False, "no such channel type"
                elif suite["kind"] == "incoming":
                    yield checked(name, partial(incoming, kind, document, suite, case, parts))
                else:
                    yield checked(name, partial(outgoing, kind, document, suite, case, kept))
