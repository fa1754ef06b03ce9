"""The page of a channel type, in Markdown: made from what the type says of itself, so it can't be out of date."""

from gateways.channels.channel_type import BuiltType, Example
from gateways.channels.contract import ConfigField

ATTACHMENTS = {
    "links": "as links in the text",
    "media": "as themselves",
    "none": "none",
}

COMMON = (
    "Channels of every type also take `tps` (parts per second), `max_concurrent` (messages on their way at once), `quiet_hours`"
    " (`21:00-07:00`: bulk waits, replies go; `none`: never), `expire_minutes` (what waited longer is not sent; a week unless told"
    " otherwise), `max_length` (of a part) and `callback_domain`."
)


def page_of(kind: BuiltType) -> str:
    """What the type can do, which settings it takes, where it is called, and its examples."""
    parts = [f"# {kind.name} ({kind.code})", _abilities(kind), "## Settings", _settings(kind.fields)]
    if kind.alternatives:
        groups = ", or ".join(" and ".join(f"`{name}`" for name in group) for group in kind.alternatives)
        parts.append(f"Required: {groups}.")
    parts.append(COMMON)
    parts += ["## Addresses the aggregator calls", _addresses(kind)]
    if kind.examples:
        parts += ["## Examples", *(_example(each) for each in kind.examples)]
    return "\n\n".join(parts) + "\n"


def _abilities(kind: BuiltType) -> str:
    said = kind.describe()
    receives = [
        word
        for word, has in (("messages", said["receives"]), ("reports", said["statuses"]), ("events", said["events"]))
        if has
    ]
    rows = {
        "Schemes": _schemes(kind),
        "Receives": ", ".join(receives) or "nothing",
        "Attachments": ATTACHMENTS.get(said["attachments"], said["attachments"]),
        "Longest part": f"{said['max_length']} characters" if said["max_length"] else "no limit of its own",
    }
    words = ("quick_replies", "templates", "typing", "names", "signature", "token")
    able = [word.replace("_", " ") for word in words if said[word]]
    if able:
        rows["Also"] = ", ".join(able)
    if kind.features.throughput:
        rows["Throughput"] = f"{kind.features.throughput} a second unless `tps` says otherwise"
    if kind.features.linked:
        rows["Connection"] = "a link that stays open, held by one process"
    if kind.features.documentation:
        rows["Documentation"] = kind.features.documentation
    return "\n".join(f"- {name}: {value}" for name, value in rows.items())


def _schemes(kind: BuiltType) -> str:
    own, others = (
        ", ".join(f"`{each}`" for each in found)
        for found in (kind.schemes, [each for each in kind.features.other_schemes if each not in kind.schemes])
    )
    return f"{own}; a channel may be made for others: {others}" if others else own


def _settings(fields: tuple[ConfigField, ...]) -> str:
    if not fields:
        return "None."
    head = "| Setting | Kind | Required | Default |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| `{each.name}` | {', '.join(each.choices) or each.kind} | {'yes' if each.required else ''} |"
        f" {'' if each.default is None else f'`{each.default}`'} |"
        for each in fields
    )


def _addresses(kind: BuiltType) -> str:
    if not kind.actions:
        return "None."
    return "\n".join(
        f"- `{'/'.join(each.methods)} /c/{kind.code.lower()}/<channel>/{each.action}`: {each.gives}"
        for each in kind.actions
    )


def _example(example: Example) -> str:
    lines = [f"**{example.title}**", "```"]
    if example.action:
        query = f"?{example.query}" if example.query else ""
        lines.append(f"{example.method} …/{example.action}{query}")
        lines += [example.body] if example.body else []
        lines += ["->", *(", ".join(f"{key}: {value}" for key, value in each.items()) for each in example.gives)]
    else:
        lines.append(example.text)
        for each in example.exchanges:
            lines += [
                "->",
                each.request,
                *([each.body] if each.body else []),
                f"<- {each.status} {each.answer}".rstrip(),
            ]
        lines.append(f"-> {example.outcome} {' '.join(example.external_ids)}".rstrip())
    return "\n".join([*lines, "```"])
