"""Choosing the rendering of an attachment that a messenger takes: of the right type, and not too large."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateways.channels.contract import MediaFile
from gateways.channels.sending import Progress, attachment

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """What is taken of one kind of file: at most `size` bytes, and one of the content types, best first (none named: any)."""

    size: int
    content_types: tuple[str, ...] = ()

    def takes(self, file: MediaFile) -> bool:
        return file.size <= self.size and (not self.content_types or file.content_type in self.content_types)

    def rank(self, file: MediaFile) -> int:
        """How far from the best its type is."""
        return self.content_types.index(file.content_type) if self.content_types else 0


def main_type(content_type: str) -> str:
    """`image/jpeg` → `image`."""
    return content_type.partition("/")[0]


def choose_media(
    value: str, limits: Mapping[str, MediaLimit], progress: Progress, *, foreign: bool = True
) -> MediaFile | None:
    """The file to send for an attachment; None, and a line in the channel's log, when none will do.

    Of our own files, of the file and its alternates that are within the limits of its kind, the one of the best type. Of files elsewhere
    we know only the type, so with `foreign` they pass if their kind has limits at all.
    """
    content_type, url = attachment(value)
    own = progress.options.media.get(url)
    if own is None:
        if foreign and main_type(content_type) in limits:
            return MediaFile(content_type, url)
    else:
        limit = limits.get(main_type(content_type))
        if limit is not None:
            kind = main_type(content_type)
            fitting = [
                file for file in (own, *own.alternates) if main_type(file.content_type) == kind and limit.takes(file)
            ]
            if fitting:
                return min(fitting, key=limit.rank)
    progress.note("media_unsupported", f"An attachment of type {content_type} can't be sent here.")
    return None
