"""
The HTTP port on real sockets: for every way a call can fail, did a byte of the request leave?
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import ssl
import struct
from contextlib import asynccontextmanager

import pytest

from adapters.http import AiohttpClient, HttpCall, HttpReply, Lost, NotSent
from adapters.layers import Timeouts
from contracts.adapter import BytePlan, MaterialRef
from tests.adapter_tools import Scans

QUICK = Timeouts(connect=0.3, first_byte=0.4, total=2)
BODY = b'{"a": "\xe6\xa8\xa1\xe6\x8b\x9f"}'


@pytest.fixture
async def client():
    http = AiohttpClient()
    yield http
    await http.close()


class Server:
    """Speaks raw bytes; `heard` is every request head with its body."""

    def __init__(self, answer):
        self._answer = answer
        self.heard = []

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.split(b"\r\n"):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                self.heard.append((head, await reader.readexactly(length)))
                if await self._answer(writer, len(self.heard)) is False:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(answer, **options):
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, **options)
    scheme = "https" if options.get("ssl") else "http"
    server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


def call(url, *, method="POST", body=BODY, timeouts=QUICK, limit=1024 * 1024):
    plan = body if isinstance(body, BytePlan) else BytePlan((body,))
    return HttpCall(
        method=method,
        url=url,
        headers={"Content-Type": "application/json"},
        body=plan,
        timeouts=timeouts,
        answer_limit=limit,
    )


async def send(client, url, **options):
    return await client.request(call(url, **options), open_material=Scans().open)


def reply(text=b"ok", status=b"200 OK", *headers):
    head = b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(text), *headers])
    return head + b"\r\n\r\n" + text


async def test_a_whole_answer_is_an_answer(client):
    async def answer(writer, count):
        writer.write(reply(b"ok", b"201 Created", b"X-Case: 7"))

    async with serving(answer) as server:
        result = await send(client, server.url + "/a")

    assert isinstance(result, HttpReply)
    assert (result.status, result.body, result.headers["x-case"]) == (201, b"ok", "7")
    head, body = server.heard[0]
    assert head.startswith(b"POST /a HTTP/1.1\r\n")
    assert body == BODY
    assert b"user-agent" not in head.lower()
    assert b"accept-encoding" not in head.lower()


# --- nothing left ---------------------------------------------------------------------------


async def test_a_closed_port_is_not_sent(client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    result = await send(client, f"http://127.0.0.1:{port}/")

    assert isinstance(result, NotSent)


@pytest.mark.parametrize(
    "url", ["http://nobody.invalid/", "http://", "nonsense", "ftp://127.0.0.1/"]
)
async def test_a_name_or_address_that_leads_nowhere_is_not_sent(client, url):
    assert isinstance(await send(client, url), NotSent)


async def test_a_client_that_was_closed_sends_nothing(client):
    await client.close()

    assert isinstance(await send(client, "http://127.0.0.1:9/"), NotSent)


async def test_a_host_that_does_not_answer_the_connection_is_not_sent(client):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        try:
            result = await send(client, f"http://127.0.0.1:{address[1]}/")
        finally:
            for one in waiting:
                one.close()

    assert result == NotSent("not connected within 0.3 s")


async def test_a_server_without_tls_is_not_sent(client):
    async def answer(writer, count):
        writer.write(reply())

    async with serving(answer) as server:
        result = await send(client, server.url.replace("http", "https"))

    assert isinstance(result, NotSent)
    assert server.heard == []


async def test_a_certificate_nobody_vouches_for_is_not_sent(client, tmp_path):
    async def answer(writer, count):
        writer.write(reply())

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    async with serving(answer, ssl=context) as server:
        result = await send(client, server.url, timeouts=Timeouts(connect=2, first_byte=2, total=5))

    assert result == NotSent("TLS failed")
    assert server.heard == []


def _self_signed(tmp_path):
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


# --- bytes left, no certain answer ----------------------------------------------------------


async def test_silence_after_the_request_is_lost(client):
    async def answer(writer, count):
        await asyncio.sleep(5)

    async with serving(answer) as server:
        result = await send(client, server.url)

    assert result == Lost("no first byte within 0.4 s")
    assert len(server.heard) == 1


async def test_a_case_taken_and_the_connection_dropped_is_lost(client):
    async def answer(writer, count):
        return False

    async with serving(answer) as server:
        result = await send(client, server.url)

    assert isinstance(result, Lost)
    assert result.status is None
    assert len(server.heard) == 1


@pytest.mark.parametrize("reset", [False, True])
async def test_an_answer_that_breaks_off_is_lost_though_its_status_is_known(client, reset):
    async def answer(writer, count):
        writer.write(reply(b"x" * 1000)[:-500])
        await writer.drain()
        await asyncio.sleep(0.1)
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return False

    async with serving(answer) as server:
        result = await send(client, server.url)

    assert isinstance(result, Lost)
    assert result.status == 200


async def test_an_answer_that_drips_is_cut_off_at_the_total_time(client):
    async def answer(writer, count):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    async with serving(answer) as server:
        result = await send(
            client, server.url, timeouts=Timeouts(connect=0.3, first_byte=0.3, total=0.8)
        )

    assert result == Lost("no whole answer within 0.8 s", 200, {"content-length": "100"})


async def test_a_head_that_drips_is_cut_off_at_the_first_byte_time(client):
    async def answer(writer, count):
        for char in b"HTTP/1.1 200 OK\r\n":
            writer.write(bytes([char]))
            await writer.drain()
            await asyncio.sleep(0.1)

    async with serving(answer) as server:
        assert isinstance(await send(client, server.url), Lost)


@pytest.mark.parametrize("declared", [True, False])
async def test_an_answer_over_the_limit_is_lost(client, declared):
    async def answer(writer, count):
        if declared:
            writer.write(reply(b"x" * 5000))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(50):
                writer.write(b"64\r\n" + b"x" * 100 + b"\r\n")
            writer.write(b"0\r\n\r\n")

    async with serving(answer) as server:
        result = await send(client, server.url, limit=4096)

    assert isinstance(result, Lost)
    assert "larger than 4096" in result.reason


async def test_a_compressed_answer_that_nobody_asked_for_is_lost(client):
    async def answer(writer, count):
        writer.write(reply(gzip.compress(b"x" * 10**7), b"200 OK", b"Content-Encoding: gzip"))

    async with serving(answer) as server:
        assert isinstance(await send(client, server.url), Lost)


async def test_bytes_that_are_no_http_are_lost(client):
    async def answer(writer, count):
        writer.write(b"\x00\xff garbage\r\n\r\n")
        return False

    async with serving(answer) as server:
        assert isinstance(await send(client, server.url), Lost)


# --- what is not done -----------------------------------------------------------------------


async def test_a_redirect_is_an_answer_and_is_not_followed(client):
    async def answer(writer, count):
        writer.write(reply(b"", b"302 Found", b"Location: /elsewhere"))

    async with serving(answer) as server:
        result = await send(client, server.url)

    assert isinstance(result, HttpReply)
    assert result.status == 302
    assert len(server.heard) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
async def test_a_request_on_a_connection_that_dies_is_never_repeated(client, method):
    async def answer(writer, count):
        if count == 1:
            writer.write(reply())
        return count == 1

    async with serving(answer) as server:
        first = await send(client, server.url, method=method)
        second = await send(client, server.url, method=method)

    assert isinstance(first, HttpReply)
    assert isinstance(second, Lost)
    assert len(server.heard) == 2


async def test_cookies_are_not_kept(client):
    async def answer(writer, count):
        writer.write(reply(b"", b"200 OK", b"Set-Cookie: a=1"))

    async with serving(answer) as server:
        await send(client, server.url)
        await send(client, server.url)

    assert all(b"cookie" not in head.lower() for head, _ in server.heard)


# --- streaming ------------------------------------------------------------------------------


async def test_a_scan_is_streamed_with_its_length_announced(client):
    async def answer(writer, count):
        writer.write(reply())

    content = bytes(range(256)) * 8192
    digest = hashlib.sha256(content).hexdigest()
    scans = Scans(content)
    plan = BytePlan((b'{"c":"', MaterialRef(digest, len(content), "base64"), b'"}'))
    async with serving(answer, limit=2**24) as server:
        slow = call(server.url, body=plan, timeouts=Timeouts(connect=1, first_byte=1, total=20))
        result = await client.request(slow, open_material=scans.open)

    assert isinstance(result, HttpReply)
    head, body = server.heard[0]
    assert b"transfer-encoding" not in head.lower()
    assert len(body) == 8 + (len(content) + 2) // 3 * 4


async def test_a_slow_scan_does_not_run_into_the_first_byte_time(client):
    async def answer(writer, count):
        writer.write(reply())

    async def slowly(digest):
        for _ in range(8):
            await asyncio.sleep(0.1)
            yield b"abc"

    plan = BytePlan((MaterialRef("0" * 64, 24),))
    async with serving(answer) as server:
        result = await client.request(call(server.url, body=plan), open_material=slowly)

    assert isinstance(result, HttpReply)
    assert server.heard[0][1] == b"abc" * 8


async def test_a_scan_that_cannot_be_read_to_its_end_is_never_an_answer(client):
    async def answer(writer, count):
        writer.write(reply())

    async def broken(digest):
        yield b"abc"
        raise OSError("disk")

    plan = BytePlan((MaterialRef("0" * 64, 24),))
    async with serving(answer) as server:
        result = await client.request(call(server.url, body=plan), open_material=broken)

    assert isinstance(result, Lost)
    assert server.heard == []
