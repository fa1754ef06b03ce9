"""Every command of the command line: its arguments, and what runs it (imported when it is run)."""

import argparse
import importlib
from typing import Any

_READ_MODEL = "name of a read model, e.g. messages; `all` for every one"


def add_to(commands: Any) -> None:
    up = _command(commands, "up", "run the installation in the foreground", "gateways.cli.running:run_up")
    up.add_argument("--no-demo", action="store_true", help="make no demo workspaces")
    up.add_argument("--takes-over", type=int, help=argparse.SUPPRESS)  # asked by a supervisor that is to give way
    _command(commands, "down", "stop the installation that runs in this folder", "gateways.cli.running:run_down")
    restart = "replace every process by one of this program while all goes on: restarts, and upgrades to the tree it is called from"
    _command(commands, "restart", restart, "gateways.cli.restart:run_restart")
    _command(commands, "status", "processes, log, queues and spool", "gateways.cli.status:run_status")
    _command(commands, "doctor", "what is wrong, and what to do about it", "gateways.cli.doctor:run_doctor")
    _workspaces(commands)
    _services(commands)
    _log(commands)
    _drill(commands)


def _workspaces(commands: Any) -> None:
    workspace = _group(commands, "workspace", "workspaces (organizations)")
    create = _command(workspace, "create", "make a workspace", "gateways.cli.workspaces:create")
    create.add_argument("name")
    create.add_argument("--timezone", default="UTC")
    create.add_argument("--country", default="", help="two letters, e.g. RW: for phone numbers without a country")
    change = _command(workspace, "change", "change a workspace", "gateways.cli.workspaces:change")
    change.add_argument("workspace", help="uuid or name")
    change.add_argument(
        "--quiet-hours", required=True, help="e.g. 21:00-07:00: when bulk waits on its channels; '' for never"
    )
    channel = _group(commands, "channel", "channels")
    _channels(channel)
    claim = _command(channel, "claim", "make a phone with the relayer app a channel", "gateways.cli.claiming:run_claim")
    claim.add_argument("workspace", help="uuid or name")
    claim.add_argument("code", help="the claim code that the app shows")
    claim.add_argument("--number", required=True, help="the phone's own number")
    claim.add_argument("--name", default="")
    exchanges = _command(
        channel,
        "log",
        "requests and responses of a channel, without secrets",
        "gateways.cli.channel_log:run_channel_log",
    )
    exchanges.add_argument("workspace", help="uuid or name")
    exchanges.add_argument("channel", help="uuid, name or address")
    exchanges.add_argument(
        "--message", default="", metavar="ID", help="about this one: uuid, id, or the aggregator's id"
    )
    exchanges.add_argument("--errors", action="store_true", help="only those that went wrong")
    exchanges.add_argument("--since", default="", help="15m, 2h, 3d or a time")
    exchanges.add_argument("--limit", type=int, default=100, help="the newest so many")
    exchanges.add_argument("--full", action="store_true", help="with requests and responses")
    types = _command(
        channel, "types", "every channel type with its settings", "gateways.cli.channel_types:run_channel_types"
    )
    types.add_argument(
        "code", nargs="?", default="", help="the page of one type: what it can do, what it needs, examples"
    )
    types.add_argument("--pages", default="", metavar="FOLDER", help="write the page of every type into this folder")
    attempt = _command(
        channel,
        "try",
        "show the requests that a type or description would send",
        "gateways.cli.channel_try:run_channel_try",
    )
    attempt.add_argument("type", help="code of a channel type, or the file of a description (.toml)")
    attempt.add_argument("--workspace", default="", help="uuid or name: of a type that it described itself")
    attempt.add_argument("--to", default="", help="a URN, e.g. tel:+250788123123")
    attempt.add_argument("--text", default="Are you well?")
    attempt.add_argument(
        "--config", default="{}", help="JSON object; what is required and missing is filled with stand-ins"
    )
    attempt.add_argument("--answer", default="", help="the body the aggregator answers with (status 200)")
    _own_channel_types(commands)
    flow = _group(commands, "flow", "flows")
    load = _command(flow, "import", "import an export file of RapidPro's", "gateways.cli.workspaces:import_flows")
    load.add_argument("workspace", help="uuid or name")
    load.add_argument("file")
    trigger = _group(commands, "trigger", "triggers")
    more = _command(trigger, "add", "start a flow when a message comes", "gateways.cli.workspaces:add_trigger")
    more.add_argument("workspace", help="uuid or name")
    what = more.add_mutually_exclusive_group(required=True)
    what.add_argument("--keyword")
    what.add_argument("--catch-all", action="store_true")
    what.add_argument("--new-conversation", action="store_true")
    what.add_argument("--referral", metavar="REFERRER", help="of this referrer; * for any")
    what.add_argument("--ticket-closed", action="store_true")
    more.add_argument("--channel", help="uuid: only messages over this channel")
    more.add_argument("--flow", required=True, help="uuid")


def _services(commands: Any) -> None:
    llm = _group(commands, "llm", "language models that flows may ask")
    model = _command(
        llm, "add", "add a model behind an endpoint that speaks as OpenAI's does", "gateways.cli.workspaces:add_llm"
    )
    model.add_argument("workspace", help="uuid or name")
    model.add_argument("name")
    model.add_argument("--url", required=True, help="up to and with /v1")
    model.add_argument("--model", required=True)
    model.add_argument("--api-key", default="")
    model.add_argument("--uuid", default="", help="the one that flows name; a new one otherwise")
    airtime = _group(commands, "airtime", "airtime that flows may send")
    account = _command(
        airtime, "add", "set the account with DT One that it is sent from", "gateways.cli.workspaces:add_airtime"
    )
    account.add_argument("workspace", help="uuid or name")
    account.add_argument("--key", required=True, help="API key, of DT One's DVS API")
    account.add_argument("--secret", required=True)
    account.add_argument("--url", default="", help="up to and with /v1; production otherwise")


def _channels(channel: Any) -> None:
    add = _command(channel, "add", "add a channel to a workspace", "gateways.cli.channels:add")
    add.add_argument("workspace", help="uuid or name")
    add.add_argument("type", help="code of the channel type, e.g. EX, KN")
    add.add_argument("--scheme", action="append", help="of URNs, where the type serves several; may be repeated")
    change = _command(channel, "change", "change a channel", "gateways.cli.channels:change")
    _which_channel(change)
    for each in (add, change):
        _about_channel(each)
    pause = _command(channel, "pause", "let what is to be sent over a channel wait", "gateways.cli.channels:pause")
    _which_channel(pause)
    pause.add_argument("--reason", default="", help="for those who wonder")
    _which_channel(_command(channel, "resume", "send what waited", "gateways.cli.channels:resume"))
    show = _command(channel, "list", "the channels of a workspace", "gateways.cli.channels:list_channels")
    show.add_argument("workspace", help="uuid or name")


def _own_channel_types(commands: Any) -> None:
    own = _group(commands, "channel-type", "channel types that a workspace describes itself")
    add = _command(own, "add", "add or replace a description", "gateways.cli.own_channel_types:add")
    add.add_argument("workspace", help="uuid or name")
    add.add_argument("file", help="the description (.toml); see CONTRIBUTING.md")
    show = _command(own, "list", "those of a workspace", "gateways.cli.own_channel_types:list_types")
    show.add_argument("workspace", help="uuid or name")
    remove = _command(own, "remove", "remove one that no channel is of", "gateways.cli.own_channel_types:remove")
    remove.add_argument("workspace", help="uuid or name")
    remove.add_argument("code")


def _which_channel(command: argparse.ArgumentParser) -> None:
    command.add_argument("workspace", help="uuid or name")
    command.add_argument("channel", help="uuid, name or address")


def _about_channel(command: argparse.ArgumentParser) -> None:
    command.add_argument("--address", default="", help="the number or name it is reached by")
    command.add_argument(
        "--config",
        default="{}",
        help="JSON object; keys of the channel type, and tps, max_concurrent, quiet_hours, expire_minutes",
    )
    command.add_argument("--country", default="")
    command.add_argument("--name", default="")
    command.add_argument(
        "--role", action="append", choices=("send", "receive", "call", "answer"), help="may be repeated"
    )
    command.add_argument("--parent", default="", metavar="UUID", help="the channel that it sends or calls for")
    command.add_argument("--match-prefix", action="append", metavar="PREFIX", help="numbers it is for; may be repeated")
    command.add_argument(
        "--international", action=argparse.BooleanOptionalAction, help="whether it sends to other countries"
    )


def _log(commands: Any) -> None:
    rebuild = _command(commands, "rebuild", "build a read model anew from the log", "gateways.cli.rebuilding:run")
    rebuild.add_argument("read_model", help=_READ_MODEL)
    rebuild.add_argument(
        "--compare", action="store_true", help="only compare with the log, in one reading; switch nothing"
    )
    history = _command(commands, "history", "everything that happened to a contact", "gateways.cli.history:run_history")
    history.add_argument("contact", help="uuid, or a URN such as tel:+250788123123")
    history.add_argument("--workspace", help="uuid or name, where a URN alone is not enough")
    replay = _command(commands, "replay", "read the log from its start", "gateways.cli.history:run_replay")
    replay.add_argument("--workspace", help="only this one: uuid or name")
    replay.add_argument("--type", help="only events of this type")
    replay.add_argument("--partition", type=int)
    replay.add_argument("--after", type=int, default=-1, help="only beyond this offset (with --partition)")
    replay.add_argument("--limit", type=int, default=0, help="at most so many events")


def _drill(commands: Any) -> None:
    drill = _group(commands, "drill", "try how it bears a load, with an audit")
    poll = _command(
        drill, "poll", "a poll of many contacts beside quiet organizations", "gateways.cli.drilling:run_poll"
    )
    poll.add_argument("--contacts", type=int, default=1_000)
    poll.add_argument("--quiet", type=int, default=20, help="organizations that exchange single messages meanwhile")
    poll.add_argument("--kill", action="store_true", help="kill processes and servers at random meanwhile")
    poll.add_argument("--yes", action="store_true", help="with --running --kill: yes, kill them")
    poll.add_argument(
        "--no-rebuild", action="store_true", help="leave out the comparison of the read models with a rebuild"
    )
    poll.add_argument("--processes", type=int, default=1, help="of each role, in an installation of its own")
    fair = _command(
        drill,
        "fairness",
        "one giant organization beside many small ones: fair shares",
        "gateways.cli.drilling:run_fairness",
    )
    fair.add_argument("--small", type=int, default=200, help="small organizations")
    fair.add_argument("--every", type=float, default=2.0, help="seconds between the messages of a small one")
    fair.add_argument("--backlog", type=int, default=2_000, help="messages that the giant has waiting at all times")
    fair.add_argument("--seconds", type=int, default=30)
    scale = _command(drill, "scale", "what a message costs as work grows", "gateways.cli.drilling:run_scale")
    scale.add_argument("--contacts", default="1000,10000,100000,1000000", help="of the workspace, in each step")
    scale.add_argument("--processes", default="1,2,4", help="of each role, in each step")
    scale.add_argument("--polled", type=int, default=1_000, help="how many of the contacts are polled, at most")
    for each in (poll, fair):
        each.add_argument("--running", action="store_true", help="use the running installation, not one of its own")
    for each in (poll, fair, scale):
        each.add_argument("--log", choices=("postgres", "kafka"), default="postgres", help="of its own installation")
        each.add_argument("--seed", type=int, default=2026)
        each.add_argument("--report", default="drill-report", metavar="FOLDER", help="for its JSON and HTML reports")


def _group(commands: Any, name: str, about: str) -> Any:
    group = commands.add_parser(name, help=about, description=about)
    return group.add_subparsers(title="commands", metavar="COMMAND", required=True)


def _command(commands: Any, name: str, about: str, runner: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    made.add_argument("--json", action="store_true", help="print the result as JSON")
    made.set_defaults(run=_lazy(runner))
    return made


def _lazy(runner: str) -> Any:
    module, _, name = runner.partition(":")

    def run(options: argparse.Namespace, settings: Any) -> Any:
        return getattr(importlib.import_module(module), name)(options, settings)

    return run
