"""An outside service answered: the sprint that asked is run again with the answer, then what waited meanwhile."""

from typing import Any

from commands.conversations.decide_deferred import decide_deferred
from commands.conversations.run_flow import Step, run_step
from commands.conversations.take_up_deferred import take_up_deferred
from commands.deciding import Deciding

Data = dict[str, Any]


def record_answer(deciding: Deciding, data: Data) -> None:
    """`data` as in service_answered. An answer nobody waits for any more changes nothing."""
    conversation = deciding.conversations.by_uuid(data["contact"])
    if conversation is None or conversation.calling is None or conversation.calling["request"] != data["request"]:
        return
    step = Step.from_json(conversation.calling["step"], data["answer"])
    deciding.record(conversation, "service_call_ended", {"request": data["request"]})
    if step.kind == "start" or conversation.session is not None:
        run_step(deciding, conversation, step)
    take_up_deferred(deciding, conversation, decide_deferred)
