"""`evenkeel`: the command line. `evenkeel COMMAND --help` says what each command takes."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from domain.errors import EvenkeelError, Unavailable
from infra.settings import Settings
from infra.supervisor.run_folder import RunFolder

Command = Callable[[argparse.Namespace, Settings], Any]
"""Returns what `--json` prints; `None` prints nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ, home(os.environ))
        return int(options.run(options, settings) or 0)
    except EvenkeelError as error:
        return _fail(options, error)
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    from gateways.cli import commands

    made = argparse.ArgumentParser(
        prog="evenkeel", description="Conversations between organizations and their contacts."
    )
    found = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands.add_to(found)
    return made


def home(environment: Mapping[str, str]) -> Path:
    """A data folder that is named is below the current folder; else the installation's own is meant, wherever we are called from."""
    return Path.cwd() if environment.get("EVENKEEL_DATA") else Path(__file__).resolve().parents[2]


def running(settings: Settings) -> Settings:
    """The settings of the installation that runs in this folder. Raises Unavailable if none does."""
    folder = RunFolder(settings.data)
    addresses: Mapping[str, str] | None = folder.read("installation.json")
    if addresses is None or folder.supervisor() is None:
        raise Unavailable(f"No Evenkeel runs on {settings.data}. Start it with `make up`.")
    return Settings.from_environment(addresses, Path.cwd())


def show(options: argparse.Namespace, result: Any, text: str) -> None:
    """Print a result: as JSON if that was asked for, else as text."""
    if options.json:
        sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
    elif text:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _fail(options: argparse.Namespace, error: EvenkeelError) -> int:
    field = getattr(error, "field", None)
    if getattr(options, "json", False):
        said = {"error": error.sentence} | ({"field": field} if field else {})
        sys.stdout.write(orjson.dumps(said).decode() + "\n")
    else:
        sys.stderr.write(f"evenkeel: {field + ': ' if field else ''}{error.sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
