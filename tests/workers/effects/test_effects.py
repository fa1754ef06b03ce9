"""From a flow's request to its answer in the log: each kind, each failure, each kill."""

import asyncio

import pytest

from domain.ports.language_models import ModelEndpoint
from infra.http.caller import PooledCaller
from tests.fakes.aggregator import Answer, FakeAggregator, Posted
from tests.workers.effects.desk import ORG, OTHER_ORG, PATIENCE, Desk, running
from tests.workers.sender.desk import Wire
from workers.effects.effects import EffectsLimits

pytestmark = pytest.mark.redis


def play(scene, cursor, behaviour=None) -> None:
    async def staged() -> None:
        async with FakeAggregator(behaviour) as server:
            await asyncio.wait_for(scene(Desk(server, cursor)), 5 * PATIENCE)

    asyncio.run(staged())


async def until(true) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


def answer_to(cursor, request: dict, behaviour=None, **options) -> dict:
    """What is appended for one request."""
    found = {}

    async def scene(desk: Desk) -> None:
        asked = desk.webhook(
            **{key: value.format(url=desk.server.url) if key == "url" else value for key, value in request.items()}
        )
        desk.ask(asked)
        async with running(desk.effects(**options)):
            [data] = await desk.until_answered(1)
        assert (data["request"], data["contact"]) == (asked["uuid"], f"contact of {asked['uuid']}")
        found.update(data["answer"])
        assert found.pop("key") == asked["key"]
        found.pop("elapsed_ms", None)

    play(scene, cursor, behaviour)
    return found


# ---- webhooks --------------------------------------------------------------------------------------------------------------------


def test_a_webhook_is_called_and_its_answer_appended(cursor):
    def behaviour(posted: Posted) -> Answer:
        assert (posted.method, posted.path, posted.body) == ("PUT", "/hook?x=1", b"caf\xc3\xa9")
        assert posted.headers["x-token"] == "abc"
        return Answer(201, b'{"id": 7}', {"Content-Type": "application/json"})

    request = {"method": "PUT", "url": "{url}/hook?x=1", "body": "caf\u00e9", "headers": [["X-Token", "abc"]]}

    assert answer_to(cursor, request, behaviour) == {
        "status": 201, "reason": "Whatever", "headers": [["Content-Type", "application/json"]], "body": '{"id": 7}'
    }  # fmt: skip


def test_a_body_that_is_no_text_comes_as_base64(cursor):
    assert answer_to(cursor, {}, lambda posted: Answer(body=b"\xff\x00"))["body_base64"] == "/wA="


def test_an_answer_over_the_limit_is_too_large(cursor):
    answer = answer_to(cursor, {"max_response_bytes": 100}, lambda posted: Answer(body=b"x" * 5_000))

    assert (answer["status"], answer["too_large"], answer["size"]) == (200, True, 5_000)
    assert "body" not in answer


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(410)], ids=["500", "404", "410"])
def test_a_bad_status_is_an_answer_like_any_other(cursor, answer):
    assert answer_to(cursor, {}, lambda posted: answer)["status"] == answer.status


def test_a_server_that_hangs_up_is_an_error(cursor):
    answer = answer_to(cursor, {}, lambda posted: Answer(hang_up=True))

    assert list(answer) == ["error"] and answer["error"]


def test_a_private_address_is_an_error(cursor):
    answer = answer_to(cursor, {}, http=PooledCaller())

    assert "not a public address" in answer["error"]


def test_a_redirect_is_followed(cursor):
    def behaviour(posted: Posted) -> Answer:
        return Answer(302, headers={"Location": "/there"}) if posted.path == "/hook" else Answer(body=b"there")

    assert answer_to(cursor, {}, behaviour)["body"] == "there"


# ---- other services ----------------------------------------------------------------------------------------------------------------


class Models:
    def __init__(self, url: str) -> None:
        self.url = url

    def endpoint(self, org: str, llm: str) -> ModelEndpoint | None:
        return ModelEndpoint(self.url + "/v1", "small", "s3cret") if llm == "llm-1" and org == ORG else None


LLM = {
    "kind": "llm",
    "llm": {"uuid": "llm-1", "name": "GPT", "type": "openai"},
    "instructions": "Classify",
    "input": "hi",
    "max_tokens": 99,
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            Answer(body=b'{"choices":[{"message":{"content":" Greeting\\n"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}'),
            {"output": "Greeting", "tokens": {"input": 5, "output": 2}},
        ),
        (Answer(429, b'{"error":{"message":"slow down"}}'), {"error": "The language model answered 429: slow down"}),
        (Answer(500, b'{"error":"oops"}'), {"error": "The language model answered 500: oops"}),
        (Answer(500, b'[]'), {"error": "The language model answered 500."}),
        (Answer(200, b'<html>'), {"error": "The language model's answer (200) can't be read."}),
        (Answer(200, b'{"choices":[]}'), {"error": "The language model's answer (200) can't be read."}),
    ],
    ids=["output", "throttled", "error", "a list", "no JSON", "no choice"],
)  # fmt: skip
def test_a_language_model_is_asked(cursor, answer, expected):
    async def scene(desk: Desk) -> None:
        desk.ask(desk.webhook(**LLM))
        async with running(desk.effects(models=Models(desk.server.url))):
            [data] = await desk.until_answered(1)

        assert {key: value for key, value in data["answer"].items() if key not in ("key", "elapsed_ms")} == expected
        [posted] = desk.server.book
        assert (posted.path, posted.headers["authorization"]) == ("/v1/chat/completions", "Bearer s3cret")
        assert b'"max_tokens":99' in posted.body and b'"model":"small"' in posted.body

    play(scene, cursor, lambda posted: answer)


class Mails:
    def __init__(self, error: str = "") -> None:
        self.sent, self.error = [], error

    async def send(self, mail):
        self.sent.append(mail)
        return self.error


EMAIL = {"kind": "email", "to": ["a@b.c"], "subject": "Hi", "body": "Hello"}


def test_mail_is_handed_to_the_mail_server_under_the_requests_own_id(cursor):
    mails = Mails()

    assert answer_to(cursor, EMAIL, mail=mails) == {}

    [mail] = mails.sent
    assert (mail.to, mail.subject, mail.body) == (("a@b.c",), "Hi", "Hello")
    assert len(mail.message_id) == 36


def test_mail_that_is_refused_is_an_error(cursor):
    assert answer_to(cursor, EMAIL, mail=Mails("The mail server refused it")) == {"error": "The mail server refused it"}


def test_airtime_is_transferred(cursor):
    class Transfers:
        async def transfer(self, transfer):
            return {"external_id": transfer.uuid, "currency": "RWF", "amount": transfer.amounts["RWF"], "http_logs": []}

    request = {"kind": "airtime", "sender": "tel:+1", "recipient": "tel:+2", "amounts": {"RWF": "500"}}
    answer = answer_to(cursor, request, airtime=Transfers())

    assert (answer["currency"], answer["amount"]) == ("RWF", "500")


@pytest.mark.parametrize("kind", ["email", "llm", "airtime", "fax"])
def test_what_is_not_set_up_is_answered_with_an_error(cursor, kind):
    assert answer_to(cursor, {**LLM, "kind": kind})["error"]


def test_a_service_that_breaks_is_answered_with_an_error(cursor):
    class Broken:
        async def send(self, mail):
            raise ZeroDivisionError

    assert answer_to(cursor, EMAIL, mail=Broken()) == {"error": "The call failed: ZeroDivisionError"}


# ---- turns, kills, outages -------------------------------------------------------------------------------------------------------


def test_a_single_request_is_called_soon_however_many_another_organization_has(cursor):
    async def scene(desk: Desk) -> None:
        desk.ask(*(desk.webhook() for _ in range(300)))
        limits = EffectsLimits(in_all=20, per_org=5, claim_seconds=0.5)

        async with running(effects := desk.effects(limits=limits)):
            await desk.server.until(before := 50 + limits.per_org)
            await until(lambda: effects.waiting == 250)
            quiet = desk.webhook(body="quiet=1")
            desk.ask(quiet, org=OTHER_ORG)
            await until(lambda: effects.waiting == 251)
            goes_on.set()
            while b"quiet=1" not in (bodies := [each.body for each in desk.server.book]):
                await asyncio.sleep(0.001)
            await desk.until_answered(301)

        assert bodies.index(b"quiet=1") - before <= 100
        assert desk.server.most_at_once <= 10

    async def stand_still_until_it_is_read(posted: Posted) -> Answer:
        called.append(posted)
        if len(called) > 50:
            await goes_on.wait()
        return Answer(wait=0.002)

    goes_on, called = asyncio.Event(), list[Posted]()
    play(scene, cursor, stand_still_until_it_is_read)


def test_a_stuck_webhook_of_one_organization_holds_up_nobody_else(cursor):
    release = asyncio.Event()

    async def stuck(posted: Posted) -> Answer:
        if posted.path == "/stuck":
            await release.wait()
        return Answer()

    async def scene(desk: Desk) -> None:
        desk.ask(*(desk.webhook(url=desk.server.url + "/stuck") for _ in range(50)))
        desk.ask(*(desk.webhook() for _ in range(50)), org=OTHER_ORG)
        async with running(desk.effects(limits=EffectsLimits(in_all=20, per_org=10, claim_seconds=0.5))):
            await desk.until_answered(50)
            release.set()
            await desk.until_answered(100)

    play(scene, cursor, stuck)


def test_requests_whose_answers_were_taken_are_not_called(cursor):
    async def scene(desk: Desk) -> None:
        old, new = desk.webhook(), desk.webhook()
        desk.ask(old)
        desk.ended(old)
        desk.ask(new)
        async with running(desk.effects()):
            [data] = await desk.until_answered(1)

        assert data["request"] == new["uuid"]
        assert len(desk.server.book) == 1

    play(scene, cursor)


def test_a_request_nobody_could_call_for_a_day_is_answered_without_a_call(cursor):
    async def scene(desk: Desk) -> None:
        desk.ask(desk.webhook())
        desk.ahead = 25 * 3600 * 1_000_000
        async with running(desk.effects()):
            [data] = await desk.until_answered(1)

        assert "was not made" in data["answer"]["error"]
        assert not desk.server.book

    play(scene, cursor)


@pytest.mark.parametrize("successor", ["effects-1", "effects-2"], ids=["restarted", "another"])
@pytest.mark.parametrize("step", ["called", "appended", "saved"])
def test_a_killed_worker_leaves_no_request_unanswered(cursor, step, successor):
    async def scene(desk: Desk) -> None:
        desk.ask(*(desk.webhook() for _ in range(40)))
        log, wired, http = Wire(desk.log), Wire(desk.cursor), Wire(PooledCaller(frozenset({"127.0.0.1"})))
        dead, loop = asyncio.Event(), asyncio.get_running_loop()

        def die() -> None:
            for wire in (log, wired, http):
                wire.is_cut = True
            loop.call_soon_threadsafe(dead.set)

        {"called": log.cut_before, "appended": log.cut_after, "saved": wired.cut_after}[step](
            "save" if step == "saved" else "append", die
        )
        limits = EffectsLimits(in_all=8, per_org=8, claim_seconds=0.5)
        async with running(desk.effects(log=log, cursor=wired, http=http, limits=limits)):
            await asyncio.wait_for(dead.wait(), PATIENCE)
        async with running(desk.effects(successor, limits=limits)):
            await desk.until_answered(40)
            await until(lambda: len({each["data"]["request"] for each in desk.answers()}) >= 40)

        answers = desk.answers()
        assert len({each["data"]["request"] for each in answers}) == 40
        assert len({each["id"] for each in answers}) == 40
        repeated = len(desk.server.book) - 40
        assert 0 <= repeated <= 8

    play(scene, cursor, lambda posted: Answer(wait=0.1 if step == "saved" else 0))


def test_answers_that_were_appended_are_not_asked_for_again_after_the_cursor_was_lost(cursor):
    async def scene(desk: Desk) -> None:
        desk.ask(*(desk.webhook() for _ in range(10)))
        async with running(desk.effects()):
            await desk.until_answered(10)
        cursor._redis.delete(cursor._positions_key)
        desk.ask(desk.webhook())
        async with running(desk.effects()):
            await desk.until_answered(11)

        assert len(desk.server.book) == 11

    play(scene, cursor)


def test_the_cursor_stands_before_the_oldest_request_without_answer(cursor):
    release = asyncio.Event()

    async def first_waits(posted: Posted) -> Answer:
        if posted.body == b"number=1":
            await release.wait()
        return Answer()

    async def scene(desk: Desk) -> None:
        desk.ask(*(desk.webhook() for _ in range(5)))
        [partition] = [number for number, head in desk.log.heads().items() if head >= 0]
        async with running(desk.effects()):
            await desk.until_answered(4)
            await until(lambda: partition in cursor.read())
            waiting = cursor.read()[partition]
            release.set()
            await desk.until_answered(5)

        assert waiting == -1
        assert cursor.read()[partition] >= 4

    play(scene, cursor, first_waits)


def test_an_outage_of_the_log_keeps_the_answers(cursor):
    async def scene(desk: Desk) -> None:
        wire = Wire(desk.log)
        wire.cut_before("append")
        desk.ask(*(desk.webhook() for _ in range(10)))
        async with running(desk.effects(log=wire)):
            await desk.server.until(10)
            await asyncio.sleep(0.2)
            assert not desk.answers()
            wire.mend()
            await desk.until_answered(10)

        assert len(desk.server.book) == 10

    play(scene, cursor)


def test_two_workers_call_once(cursor):
    async def scene(desk: Desk) -> None:
        unhurried = EffectsLimits(claim_seconds=300.0)  # the machine may be busy: that is no death
        async with running(*(desk.effects(name, limits=unhurried) for name in ("effects-1", "effects-2"))):
            desk.ask(*(desk.webhook() for _ in range(50)))
            await desk.until_answered(50)

        assert len(desk.server.book) == 50

    play(scene, cursor)


def test_a_long_queue_is_read_again_from_the_log(cursor):
    async def scene(desk: Desk) -> None:
        desk.ask(*(desk.webhook() for _ in range(700)))
        async with running(desk.effects()):
            await desk.until_answered(700)

        assert len({each.body for each in desk.server.book}) == 700

    play(scene, cursor)
