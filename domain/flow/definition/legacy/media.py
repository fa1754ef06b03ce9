"""Recordings and pictures of version 11 were named by a path below the place where media were kept."""

from __future__ import annotations

_TYPES = {
    "jpg": "image", "jpeg": "image", "png": "image", "gif": "image", "webp": "image",
    "mp3": "audio", "m4a": "audio", "wav": "audio", "ogg": "audio", "oga": "audio", "aac": "audio", "amr": "audio",
    "mp4": "video", "mpeg": "video", "avi": "video", "mov": "video", "3gp": "video", "webm": "video",
    "pdf": "application", "doc": "application", "docx": "application", "xls": "application", "xlsx": "application",
}  # fmt: skip


def media_url(path: str, base_media_url: str) -> str:
    """An address out of a path; what is one already, or will be made by an expression, stays as it is."""
    if not path or path.startswith(("http://", "https://", "@")):
        return path
    return f"{base_media_url.rstrip('/')}/{path.lstrip('/')}" if base_media_url else path


def attachment(media: str, base_media_url: str) -> str:
    """`type:address` out of `type:path`, or out of a path whose ending tells the type."""
    content_type, separator, path = media.partition(":")
    if not separator or "//" in media[: len(content_type) + 3]:
        ending = media.rpartition(".")[2].lower()
        content_type, path = _TYPES.get(ending, "image"), media
    return f"{content_type}:{media_url(path, base_media_url)}"
