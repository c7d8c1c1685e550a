"""What a client id must not do: end, inherit or empty the session of another certificate."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.scene import CLINIC, COLLECTOR, HOSTILE, OTHER, Scene, topic
from benchmarks.delivery.rights.topics import in_words
from contract import Channel

_FAILURE = 0x80


def sessions(scene: Scene) -> Iterator[Act]:
    """Try to end, inherit or empty another's session by its client id."""
    for victim, aliases in ((OTHER, (OTHER,)), (COLLECTOR, (COLLECTOR, f"{COLLECTOR}-{CLINIC}"))):
        for client_id in aliases:
            with scene.client(victim) as owner, scene.unconnected(HOSTILE) as hostile:
                code, _ = hostile.connect(client_id)
                control = hostile.alive() and (hostile.publish(topic(HOSTILE, Channel.VISIT), b"x") or 0) < _FAILURE
                stays = owner.alive()
                how = f"{in_words(code)} under its own name; the owner {'stays' if stays else 'was thrown out'}"
                yield Act("session", f"connect as {client_id!r}, to end it", how, stays, control)
    for victim, channel, sender in ((OTHER, Channel.RECEIPT, COLLECTOR), (COLLECTOR, Channel.CAPTURE, OTHER)):
        for clean in (False, True):
            yield _inherit(scene, victim, channel, sender, clean=clean)


def _inherit(scene: Scene, victim: str, channel: Channel, sender: str, *, clean: bool) -> Act:
    """Let a message wait in a session of the victim, and come for it under the victim's client id."""
    secret, last = scene.unique(), scene.unique()
    where = topic(OTHER, channel)
    with scene.unconnected(victim) as owner:
        owner.connect(victim, session_expiry_s=600)
        owner.subscribe(where)
    with scene.client(sender) as author:
        author.publish(where, secret)
    with scene.unconnected(HOSTILE) as hostile:
        _, inherited = hostile.connect(victim, clean=clean)
        hostile.subscribe(where)
        hostile.alive()  # its answer comes after all that waits
        gained = inherited or bool(hostile.arrived())
    with scene.unconnected(victim) as owner, scene.client(sender) as author:
        _, kept = owner.connect(victim, clean=False)
        author.publish(where, last)
        waited = [one.payload for one in owner.until(last)]
        owner.unsubscribe(where)
    how = "the session was handed over" if gained else "an empty session of its own"
    how += "; the owner's waits" if kept else "; the owner's is gone"
    words = f"empty the session of {victim}" if clean else f"come for what waits for {victim}"
    return Act("session", words, how, not gained and kept, secret in waited)
