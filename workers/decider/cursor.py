"""How far a partition is decided: what the decider commits together with its decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from domain.errors import Invalid, UnknownEvent

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which inputs of a partition are decided.

    An input above `read_to` is not. One at or below `read_to` is, unless its organization is in `behind`: there stands the place
    (offset, index) of the organization's first undecided input, and all that follow it are undecided too. The place may lie before
    the input itself if nothing of the organization stands in between.

    `next_id` is the partition's counter for integer ids; it is kept here because it must move with the decisions that used it.
    """

    read_to: int = -1
    behind: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    next_id: int = 1

    def encode(self) -> bytes:
        """Bytes for `DeciderSession.commit`: about 50 for each organization that is behind.

        Places are written as their distance from `read_to`, which keeps them short for ever.
        """
        head = self.read_to
        places = {
            org: [head - offset, index] if index else head - offset for org, (offset, index) in self.behind.items()
        }
        return orjson.dumps({"v": _VERSION, "read_to": head, "next_id": self.next_id, "behind": places})

    @staticmethod
    def decode(encoded: bytes) -> "Cursor":
        """The cursor from its bytes; the start of the partition from b"".

        Raises UnknownEvent if a newer program wrote it, Invalid if it can't be read.
        """
        if not encoded:
            return Cursor()
        try:
            shape = orjson.loads(encoded)
            if shape["v"] > _VERSION:
                raise UnknownEvent(
                    f"the decider's cursor has version {shape['v']}, this program knows {_VERSION}; upgrade it"
                )
            head: int = shape["read_to"]
            behind = {
                org: (head - place, 0) if isinstance(place, int) else (head - place[0], place[1])
                for org, place in shape["behind"].items()
            }
            return Cursor(head, behind, shape["next_id"])
        except (orjson.JSONDecodeError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise Invalid(
                "the decider's cursor can't be read: expected read_to, behind and next_id", field="cursor"
            ) from error
