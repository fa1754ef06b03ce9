"""Multipart bodies, with a boundary that is given (the message's uuid): nothing here is random."""

from collections.abc import Mapping, Sequence


def multipart_body(
    fields: Mapping[str, str], files: Sequence[tuple[str, str, str, bytes]] = (), *, boundary: str
) -> tuple[bytes, str]:
    """The body and its content type. A file is its field's name, its own name, its content type and its bytes."""
    mark = f"evenkeel-{boundary}"
    out = bytearray()
    for name, value in fields.items():
        out += f'--{mark}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'.encode()
    for name, file_name, content_type, data in files:
        head = f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(file_name)}"'
        out += f"--{mark}\r\n{head}\r\nContent-Type: {content_type}\r\n\r\n".encode() + data + b"\r\n"
    out += f"--{mark}--\r\n".encode()
    return bytes(out), f"multipart/form-data; boundary={mark}"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "").replace("\n", "")
