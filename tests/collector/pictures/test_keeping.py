"""What every place for pictures keeps to: whole and as named or not there, and gone when it was removed."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.pictures.media_types import media_type
from collector.pictures.pictures import PictureDamaged, Pictures, Vouched
from collector.pictures.receiving import PictureRejected
from tests.collector.pictures.places import JPEG, PNG, Place, begun, digest, given_out, received
from tests.examples import png

ROOT = Path(__file__).parents[3]


def leftovers(place: Place) -> list[Path]:
    """Return the half-received files."""
    return list((place.folder / "incoming").iterdir())


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_a_picture_comes_back_as_it_was_taken_in(place: Place, pictures: Pictures, content: bytes, kind: str) -> None:
    """Breaks when the two places differ in what they give out, or in what they say of a picture."""
    name = digest(content)
    assert (pictures.has(name), pictures.vouched(name), pictures.open(name)) == (False, None, None)
    assert received(pictures, content)
    assert not received(pictures, content)
    assert place.held() == {name: content}
    for opened in (pictures, place.opened()):
        assert opened.has(name)
        assert opened.vouched(name) == Vouched(len(content), kind)
        assert given_out(opened, name) == content
        assert list(opened.listed()) == [(name, len(content))]
        assert opened.trouble is None
        assert opened.probe() is None
    file = pictures.open(name)
    assert file is not None
    with file:
        assert media_type(file) == kind
        assert file.seek(0, os.SEEK_END) == len(content)
    assert leftovers(place) == []


@pytest.mark.parametrize("name", ["", "..", "../incoming", "x" * 64, digest(PNG).upper(), digest(PNG) + "/"])
def test_what_is_no_digest_names_nothing(pictures: Pictures, name: str) -> None:
    """Breaks when a name out of an address reaches past the pictures."""
    received(pictures, PNG)
    assert not pictures.has(name)
    assert pictures.vouched(name) is None
    assert pictures.open(name) is None
    assert not pictures.delete(name)
    assert pictures.has(digest(PNG))


def test_a_removed_picture_is_gone_and_may_come_again(place: Place, pictures: Pictures) -> None:
    """Breaks when an erased patient's picture stays anywhere, or its removal, done twice, fails."""
    received(pictures, PNG)
    received(pictures, JPEG)
    incoming = begun(pictures, PNG)
    incoming.write(b"other bytes under this name")
    with pytest.raises(PictureRejected) as rejected:
        incoming.finish()
    incoming.discard()
    refused = rejected.value.found_sha256
    assert given_out(pictures, digest(PNG)) == PNG
    assert pictures.delete(digest(PNG))
    assert not pictures.delete(digest(PNG))
    assert not pictures.delete(refused)
    for opened in (pictures, place.opened()):
        assert not opened.has(digest(PNG))
        assert opened.open(digest(PNG)) is None
    assert place.held() == {digest(JPEG): JPEG}
    assert [path for path in place.folder.rglob("*") if path.name in {digest(PNG), refused}] == []
    assert received(pictures, PNG)


def test_a_picture_damaged_where_it_is_kept_is_not_given_out(place: Place, pictures: Pictures) -> None:
    """Breaks when a picture that a disk or a person changed is shown as evidence."""
    received(pictures, PNG)
    for changed in (PNG[:-1], PNG[:5000] + b"\0" + PNG[5001:], PNG + b"\0", b""):
        place.put(digest(PNG), changed)
        with pytest.raises(PictureDamaged, match=f"{digest(PNG)[:12]}.*restore it"):
            pictures.open(digest(PNG))
    place.put(digest(PNG), PNG)
    assert given_out(pictures, digest(PNG)) == PNG
    assert leftovers(place) == []


def test_other_files_beside_pictures_are_not_listed(place: Place, pictures: Pictures) -> None:
    """Breaks when a backup or a check stumbles over what somebody put there."""
    received(pictures, PNG)
    place.put("README", b"of the administrator")
    place.put(f"{digest(PNG)}.bak", PNG)
    assert list(pictures.listed()) == [(digest(PNG), len(PNG))]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 3000), max_size=12))
def test_chunks_of_any_size_make_the_same_picture(pictures: Pictures, cuts: list[int]) -> None:
    """Breaks when kind or digest are told from some of the chunks, however small they are."""
    content = png(bytes(range(256)) * 11)
    incoming = pictures.receive(digest(content))
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    for start, end in itertools.pairwise(edges):
        incoming.write(content[start:end])
    assert incoming.finish()
    incoming.discard()
    assert pictures.vouched(digest(content)) == Vouched(len(content), "image/png")
    assert given_out(pictures, digest(content)) == content
    assert pictures.delete(digest(content))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(PNG) - 1), flip=st.integers(1, 255))
def test_any_flipped_byte_is_refused(place: Place, pictures: Pictures, at: int, flip: int) -> None:
    """Breaks when a picture altered on the way is kept under the name of the one that was sent."""
    incoming = pictures.receive(digest(PNG))
    incoming.write(PNG[:at] + bytes([PNG[at] ^ flip]) + PNG[at + 1 :])
    with pytest.raises(PictureRejected) as rejected:
        incoming.finish()
    incoming.discard()
    assert rejected.value.altered
    assert place.held() == {}
    assert leftovers(place) == []


def test_what_was_interrupted_is_swept_at_the_next_start(place: Place, pictures: Pictures) -> None:
    """Breaks when a crash in mid-picture leaves a file that counts as one, or fills the disk for ever."""
    incoming = begun(pictures, PNG)
    incoming._file.close()  # the process ends here
    again = place.opened()
    assert again.open(digest(PNG)) is None
    assert again.sweep() == 1
    assert (leftovers(place), place.held()) == ([], {})
    assert again.sweep() == 0


_KILLED = """
import sys
from pathlib import Path
from collector.pictures import bucket, folder
from collector.pictures.place import pictures_at
where, keys, local, name, at = sys.argv[1:]

def stop(*_, **__):
    print("here", flush=True)
    sys.stdin.read()

if at == "place":
    folder.os.fsync = stop
    bucket.obstore.put = stop
pictures = pictures_at(where or None, Path(local), 0, Path(keys) if keys else None)
incoming = pictures.receive(name)
content = bytes.fromhex(sys.stdin.readline())
incoming.write(content[:-7])
if at == "body":
    stop()
incoming.write(content[-7:])
incoming.finish()
"""


@pytest.mark.parametrize("at", ["body", "place"])
def test_a_receiver_killed_in_the_middle_leaves_nothing_under_the_name(place: Place, at: str) -> None:
    """Breaks when half a picture stands under a name, or a kill leaves more than a sweep removes."""
    content = png(bytes(3000))
    arguments = [getattr(place, "url", ""), str(getattr(place, "keys", "")), str(place.folder), digest(content), at]
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(content.hex() + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert place.held() == {}
    pictures = place.opened()
    assert pictures.sweep() == 1
    assert received(pictures, content)
    assert given_out(pictures, digest(content)) == content


def test_many_receivers_of_one_picture_at_once(place: Place, pictures: Pictures) -> None:
    """Breaks when two writers of a name meet, or a collector beside this one makes the same picture an error."""
    receivers = 6
    begun_all = [begun(opened, PNG) for opened in (pictures, place.opened(), pictures) for _ in range(receivers // 3)]
    start = threading.Barrier(receivers)
    answers: list[bool | Exception] = []

    def finish(one: Callable[[], bool]) -> None:
        start.wait()
        try:
            answers.append(one())
        except Exception as error:  # noqa: BLE001  any is an answer that must not be
            answers.append(error)

    threads = [threading.Thread(target=finish, args=(incoming.finish,)) for incoming in begun_all]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == receivers
    assert set(answers) <= {True, False}
    assert any(answer is True for answer in answers)
    assert place.held() == {digest(PNG): PNG}
    assert leftovers(place) == []
