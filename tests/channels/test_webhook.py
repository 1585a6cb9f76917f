import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from notices import NOW, item, notice
from sinks import FakeReceiver, receiver, serving
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from monitor import __version__
from monitor.channels.webhook.channel import WebhookChannel, key_of
from monitor.channels.webhook.config import WebhookConfig
from monitor.core.messages.webhook_payload import build_payload
from monitor.errors import DeliveryError, Refused
from monitor.model import Message

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def wall_clock() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def hooked(
    url: str,
    *,
    secrets: tuple[str, ...] = (SECRET,),
    headers: tuple[tuple[str, str], ...] = (),
    seconds: float = 5.0,
    clock: Callable[[], datetime] = wall_clock,
    connector: aiohttp.BaseConnector | None = None,
    template: str | None = None,
    content_type: str = "application/json",
) -> AsyncIterator[WebhookChannel]:
    settings = WebhookConfig(
        type="webhook",
        name="hook",
        url=url,
        secret=secrets,
        template=template,
        content_type=content_type,
    ).model_copy(update={"headers": dict(headers)})  # also those that a configuration may not have
    # As the product makes it: nothing is unpacked, nothing is remembered.
    async with aiohttp.ClientSession(
        auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), connector=connector
    ) as session:
        yield WebhookChannel(
            settings, session=session, clock=clock, timeout=timedelta(seconds=seconds)
        )


@pytest.fixture
async def sink() -> AsyncIterator[FakeReceiver]:
    async with receiver() as running:
        yield running


async def sent(sink: FakeReceiver, message: Message | None = None) -> None:
    async with hooked(sink.url) as hook:
        await hook.send(message or notice())


async def failure(sink: FakeReceiver, seconds: float = 5.0) -> DeliveryError:
    async with hooked(sink.url, seconds=seconds) as hook:
        with pytest.raises(DeliveryError) as caught:
            await hook.send(notice())
    assert caught.value.channel == "hook"
    return caught.value


async def test_a_message_arrives_with_the_headers_of_the_contract(sink: FakeReceiver) -> None:
    await sent(sink)
    (post,) = sink.posts
    assert post.json == build_payload(notice())
    assert post.path == "/hook/s3cret?token=t0ken"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["user-agent"] == f"news-monitor/{__version__}"
    assert post.headers["webhook-id"] == "msg_a1_7_9"


async def test_the_signature_is_what_the_reference_library_accepts(sink: FakeReceiver) -> None:
    await sent(sink, notice(item(title="Aranceles: «¡ya!» 🚢")))
    (post,) = sink.posts
    assert Webhook(SECRET).verify(post.body, post.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(post.body + b" ", post.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(post.body, post.headers)


async def test_while_secrets_rotate_the_old_and_the_new_one_verify(sink: FakeReceiver) -> None:
    async with hooked(sink.url, secrets=(SECRET, OLD_SECRET)) as hook:
        await hook.send(notice())
    (post,) = sink.posts
    assert len(post.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLD_SECRET):
        assert Webhook(secret).verify(post.body, post.headers)


async def test_without_a_secret_nothing_is_signed(sink: FakeReceiver) -> None:
    async with hooked(sink.url, secrets=()) as hook:
        await hook.send(notice())
    assert "webhook-signature" not in sink.posts[0].headers
    assert "webhook-timestamp" in sink.posts[0].headers


@pytest.mark.parametrize(
    ("secret", "key"),
    [("whsec_aGVsbG8=", b"hello"), ("whsec_aGVsbG8", b"hello"), ("plain words", b"plain words")],
)
def test_a_secret_is_base64_after_its_prefix_and_itself_without(secret: str, key: bytes) -> None:
    assert key_of(secret) == key


async def test_another_attempt_has_the_same_id_and_body_and_its_own_time(
    sink: FakeReceiver,
) -> None:
    times = iter([NOW, NOW + timedelta(hours=2)])
    async with hooked(sink.url, clock=lambda: next(times)) as hook:
        await hook.send(notice())
        await hook.send(notice())
    first, again = sink.posts
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    stamps = [int(post.headers["webhook-timestamp"]) for post in sink.posts]
    assert stamps[1] - stamps[0] == 7200
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]


async def test_the_users_own_headers_go_along_and_never_replace_ours(sink: FakeReceiver) -> None:
    own = (("Authorization", "Bearer x"), ("webhook-id", "mine"), ("User-Agent", "mine"))
    async with hooked(sink.url, headers=own) as hook:
        await hook.send(notice())
    headers = sink.posts[0].headers
    assert headers["authorization"] == "Bearer x"
    assert headers["webhook-id"] == "msg_a1_7_9"
    assert headers["user-agent"].startswith("news-monitor/")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_accepts(sink: FakeReceiver, status: int) -> None:
    sink.answer(status)
    await sent(sink)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(sink: FakeReceiver, status: int) -> None:
    sink.answer(status, Location="/elsewhere")
    error = await failure(sink)
    assert not error.permanent
    assert "redirect" in str(error)
    assert len(sink.posts) == 1


async def test_410_disables_the_channel(sink: FakeReceiver) -> None:
    sink.answer(410)
    error = await failure(sink)
    assert (error.permanent, error.disable) == (True, True)


@pytest.mark.parametrize("status", [400, 401, 404, 408, 500, 502])
async def test_any_other_answer_is_tried_again(sink: FakeReceiver, status: int) -> None:
    sink.answer(status, Retry_After="9")
    error = await failure(sink)
    assert (error.permanent, error.disable, error.retry_after) == (False, False, None)
    assert str(error) == f"webhook hook: 127.0.0.1 answered {status}"


async def test_a_receiver_that_never_answers_costs_its_time_out_and_is_tried_again(
    sink: FakeReceiver,
) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    sink.answers.append(hang)
    error = await failure(sink, seconds=0.2)
    assert not error.permanent
    assert str(error) == "webhook hook: 127.0.0.1 did not answer within 0.2 s"


async def test_an_answer_is_judged_by_its_head_however_its_body_drips(sink: FakeReceiver) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b".")
        await asyncio.Event().wait()
        return answer

    sink.answers.append(drip)
    await sent(sink)


async def test_a_huge_answer_is_read_no_further_than_its_bound(sink: FakeReceiver) -> None:
    written = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal written
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(50):
            await answer.write(bytes(1_000_000))
            written += 1_000_000
        return answer

    sink.answers.append(flood)
    await sent(sink)
    assert written < 20_000_000


@pytest.mark.parametrize("heard", [0, 100])
async def test_a_connection_that_is_cut_before_the_answer_is_tried_again(heard: int) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(heard)
        writer.transport.abort()

    async with serving(cut) as port, hooked(f"http://127.0.0.1:{port}/") as hook:
        with pytest.raises(DeliveryError) as caught:
            await hook.send(notice())
    assert not caught.value.permanent
    assert str(caught.value).startswith("webhook hook: 127.0.0.1 could not be reached: ")


async def test_what_is_no_http_is_tried_again() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n" * 10)
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    async with serving(babble) as port, hooked(f"http://127.0.0.1:{port}/s3cret") as hook:
        with pytest.raises(DeliveryError) as caught:
            await hook.send(notice())
    assert not caught.value.permanent
    assert "s3cret" not in str(caught.value)
    assert len(str(caught.value)) < 200


async def test_no_error_shows_more_of_the_address_than_its_host(sink: FakeReceiver) -> None:
    sink.answer(500)
    failed = [await failure(sink)]
    for url in (
        f"http://127.0.0.1:1/hook/s3cret?token=t0ken&port={sink.port}",
        "http://user:s3cret@unknown.invalid/t0ken",
        "http://[s3cret/t0ken",
        "gopher://host/s3cret?t0ken",
    ):
        async with hooked(url) as hook:
            with pytest.raises(DeliveryError) as caught:
                await hook.send(notice())
        failed.append(caught.value)
    for error in failed:
        assert not re.search("s3cret|t0ken", str(error))
    assert [error.permanent for error in failed] == [False, False, False, True, True]


async def test_an_address_that_the_guard_refuses_is_given_up_at_once(sink: FakeReceiver) -> None:
    class RefusedAddress(Refused, OSError):
        pass

    def refuse(info: object) -> None:
        raise RefusedAddress("127.0.0.1 is a loopback address", url="", permanent=True)

    connector = aiohttp.TCPConnector(socket_factory=refuse)  # type: ignore[arg-type]
    async with hooked(sink.url, connector=connector) as hook:
        with pytest.raises(DeliveryError) as caught:
            await hook.send(notice())
    assert caught.value.permanent
    assert str(caught.value) == "webhook hook: 127.0.0.1: 127.0.0.1 is a loopback address"


async def test_a_header_that_cannot_be_sent_is_an_error_of_this_channel(sink: FakeReceiver) -> None:
    async with hooked(sink.url, headers=(("X-Own", "a\r\nb: c"),)) as hook:
        with pytest.raises(DeliveryError):
            await hook.send(notice())
    assert sink.posts == []


async def test_a_template_says_what_is_posted_and_the_signature_is_of_that(
    sink: FakeReceiver,
) -> None:
    async with hooked(sink.url, template='{"text": "{{ data.article.title }}"}') as hook:
        await hook.send(notice(item(title='A "border" \\')))
    (post,) = sink.posts
    assert post.json == {"text": 'A "border" \\'}
    assert post.headers["content-type"] == "application/json"
    assert post.headers["webhook-id"] == "msg_a1_7_9"
    assert Webhook(SECRET).verify(post.body, post.headers) == post.json


async def test_a_template_may_make_another_type(sink: FakeReceiver) -> None:
    plain = "text/plain; charset=utf-8"
    async with hooked(sink.url, template="{{ subject }}", content_type=plain) as hook:
        await hook.send(notice())
    (post,) = sink.posts
    assert post.body == b"[tariff] Tariff on steel doubled"
    assert post.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_template_that_fails_on_one_message_gives_that_one_up_and_posts_nothing(
    sink: FakeReceiver,
) -> None:
    source = '{"n":\n {{ 1 / (data.article.title | length - 4) | int }}}'
    async with hooked(sink.url, template=source) as hook:
        with pytest.raises(DeliveryError) as caught:
            await hook.send(notice(item(title="Four")))
        await hook.send(notice(item(title="Fives")))
    assert str(caught.value) == "webhook hook: its template fails in line 2: division by zero"
    assert caught.value.permanent
    assert [post.json for post in sink.posts] == [{"n": 1.0}]
