"""Who is let in at all: at the broker, at the picture service, and by an instrument that calls a clinic."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509.oid import ExtendedKeyUsageOID

from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.bare_client import WITHIN_S, BareClient, Ended, tls_reason
from benchmarks.delivery.rights.certificates import Signer, issue, signer
from benchmarks.delivery.rights.scene import COLLECTOR, HOSTILE, OTHER, REVOKED, Scene, too_old, topic
from collector import authority as authority_folder
from contract import TO_DEVICE, Channel
from groundwork.client_tls import client_context

_FAILURE = 0x80
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class _Tried:
    how: str
    let_in: bool


def at_the_broker(scene: Scene) -> Iterator[Act]:
    """Come to the broker without a certificate that holds."""
    yield from _at_a_door(scene, "broker", lambda context: _say_connect(scene, context), scene.broker_port)
    for words, name in {
        "a certificate of a device called '+'": "+",
        "a certificate of a device called '#'": "#",
        "a certificate of a device called '%u'": "%u",
        f"a certificate of a device called '{OTHER}/capture'": f"{OTHER}/capture",
        "a certificate without a name": "",
    }.items():
        yield _wild_name(scene, words, name)


def at_the_pictures(scene: Scene) -> Iterator[Act]:
    """Come to the picture service without a certificate that holds."""
    yield from _at_a_door(scene, "picture service", lambda context: _say_get(scene, context), scene.picture_port)


def at_the_instrument(scene: Scene) -> Iterator[Act]:
    """Play the clinic before an instrument, with every certificate that is not the clinic's own server's."""
    folder = scene.certificates
    clinic, foreign = signer(folder, "authority"), _foreign(scene)
    made = scene.clinic.folder / "hostile"
    server = ExtendedKeyUsageOID.SERVER_AUTH

    def rogue(name: str, by: Signer | None, **how: object) -> Callable[[ssl.SSLContext], None]:
        path = issue(made, f"rogue-{name}", "localhost", by, **{"purpose": server, "host": "localhost", **how})  # type: ignore[arg-type]
        return lambda context: context.load_cert_chain(path)

    def own(context: ssl.SSLContext) -> None:
        context.load_cert_chain(folder / "server.crt", folder / "server.key")

    def old(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
        def prepare(context: ssl.SSLContext) -> None:
            own(context)
            too_old(version, context)

        return prepare

    control = _instrument_believes(scene, own) == ""
    for words, prepare in {
        "another authority": rogue("foreign", foreign),
        "nobody but itself": rogue("self", None),
        "the clinic, for another host": rogue("host", clinic, host="elsewhere.example"),
        "the clinic, until yesterday": rogue("expired", clinic, valid_days=(-30, -1)),
        "the clinic, from tomorrow on": rogue("early", clinic, valid_days=(1, 30)),
        "the clinic, as a device's": rogue("device", clinic, purpose=ExtendedKeyUsageOID.CLIENT_AUTH),
        "a device of the clinic": rogue("signed", signer(folder, HOSTILE), chained=True),
        "the clinic, by TLS 1.0": old(ssl.TLSVersion.TLSv1),
        "the clinic, by TLS 1.1": old(ssl.TLSVersion.TLSv1_1),
    }.items():
        refusal = _instrument_believes(scene, prepare)
        how = f"the instrument goes: {refusal}" if refusal else "believed"
        yield Act("clinic played", f"a server whose certificate is of {words}", how, refusal != "", control)


def _at_a_door(scene: Scene, door: str, knock: Callable[[ssl.SSLContext], _Tried], port: int) -> Iterator[Act]:
    def shown(certificate: Path | None, key: Path | None = None) -> _Tried:
        return knock(scene.context(certificate, key))

    control = shown(*scene.pem(HOSTILE)).let_in
    tries = {words: shown(certificate) for words, certificate in _certificates(scene).items()}
    tries["a certificate that was revoked"] = shown(*scene.pem(REVOKED))
    server = (scene.certificates / "server.crt", scene.certificates / "server.key")
    tries["the server's own certificate, as a client"] = shown(*server)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        tries[f"a right certificate by {_named(version)}"] = knock(_of_version(scene, version))
    for words, said in {"MQTT": _mqtt_in_clear(), "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"}.items():
        tries[f"{words} without TLS"] = _in_clear(port, said)
    # with the ciphers of the old versions; and after all the others, none of which may have brought the door down
    control &= knock(_of_version(scene, ssl.TLSVersion.TLSv1_2)).let_in
    for words, tried in tries.items():
        yield Act(door, words, tried.how, not tried.let_in, control)


def _certificates(scene: Scene) -> dict[str, Path | None]:
    made = scene.clinic.folder / "hostile"
    clinic, foreign = signer(scene.certificates, "authority"), _foreign(scene)
    device = signer(scene.certificates, HOSTILE)
    return {
        "no certificate": None,
        "a certificate that has expired": issue(made, "expired", HOSTILE, clinic, valid_days=(-30, -1)),
        "a certificate that does not hold yet": issue(made, "early", HOSTILE, clinic, valid_days=(1, 30)),
        "a certificate of another authority of the same name": issue(made, "foreign", HOSTILE, foreign),
        "the collector's name by another authority": issue(made, "foreign-collector", COLLECTOR, foreign),
        "a certificate that signed itself": issue(made, "self", HOSTILE, None),
        f"a certificate for {OTHER} that {HOSTILE} signed": issue(made, "signed", OTHER, device, chained=True),
    }


def _foreign(scene: Scene) -> Signer:
    folder = scene.clinic.folder / "hostile"
    folder.mkdir(exist_ok=True)
    authority_folder.ensure_authority(folder)
    return signer(folder, "authority")


def _wild_name(scene: Scene, words: str, name: str) -> Act:
    """Show a certificate that the authority signed under a name it never signs; write and read another's topics."""
    made = issue(scene.clinic.folder / "hostile", "wild", name, signer(scene.certificates, "authority"))
    secret = scene.unique()
    gained: list[str] = []
    control = False
    try:
        with BareClient(scene.stream(scene.broker_port, scene.context(made))) as hostile:
            code, _ = hostile.connect(name or "nobody")
            if code:
                how = f"refused ({code:#04x})"
            else:
                gained += [f"write {channel}" for channel in Channel if _may_write(hostile, topic(OTHER, channel))]
                for channel in TO_DEVICE:
                    hostile.subscribe(topic(OTHER, channel))
                with scene.client(COLLECTOR) as collector:
                    for channel in TO_DEVICE:
                        collector.publish(topic(OTHER, channel), secret)
                hostile.alive()  # its answer comes after all that was handed out
                gained += [f"read {one.topic}" for one in hostile.arrived()]
                how = f"let in; may {', '.join(gained)}" if gained else "let in; may neither write nor read"
    except (OSError, Ended) as refused:
        how = _refusal(refused)
    with scene.client(OTHER) as right, scene.client(COLLECTOR) as collector:
        right.subscribe(topic(OTHER, Channel.RECEIPT))
        collector.publish(topic(OTHER, Channel.RECEIPT), secret)
        control = _may_write(right, topic(OTHER, Channel.VISIT)) and right.next().payload == secret
    return Act("broker", words, how, not gained, control)


def _may_write(client: BareClient, where: str) -> bool:
    return (client.publish(where, b"x") or 0) < _FAILURE


def _say_connect(scene: Scene, context: ssl.SSLContext) -> _Tried:
    try:
        with BareClient(scene.stream(scene.broker_port, context)) as client:
            code, _ = client.connect(HOSTILE)
            return _Tried(f"CONNACK {code:#04x}", let_in=code == 0)
    except (OSError, Ended) as refused:
        return _Tried(_refusal(refused), let_in=False)


def _say_get(scene: Scene, context: ssl.SSLContext) -> _Tried:
    """Any answer of HTTP but 403 means that the door is open: it is the next thing that is answered then."""
    connection = http.client.HTTPSConnection("localhost", scene.picture_port, timeout=WITHIN_S, context=context)
    try:
        with closing(connection):
            connection.request("HEAD", f"/images/{'0' * 64}")
            answer = connection.getresponse()
            return _Tried(f"{answer.status} {answer.reason}", let_in=answer.status != _FORBIDDEN)
    except (OSError, http.client.HTTPException) as refused:
        return _Tried(_refusal(refused), let_in=False)


def _in_clear(port: int, said: bytes) -> _Tried:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as bare:
            bare.sendall(said)
            answer = bare.recv(64)
    except OSError as refused:
        return _Tried(_refusal(refused), let_in=False)
    let_in = answer.startswith((b"\x20", b"HTTP/"))
    return _Tried("answered in the clear" if let_in else "connection ended without an answer", let_in)


def _mqtt_in_clear() -> bytes:
    return b"\x10\x14\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x07chair-1"


def _of_version(scene: Scene, version: ssl.TLSVersion) -> ssl.SSLContext:
    return too_old(version, scene.context(*scene.pem(HOSTILE)))


def _named(version: ssl.TLSVersion) -> str:
    return {ssl.TLSVersion.TLSv1: "TLS 1.0", ssl.TLSVersion.TLSv1_1: "TLS 1.1"}[version]


def _instrument_believes(scene: Scene, prepare: Callable[[ssl.SSLContext], None]) -> str:
    """Let an instrument call a server that was prepared so; return why it goes, or nothing."""
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    prepare(accepting)
    folder = scene.certificates
    calling = client_context(folder / "authority.crt", *scene.pem(HOSTILE))
    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening.settimeout(WITHIN_S)
        thread = threading.Thread(target=_accept_one, args=(listening, accepting))
        thread.start()
        opened.callback(thread.join)
        try:
            bare = opened.enter_context(socket.create_connection(listening.getsockname(), timeout=WITHIN_S))
            opened.enter_context(calling.wrap_socket(bare, server_hostname="localhost"))
        except OSError as refused:
            return getattr(refused, "verify_message", "") or tls_reason(refused)
    return ""


def _accept_one(listening: socket.socket, context: ssl.SSLContext) -> None:
    try:
        bare, _ = listening.accept()
        with bare:
            bare.settimeout(WITHIN_S)
            context.wrap_socket(bare, server_side=True).close()
    except OSError:
        pass  # the instrument went


def _refusal(refused: Exception) -> str:
    if isinstance(refused, Ended):
        return f"connection ended: {refused}"
    if isinstance(refused, ssl.SSLError):
        return f"TLS: {tls_reason(refused)}"
    return "connection ended without an answer"
