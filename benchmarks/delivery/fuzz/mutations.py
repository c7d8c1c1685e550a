"""Ways in which a message goes wrong: bytes, JSON and PEM that is nearly right, and what was never right."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any

_MARK = "here-goes-what-json-cannot-say"

LONGEST_BYTES = 256 * 1024
"""A mutated message is no longer, or what mutates it takes more memory than what is tried; the long ones are right ones
with blanks behind."""

ODD_VALUES: tuple[bytes, ...] = (
    *(
        b"null",
        b"true",
        b"false",
        b"0",
        b"1",
        b"-1",
        b"1.5",
        b"-0.0",
        b'""',
        b'"1"',
        b"[]",
        b"{}",
        b"[null]",
        b'{"a":1}',
    ),
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1e-999", b"0x10", b"01", b"+1", b".5", b"1.", b"1e"),
    *(b"9007199254740993", b"18446744073709551616", b"-9223372036854775809", b"9" * 400, b"0." + b"3" * 2000),
    *(
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\u0000"',
        b'"\\x"',
        b'"\xff\xfe"',
        b'"\xed\xa0\x80"',
        b'"\xc0\xaf"',
        b'"\x00"',
    ),
    *(b'"' + b"x" * length + b'"' for length in (17, 65, 129, 301, 501, 6001, 70_000)),
    *(b'"2026-02-30T25:61:00Z"', b'"9999-12-31T23:59:59.999999Z"', b'"0001-01-01T00:00:00+14:00"', b'"2026-03-04"'),
    *(b"-62135596800", b"253402300799", b"1e20", b'"2026-03-04T09:30:00"', b'"NaN"', b'"g120-l035"', b'"../../x"'),
    *(b'"\xe2\x80\xae"', b'"P-0042\\n"', b'"chair-1\\u0000"', b'"Chair-1"', b'"+"', b'"#"', b'"a/b"', b'"\xc3\xa4"'),
    *(b'"00000000-0000-0000-0000-000000000000"', b'"019cb001000070008000000000000001"', b'"{019cb001}"'),
    *(b"[" * depth + b"]" * depth for depth in (3, 60, 250, 5000)),
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (60, 250)),
    *(b"", b",", b"}", b"[1", b'"', b"/**/1"),
)
"""What takes a value's place."""


def chance_of(what: str, seed: int, number: int) -> Random:
    """Return the chance that one message is drawn by, the same whatever was drawn before."""
    return Random(f"{what} {seed} {number}")  # noqa: S311  seeded, not secret


def mutated(chance: Random, payload: bytes) -> bytes:
    """Return a message that is one to three steps from right."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        payload = chance.choices(_STEPS, _WEIGHTS)[0](chance, payload)
    return payload


def noise(chance: Random) -> bytes:
    """Return what was never right: bytes, text, or JSON of another kind."""
    kind = chance.randrange(6)
    if kind == 0:
        return b""
    if kind <= 2:
        return chance.randbytes(chance.choice((1, 2, 8, 100, 2000)))
    if kind == 3:
        return chance.choice(ODD_VALUES)
    if kind == 4:
        return b64encode(chance.randbytes(chance.randrange(400)))
    letters = b'{}[]",:0123456789.eE+-\\u truefalsn'
    return bytes(chance.choices(letters, k=chance.randrange(1, 300)))


def bytes_changed(chance: Random, payload: bytes) -> bytes:
    """Return a file or message with some of its bytes gone wrong."""
    return chance.choice(_BYTE_STEPS)(chance, payload)


def _flipped(chance: Random, payload: bytes) -> bytes:
    changed = bytearray(payload)
    for _ in range(min(len(changed), chance.choice((1, 1, 2, 8, 40)))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _overwritten(chance: Random, payload: bytes) -> bytes:
    at = chance.randrange(len(payload) + 1)
    piece = chance.choice((b"\xff\xfe", b"\xed\xa0\x80", b"\x00", b"\xf4\x90\x80\x80", b"\r\n", chance.randbytes(4)))
    return payload[:at] + piece + payload[at + chance.choice((0, len(piece))) :]


def _cut(chance: Random, payload: bytes) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)]


def _cut_out(chance: Random, payload: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(payload) + 1), chance.randrange(len(payload) + 1)))
    return payload[:start] + payload[end:]


def _repeated(chance: Random, payload: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(payload) + 1), chance.randrange(len(payload) + 1)))
    return payload[:end] + payload[start:end] * chance.choice((1, 2)) + payload[end:]


def _value_replaced(chance: Random, payload: bytes) -> bytes:
    def replace(holder: Any, key: Any) -> None:  # noqa: ANN401  an object or a list, and a place in it
        holder[key] = _MARK

    return _in_json(chance, payload, replace)


def _removed(chance: Random, payload: bytes) -> bytes:
    def remove(holder: Any, key: Any) -> None:  # noqa: ANN401
        del holder[key]

    return _in_json(chance, payload, remove)


def _renamed(chance: Random, payload: bytes) -> bytes:
    def rename(holder: Any, key: Any) -> None:  # noqa: ANN401
        if isinstance(holder, dict):
            holder[chance.choice((key.upper(), f"{key} ", f"{key}_", "", "a" * 300))] = holder.pop(key)

    return _in_json(chance, payload, rename)


def _exchanged(chance: Random, payload: bytes) -> bytes:
    def exchange(holder: Any, key: Any) -> None:  # noqa: ANN401
        other = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[key], holder[other] = holder[other], holder[key]

    return _in_json(chance, payload, exchange)


def _many(chance: Random, payload: bytes) -> bytes:
    def repeat(holder: Any, key: Any) -> None:  # noqa: ANN401
        holder[key] = [holder[key]] * chance.choice((2, 40, 400))

    return _in_json(chance, payload, repeat)


def _said_twice(chance: Random, payload: bytes) -> bytes:
    """Return an object with a key that stands there twice, which JSON allows and nobody means."""
    message = _read(payload)
    if not isinstance(message, dict) or not message:
        return payload
    key = chance.choice(list(message))
    start = json.dumps({key: message[key]}, separators=(",", ":")).encode()[:-1].replace(b"1", b"2")
    return start + b"," + payload.lstrip()[1:]


def _in_json(chance: Random, payload: bytes, change: Callable[[Any, Any], None]) -> bytes:
    message = _read(payload)
    if not isinstance(message, (dict, list)) or not message:
        return _flipped(chance, payload)
    holder: Any = message
    key: Any = None
    while True:
        key = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner or chance.random() < 0.2:
            break
        holder = inner
    change(holder, key)
    try:
        written = json.dumps(message, separators=(",", ":")).encode()
    except (RecursionError, UnicodeEncodeError):
        return payload
    odd, mark = chance.choice(ODD_VALUES), f'"{_MARK}"'.encode()
    if (
        len(written) + written.count(mark) * len(odd) > LONGEST_BYTES
    ):  # neither broker nor service hands such a one over
        return payload
    return written.replace(mark, odd)


def _read(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


_BYTE_STEPS = (_flipped, _overwritten, _cut, _cut_out, _repeated)
_STEPS = (*_BYTE_STEPS, _value_replaced, _removed, _renamed, _exchanged, _many, _said_twice)
_WEIGHTS = (3, 3, 2, 2, 1, 12, 4, 2, 3, 1, 2)
