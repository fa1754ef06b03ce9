"""Makes the demo workspaces through the same commands as everybody's, and writes `demo.json` for whoever wants to try them."""

import hashlib
import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from domain.errors import Invalid
from gateways.cli.demo.plan import Plan, read_or_draw

Data = dict[str, Any]
Submit = Callable[[str, str, Data], Any]
"""(organization, command, data) -> result; raises Invalid when refused."""

ROLES = ["send", "receive"]


def set_up(data: Path, base_url: str, submit: Submit) -> None:
    """Make what is missing and write demo.json. Run again, it makes nothing twice."""
    plan = read_or_draw(data / "demo-plan.json")
    done = data / "demo-made"
    if not done.exists():
        for workspace in plan["workspaces"]:
            _make(workspace, plan["login"], base_url, submit)
    elif done.read_text() != base_url:
        for workspace in plan["workspaces"]:
            _move(workspace, base_url, submit)
    done.write_text(base_url)
    _write(data / "demo.json", _description(plan, base_url))


def _make(workspace: Plan, login: Data, base_url: str, submit: Submit) -> None:
    def once(name: str, data: Data) -> None:
        try:
            submit(workspace["uuid"], name, data)
        except Invalid as refusal:
            if "exists already" not in refusal.sentence:
                raise

    profile = {key: workspace[key] for key in ("uuid", "name", "timezone", "country")}
    once("create_workspace", {"workspace": {**profile, "languages": ["eng"], "date_style": "day_first", "anon": False}})
    user = {"uuid": workspace["user"], "email": login["email"], "name": "Demo", "role": "administrator"}
    once("add_user", {"user": user, "password_hash": hash_password(login["password"])})
    token_hash = hashlib.sha256(workspace["api_token"].encode()).hexdigest()
    reference = {"uuid": user["uuid"], "email": user["email"]}
    once("issue_api_token", {"token_hash": token_hash, "user": reference, "role": "administrator"})
    for channel in workspace["channels"]:
        country = workspace["country"]
        made = {**channel, "country": country, "schemes": ["tel"], "roles": ROLES, "config": _config(channel, base_url)}
        once("add_channel", {"channel": made})
    once(
        "add_field", {"field": {"uuid": workspace["field"], "key": "household", "name": "Household", "type": "number"}}
    )
    once("set_global", {"global": _survey_url(workspace, base_url)})
    definition = orjson.loads(files("gateways.cli.demo").joinpath("water_survey.json").read_bytes())["flows"][0]
    submit(workspace["uuid"], "save_flow", {"definition": {**definition, "uuid": workspace["flow"]}})
    keyword = {"uuid": workspace["keyword"], "type": "keyword", "keywords": ["survey"], "match": "first"}
    once("add_trigger", {"trigger": {**keyword, "flow": workspace["flow"]}})


def _move(workspace: Plan, base_url: str, submit: Submit) -> None:
    """The installation answers at another address than before."""
    for channel in workspace["channels"]:
        changes = {"config": _config(channel, base_url)}
        submit(workspace["uuid"], "change_channel", {"channel": channel["uuid"], "changes": changes})
    submit(workspace["uuid"], "set_global", {"global": _survey_url(workspace, base_url)})


def _survey_url(workspace: Plan, base_url: str) -> Data:
    return {"uuid": workspace["global"], "key": "survey_url", "name": "Survey URL", "value": f"{base_url}/demo/survey"}


def _config(channel: Data, base_url: str) -> Data:
    """Both send to the phone simulator."""
    deliver = f"{base_url}/simulator/deliver/{channel['uuid']}"
    if channel["type"] == "KN":
        return {"send_url": deliver, "username": "demo", "password": "demo", "use_national": False}
    body = '{"id": {{id}}, "text": {{text}}, "to": {{to}}, "from": {{from}}, "quick_replies": {{quick_replies}}}'
    return {"send_url": deliver, "method": "POST", "content_type": "json", "body": body}


def hash_password(password: str) -> str:
    """scrypt with its parameters and salt, so that they can be raised later."""
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=1 << 14, r=8, p=1)
    return f"scrypt$14$8$1${salt.hex()}${digest.hex()}"


def _description(plan: Plan, base_url: str) -> Data:
    workspaces = [
        {
            "uuid": workspace["uuid"],
            "name": workspace["name"],
            "api_token": workspace["api_token"],
            "channels": [
                {
                    "uuid": channel["uuid"],
                    "type": channel["type"],
                    "address": channel["address"],
                    "receive_url": f"{base_url}/c/{channel['type'].lower()}/{channel['uuid']}/receive",
                }
                for channel in workspace["channels"]
            ],
            "flows": [{"uuid": workspace["flow"], "name": "Water survey"}],
        }
        for workspace in plan["workspaces"]
    ]
    return {"url": base_url, "login": plan["login"], "workspaces": workspaces}


def _write(file: Path, description: Data) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(description, option=orjson.OPT_INDENT_2))
    new.chmod(0o600)
    new.replace(file)
