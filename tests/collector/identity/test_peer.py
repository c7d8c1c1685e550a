"""Who is asking, as the services are told; and connections that ask nothing."""

import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.identity import peer
from collector.identity.certificates import read_certificate
from collector.identity.peer import peer_of
from tests.collector.conftest import OTHER_DEVICE
from tests.collector.examples import DEVICE
from tests.collector.identity.running import client_tls, serving


async def _tell(request: Request) -> Response:
    asking = peer_of(request)
    extension = request.scope["extensions"]["tls"]
    told: dict[str, Any] = {"name": extension["client_cert_name"], "version": extension["tls_version"]}
    if asking is not None:
        told |= {"peer": asking.common_name, "serial": f"{asking.serial:x}"}
    return JSONResponse(told)


async def _refuse(_request: Request) -> Response:
    return Response("no", 403)


SERVICE = Starlette(routes=[Route("/", _tell), Route("/", _refuse, methods=["PUT"])])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_each_request_knows_its_sender(own_certificates: Path, version: ssl.TLSVersion) -> None:
    """Breaks when a service takes one instrument for another, on one connection or a resumed session."""
    with serving(SERVICE, own_certificates) as address:
        for name in (DEVICE, OTHER_DEVICE, DEVICE):
            context = client_tls(own_certificates, name)
            context.minimum_version = context.maximum_version = version
            expected = {
                "name": f"CN={name}",
                "version": {ssl.TLSVersion.TLSv1_2: 0x0303, ssl.TLSVersion.TLSv1_3: 0x0304}[version],
                "peer": name,
                "serial": f"{read_certificate(own_certificates / f'{name}.crt').serial_number:x}",
            }
            with httpx.Client(verify=context) as client:
                assert [client.get(address).json() for _ in range(2)] == [expected] * 2
            with httpx.Client(verify=context) as client:
                assert client.get(address).json() == expected


def test_nobody_is_named_where_nobody_has_to_be(own_certificates: Path) -> None:
    """Breaks when the enrolment's service takes a stranger for somebody."""
    with (
        serving(SERVICE, own_certificates, asks_for_certificate=False) as address,
        httpx.Client(verify=client_tls(own_certificates, None)) as client,
    ):
        assert client.get(address).json() == {"name": None, "version": 0x0304}
    with (
        serving(SERVICE, own_certificates) as address,
        httpx.Client(verify=client_tls(own_certificates, None)) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get(address)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("asks", [True, False])
def test_old_tls_is_refused(own_certificates: Path, version: ssl.TLSVersion, asks: bool) -> None:
    """Breaks when a service speaks a TLS whose secrecy is broken."""
    context = client_tls(own_certificates, DEVICE)
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side alone would refuse
    context.minimum_version = context.maximum_version = version
    with (
        serving(SERVICE, own_certificates, asks_for_certificate=asks) as address,
        httpx.Client(verify=context) as client,
        pytest.raises(httpx.TransportError, match=r"EOF occurred|alert"),  # the server ends it, not this side
    ):
        client.get(address)


def held_s(certificates: Path, address: httpx.URL, *pieces: bytes, every_s: float = 0.1) -> float:
    """Send pieces one after the other, then nothing; return how long the connection stood."""
    assert address.port is not None
    with (
        socket.create_connection((address.host, address.port)) as bare,
        client_tls(certificates, DEVICE).wrap_socket(bare, server_hostname=address.host) as connection,
    ):
        began_s = time.monotonic()
        connection.settimeout(10)
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(every_s)
            while connection.recv(1000):
                pass
        except OSError:
            pass
        return time.monotonic() - began_s


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"GET / HTTP/1.1\r\nHost: x\r\n",),
        tuple(bytes([letter]) for letter in b"GET / HTTP/1.1\r\nHost: x\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET",),
    ],
)
def test_connections_that_ask_nothing_end(
    own_certificates: Path, monkeypatch: pytest.MonkeyPatch, pieces: tuple[bytes, ...]
) -> None:
    """Breaks when a hundred silent or dawdling connections keep every instrument out for as long as they like."""
    monkeypatch.setattr(peer.PeerProtocol, "head_within_s", 0.5)
    with serving(SERVICE, own_certificates) as address:
        assert 0.4 < held_s(own_certificates, address, *pieces) < 1.5


def test_a_body_may_go_on_after_its_answer(own_certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a slow sender of a body that is refused early is cut off before it reads why; or never is."""
    monkeypatch.setattr(peer.PeerProtocol, "head_within_s", 0.2)
    monkeypatch.setattr(peer.PeerProtocol, "rest_within_s", 1.0)
    head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n"
    with serving(SERVICE, own_certificates) as address:
        assert 0.9 < held_s(own_certificates, address, head, *[b"x"] * 100) < 2.5

        def slowly() -> Any:  # noqa: ANN401  httpx takes any iterator
            for _ in range(5):
                time.sleep(0.1)
                yield b"x" * 10

        with httpx.Client(verify=client_tls(own_certificates, DEVICE)) as client:
            answer = client.put(address, content=slowly())
        assert (answer.status_code, answer.text) == (403, "no")
