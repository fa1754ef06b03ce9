"""Calls over real sockets, to a server that answers as each test says."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from domain.ports.http_caller import Call, Reply
from infra.http.caller import PooledCaller
from tests.fakes.aggregator import Answer, FakeAggregator, Posted

LOOPBACK = frozenset({"127.0.0.1"})


def play(scene: Callable[[FakeAggregator, PooledCaller], Awaitable[None]], behaviour=None, allowed=LOOPBACK) -> None:
    async def staged() -> None:
        caller = PooledCaller(allowed)
        async with FakeAggregator(behaviour) as server:
            await asyncio.wait_for(scene(server, caller), 120)
            await caller.close()

    asyncio.run(staged())


@asynccontextmanager
async def raw_server(*answers: bytes, close: bool = True):
    """Says these bytes, one answer for each request, whatever was asked. Gives its URL and what was asked."""
    asked: list[bytes] = []
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while left:
            try:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            writer.write(left.pop(0))
            await writer.drain()
            if close:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", asked
    finally:
        server.close()


def said(*answers: bytes, **call) -> Reply:
    """The reply to a server that says these bytes and closes."""

    async def scene() -> Reply:
        caller = PooledCaller(LOOPBACK)
        async with raw_server(*answers) as (url, _):
            reply = await asyncio.wait_for(caller.call(Call("GET", url, **call)), 120)
            await caller.close()
            return reply

    return asyncio.run(scene())


def test_a_request_goes_out_as_it_was_written():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        headers = (("Content-Type", "text/plain"), ("X-Own", "yes"))
        reply = await caller.call(Call("POST", server.url + "/a%20b?q=%2B1&x", headers, b"caf\xc3\xa9"))

        [posted] = server.book
        assert (posted.method, posted.path, posted.body) == ("POST", "/a%20b?q=%2B1&x", b"caf\xc3\xa9")
        assert posted.headers["x-own"] == "yes" and posted.headers["content-type"] == "text/plain"
        assert posted.headers["host"] == server.url.removeprefix("http://")
        assert (reply.status, reply.body, reply.error) == (200, b'{"ok":true}', "")

    play(scene)


def test_letters_that_an_address_can_not_hold_are_escaped():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        await caller.call(Call("GET", server.url + "/caf\u00e9?q=a b"))

        assert server.book[0].path == "/caf%C3%A9?q=a%20b"

    play(scene)


def test_connections_are_kept_for_the_next_call():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        for _ in range(10):
            await caller.call(Call("POST", server.url, body=b"x"))

        assert server.connections == 1

    play(scene)


def test_a_call_over_a_connection_that_the_server_closed_meanwhile_makes_a_new_one():
    async def scene() -> None:
        caller = PooledCaller(LOOPBACK)
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        async with raw_server(answer, answer) as (url, asked):  # closes after each answer without saying so
            replies = [await caller.call(Call("GET", url)) for _ in range(2)]
            await caller.close()
        assert [reply.status for reply in replies] == [200, 200]
        assert len(asked) == 2

    asyncio.run(asyncio.wait_for(scene(), 120))


def test_a_chunked_answer_is_put_together():
    reply = said(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n7\r\n, world\r\n0\r\n\r\n")

    assert (reply.status, reply.body) == (200, b"Hello, world")


def test_an_answer_without_a_length_ends_with_its_connection():
    reply = said(b"HTTP/1.1 200 Fine\r\nX-One: 1\r\n\r\nall of it")

    assert (reply.body, reply.reason, reply.headers) == (b"all of it", "Fine", (("X-One", "1"),))


def test_a_hundred_continue_is_not_the_answer():
    reply = said(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    assert reply.status == 201


def test_an_answer_that_is_cut_short_is_an_error():
    reply = said(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    assert (reply.status, reply.body) == (0, b"")
    assert "closed" in reply.error


def test_what_is_no_http_is_an_error():
    assert "no HTTP" in said(b"SSH-2.0-OpenSSH_9.6\r\n").error


def test_a_head_request_has_an_answer_without_a_body():
    async def scene() -> None:
        caller = PooledCaller(LOOPBACK)
        async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", close=False) as (url, _):
            reply = await caller.call(Call("HEAD", url))
            await caller.close()
        assert (reply.status, reply.body) == (200, b"")

    asyncio.run(asyncio.wait_for(scene(), 120))


def test_a_packed_answer_is_unpacked_within_its_bounds():
    small, bomb = gzip.compress(b"hello"), gzip.compress(b"\0" * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    unpacked = said(head % len(small) + small)
    cut = said(head % len(bomb) + bomb, max_bytes=100_000)

    assert (unpacked.body, unpacked.too_large, unpacked.headers) == (b"hello", False, ())
    assert (len(cut.body), cut.too_large) == (100_000, True)


def test_an_answer_that_is_too_large_is_cut_and_says_its_size():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("GET", server.url, max_bytes=1_000))

        assert (reply.status, reply.too_large, len(reply.body), reply.size) == (200, True, 1_000, 50_000)

    play(scene, lambda posted: Answer(body=b"x" * 50_000))


def test_a_server_that_does_not_answer_in_time_is_given_up():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("GET", server.url, timeout=0.1))

        assert (reply.status, reply.refused) == (0, False)
        assert reply.error == "No answer within 0.1 seconds."
        assert reply.elapsed_ms >= 80

    play(scene, lambda posted: Answer(wait=100))


def test_a_server_that_hangs_up_is_an_error():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("POST", server.url, body=b"x"))

        assert reply.status == 0 and reply.error and not reply.refused
        assert len(server.book) == 1

    play(scene, lambda posted: Answer(hang_up=True))


def test_nobody_there_is_an_error():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("GET", "http://127.0.0.1:1/"))

        assert (reply.status, reply.refused) == (0, False)
        assert "Can't connect" in reply.error

    play(scene)


def test_redirects_are_followed_as_often_as_was_said():
    def behaviour(posted: Posted) -> Answer:
        number = int(posted.path.removeprefix("/"))
        return Answer(302, headers={"Location": f"/{number + 1}"}) if number < 3 else Answer(200, b"there")

    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        there = await caller.call(Call("POST", server.url + "/0", (("Content-Type", "a/b"),), b"x", redirects=3))
        on_the_way = await caller.call(Call("POST", server.url + "/0", body=b"x", redirects=2))
        not_followed = await caller.call(Call("POST", server.url + "/0", body=b"x"))

        assert (there.status, there.body) == (200, b"there")
        assert [(each.method, each.body) for each in server.book[:4]] == [("POST", b"x")] + [("GET", b"")] * 3
        assert (on_the_way.status, not_followed.status) == (302, 302)

    play(scene, behaviour)


def test_a_redirect_that_keeps_the_method_keeps_the_body_and_secrets_stay_with_their_server():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        async with FakeAggregator() as other:
            server.behaviour = lambda posted: Answer(307, headers={"Location": other.url + "/onward"})
            given = (("Authorization", "s3cret"), ("X", "y"), ("X-Key", "s3cret"))
            await caller.call(Call("POST", server.url, given, b"body", redirects=5, stays_home=frozenset({"x-key"})))

            assert (other.book[0].method, other.book[0].body) == ("POST", b"body")
            assert server.book[0].headers["authorization"] == "s3cret"
            assert server.book[0].headers["x-key"] == "s3cret"
            assert "authorization" not in other.book[0].headers and other.book[0].headers["x"] == "y"
            assert "x-key" not in other.book[0].headers

    play(scene)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"]
)
def test_private_addresses_are_refused_however_they_are_written(host):
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        port = server.url.rpartition(":")[2]
        reply = await caller.call(Call("GET", f"http://{host}:{port}/"))

        assert reply.status == 0 and reply.error
        assert not server.connections

    play(scene, allowed=frozenset())


def test_a_redirect_to_a_private_address_is_refused():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        port = server.url.rpartition(":")[2]
        server.behaviour = lambda posted: Answer(302, headers={"Location": f"http://127.0.0.2:{port}/inside"})
        reply = await caller.call(Call("GET", server.url, redirects=5))

        assert (reply.status, reply.refused) == (0, True)
        assert "127.0.0.2" in reply.error and "EVENKEEL_ALLOWED_HOSTS" in reply.error
        assert len(server.book) == 1

    play(scene)


def test_a_host_that_is_allowed_by_name_may_be_called():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("GET", server.url.replace("127.0.0.1", "localhost")))

        assert reply.status == 200

    play(scene, allowed=frozenset({"localhost"}))


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org/", "http://", "http://:80/", "http://[::1/", "http://a:99999999/", "x"]
)
def test_what_is_no_address_is_refused(url):
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("GET", url))

        assert (reply.status, reply.refused) == (0, True)

    play(scene)


def test_a_header_can_not_smuggle_another_one():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        reply = await caller.call(Call("GET", server.url, (("X", "a\r\nY: b"),)))

        assert reply.refused and not server.book

    play(scene)


def test_user_and_password_of_an_address_become_basic_authorization():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        await caller.call(Call("GET", server.url.replace("//", "//bob:p%40ss@")))

        assert server.book[0].headers["authorization"] == "Basic Ym9iOnBAc3M="
        assert "bob" not in server.book[0].headers["host"]

    play(scene)


def test_a_cancelled_call_leaves_no_connection_that_somebody_else_could_take():
    async def scene(server: FakeAggregator, caller: PooledCaller) -> None:
        server.behaviour = lambda posted: Answer(wait=0.05, body=posted.path.encode())
        task = asyncio.create_task(caller.call(Call("GET", server.url + "/first")))
        await server.until(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        reply = await caller.call(Call("GET", server.url + "/second"))

        assert reply.body == b"/second"

    play(scene)
