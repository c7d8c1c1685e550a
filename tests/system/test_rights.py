"""No certificate opens what is not its own: every forbidden act, tried against the real broker and collector."""

from pathlib import Path

from benchmarks.delivery import rights
from benchmarks.delivery.rights import topics
from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.scene import Scene

_GROUPS = {
    "write": 63,
    "read": 34,
    "collector": 20,
    "session": 7,
    "will": 14,
    "broker": 18,
    "clinic played": 9,
    "ask": 15,
    "pictures": 42,
    "picture service": 13,
    "enrolment": 7,
    "renewal": 6,
}
"""How many acts of each kind there are at least: a group that ends early has not been tried."""


def told(acts: list[Act]) -> str:
    """Return a line for each act."""
    return "\n".join(f"{act.group}: {act.what}: {act.how}" for act in acts)


def test_every_forbidden_act_is_refused(tmp_path: Path) -> None:
    """Breaks when a certificate opens what is not its own, or someone without one comes in.

    Beside each act the permitted one succeeds: a broker that refuses everything would not pass.
    """
    acts = list(rights.tried(tmp_path))
    assert not (gained := [act for act in acts if not act.refused]), told(gained)
    assert not (unknown := [act for act in acts if not act.control]), told(unknown)
    for group, least in _GROUPS.items():
        assert sum(act.group == group for act in acts) >= least, group


def test_an_open_broker_is_noticed(tmp_path: Path) -> None:
    """Breaks when these tries would call an act refused that the broker lets happen."""
    scene = Scene(tmp_path)
    with scene.broker(access_list="pattern readwrite #\n"):
        for group in (topics.writing, topics.reading, topics.wills):
            happened = {act.what for act in group(scene) if not act.refused}
            assert {"chair-2's status", "chair-2's receipt"} <= happened
