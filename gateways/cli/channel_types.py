"""`evenkeel channel types`: what can be added, and the settings each takes. Needs no running installation."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateways.channels.catalogue import channel_type, channel_types
from gateways.channels.channel_type import BuiltType
from gateways.channels.pages import page_of
from gateways.cli.main import show
from infra.settings import Settings


def run_channel_types(options: argparse.Namespace, settings: Settings) -> int:
    """[{code, name, schemes, config: [{name, kind, required, default, choices}]}]"""
    if options.pages:
        return _write_pages(options, Path(options.pages))
    if options.code:
        kind = channel_type(options.code)
        show(options, kind.describe(), page_of(kind))
        return 0
    found = channel_types().values()
    show(options, [_described(each) for each in found], "\n".join(_line(each) for each in found))
    return 0


def _write_pages(options: argparse.Namespace, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in channel_types().values():
        (folder / f"{kind.code.lower()}.md").write_text(page_of(kind), encoding="utf-8")
    show(options, {"pages": len(channel_types())}, f"{len(channel_types())} pages in {folder}")
    return 0


def _described(kind: BuiltType) -> dict[str, Any]:
    config = [asdict(field) for field in kind.fields]
    return {"code": kind.code, "name": kind.name, "schemes": list(kind.schemes), "config": config}


def _line(kind: BuiltType) -> str:
    settings = " ".join(field.name if field.required else f"[{field.name}]" for field in kind.fields)
    return f"{kind.code:<4} {kind.name:<24} {settings}"
