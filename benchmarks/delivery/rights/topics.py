"""What a certificate must not do at the broker: write, read and leave behind what is not its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.bare_client import Ended, Will
from benchmarks.delivery.rights.scene import CLINIC, COLLECTOR, HOSTILE, OTHER, WITNESS, Scene, topic
from contract import FROM_DEVICE, TO_DEVICE, Channel, all_devices

_NOT_AUTHORIZED = 0x87
_FAILURE = 0x80
_ELSEWHERE = "other-clinic"
_ROOT = f"trichoscope/1/{CLINIC}"

_ODD_TOPICS: dict[str, str | bytes] = {
    "another root": f"dermoscope/1/{CLINIC}/{HOSTILE}/capture",
    "another version of the contract": f"trichoscope/2/{CLINIC}/{HOSTILE}/capture",
    "the root in capitals": f"TRICHOSCOPE/1/{CLINIC}/{HOSTILE}/capture",
    "its own name in capitals": f"{_ROOT}/{HOSTILE.upper()}/capture",
    "a leading slash": f"/{_ROOT}/{HOSTILE}/capture",
    "a trailing slash": f"{_ROOT}/{HOSTILE}/capture/",
    "a level deeper": f"{_ROOT}/{HOSTILE}/capture/1",
    "no channel": f"{_ROOT}/{HOSTILE}",
    "an unknown channel of its own": f"{_ROOT}/{HOSTILE}/command",
    "an empty device": f"{_ROOT}//capture",
    "the access list's own placeholder": f"{_ROOT}/%u/capture",
    "a way up": f"{_ROOT}/{HOSTILE}/../{OTHER}/capture",
    "a wildcard for the device": f"{_ROOT}/+/capture",
    "a wildcard for all": "#",
    "a wildcard at the end": f"{_ROOT}/{HOSTILE}/#",
    "a zero byte": f"{_ROOT}/{HOSTILE}/capture\0",
    "a topic that is no UTF-8": b"trichoscope/1/\xff\xfe/" + HOSTILE.encode() + b"/capture",
    "no topic at all": "",
    "65,000 letters": "a" * 65_000,
    "the broker's own figures": "$SYS/broker/uptime",
    "the broker's control": "$CONTROL/dynamic-security/v1",
    "a shared subscription's name": f"$share/all/{_ROOT}/{OTHER}/capture",
}
"""Topics that nobody may write to, by what is odd about them."""

_FILTERS = {
    **{f"{OTHER}'s {channel}": topic(OTHER, channel) for channel in Channel},
    **{f"every device's {channel}": all_devices(CLINIC, channel) for channel in Channel},
    f"all of {OTHER}": f"{_ROOT}/{OTHER}/#",
    "all of the clinic": f"{_ROOT}/#",
    "all of another clinic": f"trichoscope/1/{_ELSEWHERE}/#",
    "every level a wildcard": "+/+/+/+/+",
    "all of trichoscope": "trichoscope/#",
    "everything": "#",
    "everything but the first level": "+/#",
    "everything, shared": "$share/all/#",
    "every device's receipts, shared": f"$share/all/{all_devices(CLINIC, Channel.RECEIPT)}",
    f"{OTHER}'s captures, shared": f"$share/all/{topic(OTHER, Channel.CAPTURE)}",
    "its own captures, back": topic(HOSTILE, Channel.CAPTURE),
    "the broker's own figures": "$SYS/#",
    "the broker's control": "$CONTROL/#",
    "the access list's own placeholder": f"{_ROOT}/%u/capture",
}
"""Filters that a device has no right to, by what they would show it."""


def writing(scene: Scene) -> Iterator[Act]:
    """Try to write what is another's with a device's certificate: by every channel, quality of service and version."""
    with ExitStack() as opened:
        stage = _Stage(scene, opened)
        for channel in Channel:
            yield stage.write(f"{OTHER}'s {channel}", topic(OTHER, channel))
        for channel in TO_DEVICE:
            yield stage.write(f"its own {channel}", topic(HOSTILE, channel))
        for channel in Channel:
            yield stage.write(f"another clinic's {channel}", topic(HOSTILE, channel, _ELSEWHERE))
        for words, odd in _ODD_TOPICS.items():
            yield stage.write(words, odd)
        for channel in (Channel.STATUS, Channel.HEALTH):
            yield stage.write(f"{OTHER}'s {channel}, retained", topic(OTHER, channel), retain=True)
            yield stage.write(f"{OTHER}'s retained {channel}, emptied", topic(OTHER, channel), retain=True, payload=b"")
        yield stage.write("its own day-list, retained", topic(HOSTILE, Channel.DAY_LIST), retain=True)
        yield stage.write(f"{OTHER}'s day-list, retained", topic(OTHER, Channel.DAY_LIST), retain=True)
        yield stage.write(
            f"{OTHER}'s retained day-list, emptied", topic(OTHER, Channel.DAY_LIST), retain=True, payload=b""
        )
        for quality in (0, 2):
            for channel in (Channel.CAPTURE, Channel.RECEIPT):
                yield stage.write(
                    f"{OTHER}'s {channel}, quality of service {quality}", topic(OTHER, channel), quality=quality
                )
        yield stage.write(f"{OTHER}'s capture, under a topic alias", topic(OTHER, Channel.CAPTURE), alias=1)
        yield stage.write(f"{OTHER}'s capture, with MQTT 3.1.1", topic(OTHER, Channel.CAPTURE), level=4)
        yield stage.write(f"{OTHER}'s receipt, with MQTT 3.1.1", topic(OTHER, Channel.RECEIPT), level=4)
        for name in (OTHER, COLLECTOR, "", "admin"):
            yield stage.write(
                f"{OTHER}'s capture, with {name or 'nobody'} as user name", topic(OTHER, Channel.CAPTURE), username=name
            )


class _Stage:
    """The hostile device, and a witness to whom the access list of this broker alone shows everything."""

    def __init__(self, scene: Scene, opened: ExitStack) -> None:
        self.scene = scene
        self.witness = opened.enter_context(scene.client(WITNESS))
        for topics in ("#", "$SYS/#", "$CONTROL/#"):
            self.witness.subscribe(topics)

    def write(
        self,
        words: str,
        where: str | bytes,
        *,
        payload: bytes | None = None,
        quality: int = 1,
        retain: bool = False,
        alias: int | None = None,
        level: int = 5,
        username: str | None = None,
    ) -> Act:
        """Try one message; the permitted one after it, sent in the same manner, is the last that can follow it."""
        forbidden = self.scene.unique() if payload is None else payload
        permitted = self.scene.unique()
        answered, refused = "no answer is foreseen", True
        with self.scene.unconnected(HOSTILE, level) as hostile:
            hostile.connect(HOSTILE, username=username)
            try:
                code = hostile.publish(where, forbidden, quality=quality, retain=retain, alias=alias)
                if alias is not None and code is not None and code < _FAILURE:
                    code = hostile.publish("", forbidden, quality=quality, alias=alias)
                if code is not None:
                    answered, refused = in_words(code), code >= _FAILURE
            except Ended as ended:
                answered = f"connection ended: {ended}"
        with self.scene.unconnected(HOSTILE, level) as hostile:
            hostile.connect(HOSTILE, username=username)
            hostile.publish(topic(HOSTILE, Channel.VISIT), permitted, quality=quality)
            came, control = self.seen_until(permitted)
        reached = forbidden in came
        how = f"{answered}; {'reached a reader' if reached else 'reached nobody'}"
        return Act("write", words, how, refused and not reached, control)

    def seen_until(self, permitted: bytes) -> tuple[list[bytes], bool]:
        """Return what the witness saw before a message, retained ones among it, and whether that message came."""
        try:
            came = self.witness.until(permitted)
            self.witness.subscribe("#")  # shows what is retained once more
        except Ended:
            return [], False
        return [one.payload for one in (*came, *self.witness.arrived())], True


def reading(scene: Scene) -> Iterator[Act]:
    """Subscribe with a device's certificate to what is not its own, while those who may read it do.

    mosquitto grants every subscription and hands out nothing that may not be read, so what counts is what comes.
    """
    with ExitStack() as opened:
        readers = _Readers(scene, opened)
        for channel in (Channel.STATUS, Channel.HEALTH):
            readers.other.publish(topic(OTHER, channel), b"retained", retain=True)
        readers.collector.publish(topic(OTHER, Channel.DAY_LIST), b"retained", retain=True)
        for words, topics in _FILTERS.items():
            yield readers.read(words, topics)


class _Readers:
    """The hostile device, and beside it those who may read: the collector and another device."""

    def __init__(self, scene: Scene, opened: ExitStack) -> None:
        self._scene = scene
        self.other = opened.enter_context(scene.client(OTHER))
        self._hostile = opened.enter_context(scene.client(HOSTILE))
        self.collector = opened.enter_context(scene.client(COLLECTOR))
        for channel in FROM_DEVICE:
            self.collector.subscribe(all_devices(CLINIC, channel))
        for channel in TO_DEVICE:
            self.other.subscribe(topic(OTHER, channel))
            self._hostile.subscribe(topic(HOSTILE, channel))

    def read(self, words: str, topics: str) -> Act:
        """Try one filter."""
        code = self._hostile.subscribe(topics)
        secret, mine, last = self._scene.unique(), self._scene.unique(), self._scene.unique()
        for channel in FROM_DEVICE:
            self.other.publish(topic(OTHER, channel), secret)
        self._hostile.publish(topic(HOSTILE, Channel.CAPTURE), mine)
        for channel in TO_DEVICE:
            self.collector.publish(topic(OTHER, channel), secret)
            self.collector.publish(topic(HOSTILE, channel), mine)
        self.other.publish(topic(OTHER, Channel.VISIT), last)
        for device in (OTHER, HOSTILE):
            self.collector.publish(topic(device, Channel.RECEIPT), last)
        try:
            collected = [one.payload for one in self.collector.until(last)]
            received = [one.payload for one in self.other.until(last)]
            came = self._hostile.until(last)
        except Ended as ended:
            return Act("read", words, f"connection ended: {ended}", refused=False, control=False)
        own = [topic(HOSTILE, channel) for channel in TO_DEVICE]
        control = (
            collected.count(secret) == len(FROM_DEVICE)
            and received.count(secret) == len(TO_DEVICE)
            and all(any((one.topic, one.payload) == (where, mine) for one in came) for where in own)
        )
        leaked = [one for one in came if one.topic not in own]
        self._hostile.unsubscribe(topics)
        how = f"{in_words(code)}; {f'{len(leaked)} messages came' if leaked else 'nothing came'}"
        return Act("read", words, how, not leaked, control)


def collecting(scene: Scene) -> Iterator[Act]:
    """Try with the collector's certificate what only devices may write, and what it need not read."""
    with ExitStack() as opened:
        collector = opened.enter_context(scene.client(COLLECTOR))
        device = opened.enter_context(scene.client(HOSTILE))
        for channel in TO_DEVICE:
            device.subscribe(topic(HOSTILE, channel))
        forbidden = {f"a device's {channel}": topic(HOSTILE, channel) for channel in FROM_DEVICE}
        forbidden |= {f"another clinic's {channel}": topic(HOSTILE, channel, _ELSEWHERE) for channel in Channel}
        forbidden["the broker's control"] = "$CONTROL/dynamic-security/v1"
        for words, where in forbidden.items():
            code = collector.publish(where, b"x", retain="status" in words)
            control = (collector.publish(topic(HOSTILE, Channel.RECEIPT), b"x") or 0) < _FAILURE
            yield Act("collector", f"write {words}", in_words(code or 0), code == _NOT_AUTHORIZED, control)
        for words, topics in {"everything": "#", "the broker's own figures": "$SYS/#"}.items():
            collector.subscribe(topics)
            collector.subscribe(all_devices(CLINIC, Channel.VISIT))
            secret, last = scene.unique(), scene.unique()
            collector.publish(topic(HOSTILE, Channel.ANSWER), secret)
            device.publish(topic(HOSTILE, Channel.VISIT), last)
            try:
                came = collector.until(last)
                device.until(secret)
            except Ended as ended:
                yield Act("collector", f"read {words}", f"connection ended: {ended}", refused=False, control=False)
                return
            read = [one for one in came if one.topic.startswith("$") or one.payload == secret]
            collector.unsubscribe(topics)
            how = f"{len(read)} messages came" if read else "nothing came"
            yield Act("collector", f"read {words}", how, not read, control=True)


def wills(scene: Scene) -> Iterator[Act]:
    """Leave a last will on what is another's, and be cut off."""
    targets = {
        f"{OTHER}'s status": topic(OTHER, Channel.STATUS),
        f"{OTHER}'s capture": topic(OTHER, Channel.CAPTURE),
        f"{OTHER}'s receipt": topic(OTHER, Channel.RECEIPT),
        f"{OTHER}'s answer": topic(OTHER, Channel.ANSWER),
        "its own receipt": topic(HOSTILE, Channel.RECEIPT),
        "another clinic's status": topic(HOSTILE, Channel.STATUS, _ELSEWHERE),
        "the broker's own figures": "$SYS/broker/uptime",
    }
    with ExitStack() as opened:
        stage = _Stage(scene, opened)
        for words, where in targets.items():
            for retain in (False, True):
                yield _will(stage, words, where, retain=retain)


def _will(stage: _Stage, words: str, where: str, *, retain: bool) -> Act:
    secret, permitted = stage.scene.unique(), stage.scene.unique()
    answered = ""
    for place, payload in ((where, secret), (topic(HOSTILE, Channel.STATUS), permitted)):
        hostile = stage.scene.unconnected(HOSTILE)
        try:
            code, _ = hostile.connect(HOSTILE, will=Will(place, payload, retain))
            answered = answered or in_words(code)
        except Ended as ended:
            answered = answered or f"connection ended: {ended}"
        hostile.drop()
    came, control = stage.seen_until(permitted)
    left = secret in came
    how = f"{answered}; {'left behind' if left else 'reached nobody'}"
    return Act("will", f"{words}{', retained' if retain else ''}", how, not left, control)


def in_words(code: int) -> str:
    """Return a reason code of the broker's, and what it means here."""
    words = {0x00: "accepted", 0x01: "accepted", 0x02: "accepted", 0x10: "accepted", _NOT_AUTHORIZED: "Not authorized"}
    return f"{words.get(code, 'refused' if code >= _FAILURE else 'accepted')} ({code:#04x})"
