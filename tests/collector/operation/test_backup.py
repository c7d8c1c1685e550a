"""Back-ups: taken while messages come in, brought back, and every fault of one found before it is trusted."""

import json
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from collector.operation import backing_up, backup_manifest
from collector.operation.backing_up import Keys, NotBackedUp, back_up
from collector.operation.backup_manifest import Manifest, NoBackup
from collector.operation.restoring import BackupDamaged, NotRestored, restore, verify
from collector.pictures.folder import PicturesInFolder
from collector.store import people, postgresql_programs
from collector.store.database import Database
from collector.store.postgresql_programs import ProgramFailed
from collector.store.store import Store
from collector.store.tables import audit_trail, captures
from contract import Outcome
from tests.collector.examples import CLINIC, NOW
from tests.collector.operation.clinic import CODES, accepted, fill, kept_picture
from tests.examples import capture
from tests.postgresql import PostgreSQL


def taken(store: Store, pictures: PicturesInFolder, out: Path, **more: object) -> Manifest:
    """Back up as the command line does."""
    return back_up(store.database, pictures, out, "mk", clinic_id=CLINIC, **more)  # type: ignore[arg-type]


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, place: Path | str, tmp_path: Path) -> Path | str:
    """Return where another store may be made, in the same kind of database."""
    if isinstance(place, Path):
        return tmp_path / "elsewhere" / "collector.sqlite3"
    cluster: PostgreSQL = request.getfixturevalue("postgresql_cluster")
    return cluster.fresh()


@contextmanager
def ingestion(store: Store, pictures: PicturesInFolder) -> Iterator[tuple[dict[UUID, str], threading.Event]]:
    """Take in captures with their pictures without a pause; give what was receipted, and a word that it goes on."""
    receipted: dict[UUID, str] = {}
    ending, going = threading.Event(), threading.Event()

    def take_in() -> None:
        number = 0
        while not ending.is_set():
            batch = []
            for _ in range(5):
                number += 1
                picture = kept_picture(pictures, f"live {number}".encode())
                batch.append(capture(patient_code=f"L-{number:04}", sequence=number, picture=picture))
            for answer in store.store_batch([accepted(one) for one in batch], datetime.now(UTC)):
                assert answer is not None
                assert answer.receipt.outcome is Outcome.STORED
            receipted.update((one.message_id, one.picture.sha256) for one in batch)
            if number >= 50:
                going.set()

    thread = threading.Thread(target=take_in)
    thread.start()
    try:
        assert going.wait(30)
        yield receipted, going
    finally:
        ending.set()
        thread.join()


def test_a_drill_under_live_ingestion(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, elsewhere: Path | str
) -> None:
    """Breaks when a message that was receipted before the back-up began is not in the store that is brought back."""
    fill(store, pictures)
    with ingestion(store, pictures) as (receipted, _):
        for number in range(3):
            before = dict(receipted)
            manifest = taken(store, pictures, tmp_path / f"backup-{number}")
            during = len(receipted) - len(before)
            if during:
                break
    assert during > 0, "nothing came in while the back-up was taken: it was not taken live"
    folder = tmp_path / f"backup-{number}"
    given = str(elsewhere) if isinstance(elsewhere, str) else None
    assert verify(folder, given) == manifest
    back = PicturesInFolder(tmp_path / "pictures-elsewhere")
    done = restore(folder, elsewhere, back, "mk")
    assert done.pictures == manifest.pictures_number
    with closing(Store(elsewhere)) as restored, restored.reading() as connection:
        rows = connection.execute(select(captures.c.message_id, captures.c.picture_sha256)).all()
        last = (
            connection.execute(select(audit_trail.c.action).order_by(audit_trail.c.entry_id.desc())).scalars().first()
        )
    there = {row.message_id: row.picture_sha256 for row in rows}
    assert before.items() <= there.items()
    assert len(there) < len(receipted) + 2 * len(CODES)
    assert last == "restored"
    for sha256 in before.values():
        file = back.open(sha256)  # which compares the bytes with the name
        assert file is not None
        file.close()


def test_pictures_of_an_earlier_backup_are_linked(store: Store, pictures: PicturesInFolder, tmp_path: Path) -> None:
    """Breaks when every back-up takes the room of all pictures anew, or a new one is left out."""
    fill(store, pictures)
    first = taken(store, pictures, tmp_path / "a")
    new = kept_picture(pictures, b"taken since")
    second = taken(store, pictures, tmp_path / "b", previous=tmp_path / "a")
    assert second.pictures_number == first.pictures_number + 1
    links = {path.name: path.stat().st_nlink for path in (tmp_path / "b" / "pictures").iterdir()}
    assert links.pop(new.sha256) == 1
    assert set(links.values()) == {2}
    verify(tmp_path / "b", _place(store))


def _place(store: Store) -> str | None:
    return None if store.database.is_sqlite else store.database.shown


def test_what_a_backup_holds_is_for_its_owner_and_without_keys(
    store: Store, pictures: PicturesInFolder, tmp_path: Path
) -> None:
    """Breaks when a back-up carries the clinic's keys unasked, or others on the machine may read it."""
    fill(store, pictures)
    key = tmp_path / "server.key"
    key.write_text("secret")
    taken(store, pictures, tmp_path / "without")
    assert not [path for path in (tmp_path / "without").rglob("*") if path.is_file() and b"secret" in path.read_bytes()]
    manifest = taken(store, pictures, tmp_path / "with", keys=Keys([key]))
    (kept,) = [one for one in manifest.files if one.was is not None]
    assert (kept.was, (tmp_path / "with" / kept.path).read_text()) == (str(key), "secret")
    for path in (tmp_path / "with", *(tmp_path / "with").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    listed = subprocess.run(
        ["/usr/bin/sha256sum", "--check", "--quiet", "pictures.sha256"], cwd=tmp_path / "with", check=False
    )
    assert listed.returncode == 0


def spoil_store(folder: Path, manifest: Manifest) -> None:
    """Change one byte of the store."""
    path = folder / manifest.store_file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def spoil_picture(folder: Path, _manifest: Manifest) -> None:
    """Change a picture."""
    next((folder / "pictures").iterdir()).write_bytes(b"another")


def lose_picture(folder: Path, _manifest: Manifest) -> None:
    """Take a picture away."""
    next((folder / "pictures").iterdir()).unlink()


def lose_list(folder: Path, _manifest: Manifest) -> None:
    """Take the list of pictures away."""
    (folder / "pictures.sha256").unlink()


def claim_more(folder: Path, manifest: Manifest) -> None:
    """Say of the store that it had one more capture."""
    claimed = manifest.model_copy(update={"counts": {**manifest.counts, "captures": manifest.counts["captures"] + 1}})
    backup_manifest.write(folder, claimed)


def test_a_spoilt_backup_is_found_out(store: Store, pictures: PicturesInFolder, tmp_path: Path) -> None:
    """Breaks when a back-up that cannot bring everything back is called good."""
    fill(store, pictures)
    manifest = taken(store, pictures, tmp_path / "backup")
    for spoil in (spoil_store, spoil_picture, lose_picture, lose_list, claim_more):
        spoilt = tmp_path / spoil.__name__
        shutil.copytree(tmp_path / "backup", spoilt)
        spoil(spoilt, manifest)
        with pytest.raises(BackupDamaged):
            verify(spoilt, _place(store))


def test_a_store_altered_before_the_backup_is_found_out(tmp_path: Path, pictures: PicturesInFolder) -> None:
    """Breaks when a back-up of a store whose facts are not those that were receipted is called good."""
    path = tmp_path / "collector.sqlite3"
    with closing(Store(path)) as store:
        fill(store, pictures)
        with store.writing() as connection:
            connection.exec_driver_sql("DROP TRIGGER capture_never_changes")
            connection.exec_driver_sql(
                "UPDATE captures SET payload = CAST(replace(payload, 'imx477', 'imx478') AS BLOB)"
            )
        taken(store, pictures, tmp_path / "backup")
    with pytest.raises(BackupDamaged, match="not those that were receipted"):
        verify(tmp_path / "backup")


def test_nothing_is_restored_over_a_store(
    store: Store, pictures: PicturesInFolder, place: Path | str, tmp_path: Path
) -> None:
    """Breaks when restoring takes what came since the back-up with it."""
    fill(store, pictures, CODES[:1])
    taken(store, pictures, tmp_path / "backup")
    fill(store, pictures, CODES[1:])
    with pytest.raises(NotRestored, match="already"):
        restore(tmp_path / "backup", place, pictures, "mk")
    assert [len(store.captures_of(code)) for code in CODES] == [2, 2, 2]


def test_a_restore_that_fails_leaves_no_store(tmp_path: Path, pictures: PicturesInFolder) -> None:
    """Breaks when half a store is left that the collector then starts on."""
    with closing(Store(tmp_path / "collector.sqlite3")) as store:
        fill(store, pictures)
        claim_more(tmp_path / "backup", taken(store, pictures, tmp_path / "backup"))
    target = tmp_path / "new" / "collector.sqlite3"
    with pytest.raises(BackupDamaged):
        restore(tmp_path / "backup", target, pictures, "mk")
    assert list(target.parent.iterdir()) == []


def test_a_store_that_fails_its_verification_does_not_stay(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, elsewhere: Path | str
) -> None:
    """Breaks when a damaged store stays in place, or keeps a good back-up from being restored there."""
    fill(store, pictures)
    manifest = taken(store, pictures, tmp_path / "backup")
    claim_more(tmp_path / "backup", manifest)
    with pytest.raises(BackupDamaged):
        restore(tmp_path / "backup", elsewhere, pictures, "mk")
    backup_manifest.write(tmp_path / "backup", manifest)
    restore(tmp_path / "backup", elsewhere, pictures, "mk")
    with closing(Store(elsewhere)) as restored:
        assert [len(restored.captures_of(code)) for code in CODES] == [2, 2, 2]


def test_rotten_pictures_keep_nothing_else_from_being_restored(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, elsewhere: Path | str
) -> None:
    """Breaks when one bad sector of a back-up costs the clinic all figures, or is passed over in silence."""
    fill(store, pictures)
    taken(store, pictures, tmp_path / "backup")
    altered, lost, *_ = sorted((tmp_path / "backup" / "pictures").iterdir())
    altered.write_bytes(b"another")
    lost.unlink()
    back = PicturesInFolder(tmp_path / "back")
    done = restore(tmp_path / "backup", elsewhere, back, "mk")
    assert (done.pictures, done.rotten) == (4, (altered.name, lost.name))
    assert len(list(back.listed())) == 4
    with closing(Store(elsewhere)) as restored:
        assert [len(restored.captures_of(code)) for code in CODES] == [2, 2, 2]


def test_nobody_comes_in_by_what_a_backup_holds(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, elsewhere: Path | str
) -> None:
    """Breaks when a session, link or token that was withdrawn after the back-up works again."""
    fill(store, pictures)
    account_id, later = uuid4(), datetime.now(UTC) + timedelta(days=1)
    with store.writing() as connection:
        people.add_account(connection, account_id, "mk", "administrator", NOW)
        people.add_session(connection, "a" * 64, account_id, NOW)
        people.add_link(connection, "b" * 64, account_id, later)
        people.add_token(connection, "c" * 64, account_id, title="t", created_at=NOW, expires_at=later)
    taken(store, pictures, tmp_path / "backup")
    restore(tmp_path / "backup", elsewhere, pictures, "mk")
    with closing(Store(elsewhere)) as restored, restored.reading() as connection:
        assert people.sessions_of(connection, account_id) == []
        assert people.unused_link(connection, "b" * 64) is None
        assert [token.revoked_at is not None for token in people.all_tokens(connection)] == [True]
    with store.reading() as connection:
        assert len(people.sessions_of(connection, account_id)) == 1


def test_a_backup_that_is_broken_off_leaves_nothing(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when half a back-up lies under the name of a whole one, after Ctrl-C or on a full disk."""
    fill(store, pictures)
    backups = tmp_path / "backups"
    backups.mkdir()

    def interrupted(what: str, _done: int, _of: int | None) -> None:
        if what == "pictures":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken(store, pictures, backups / "a", progress=interrupted)

    def full(_file: object, _path: Path) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(backing_up, "_write", full)
    with pytest.raises(NotBackedUp, match="No space left"):
        taken(store, pictures, backups / "b")
    assert list(backups.iterdir()) == []


def test_a_damaged_picture_is_named_and_taken_from_the_earlier_backup(
    store: Store, pictures: PicturesInFolder, tmp_path: Path
) -> None:
    """Breaks when one bad sector keeps everything else from being backed up, or is passed over in silence."""
    shown, *_ = fill(store, pictures)
    taken(store, pictures, tmp_path / "a")
    file = tmp_path / "pictures" / shown.picture.sha256
    file.write_bytes(b"x" * file.stat().st_size)
    assert taken(store, pictures, tmp_path / "b").damaged == (shown.picture.sha256,)
    again = taken(store, pictures, tmp_path / "c", previous=tmp_path / "a")
    assert again.damaged == ()
    verify(tmp_path / "c", _place(store))


def test_pictures_of_a_bucket_are_listed_and_what_is_gone_there_is_named(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, elsewhere: Path | str
) -> None:
    """Breaks when a back-up that holds no pictures is restored as if it held them."""
    shown, *_ = fill(store, pictures)
    manifest = taken(store, pictures, tmp_path / "backup", copy_pictures=False, now=lambda: NOW)
    assert (manifest.begun_at, manifest.done_at) == (NOW, NOW)
    assert (manifest.pictures, manifest.pictures_number) == ("listed", 2 * len(CODES))
    pictures.delete(shown.picture.sha256)
    assert restore(tmp_path / "backup", elsewhere, pictures, "mk").absent == (shown.picture.sha256,)
    with pytest.raises(NoBackup, match="no pictures"):
        taken(store, pictures, tmp_path / "next", previous=tmp_path / "backup")


def test_a_store_of_an_older_format_is_backed_up_and_brought_forward(
    tmp_path: Path, pictures: PicturesInFolder
) -> None:
    """Breaks when the back-up before an update cannot be taken by the new release, or cannot be brought back."""
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(Path("tests/collector/store/format_3.sql").read_text(encoding="utf-8"))
    with closing(Database(path)) as database:
        manifest = back_up(database, pictures, tmp_path / "backup", "mk", clinic_id=CLINIC)
    assert manifest.store_format == "0003"
    assert verify(tmp_path / "backup").counts["captures"] == 1
    restore(tmp_path / "backup", tmp_path / "new" / "collector.sqlite3", pictures, "mk")
    with closing(Store(tmp_path / "new" / "collector.sqlite3")) as store:
        assert len(store.captures_of("P-0042")) == 1


@pytest.mark.parametrize(
    "content", [None, "{}", "[", json.dumps({"layout": 2}), '{"layout": 1, "files": [{"path": "/etc/passwd"}]}']
)
def test_what_is_no_backup_is_refused(tmp_path: Path, content: str | None) -> None:
    """Breaks when a folder of something else ends in a traceback, or leads out of itself."""
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(NoBackup):
        verify(tmp_path)


def test_a_manifest_that_leads_out_of_the_backup_is_refused(
    store: Store, pictures: PicturesInFolder, tmp_path: Path
) -> None:
    """Breaks when a back-up from elsewhere has the collector read other files."""
    manifest = taken(store, pictures, tmp_path / "backup")
    outside = manifest.files[0].model_copy(update={"path": "../../etc/passwd"})
    backup_manifest.write(tmp_path / "backup", manifest.model_copy(update={"files": (outside,)}))
    with pytest.raises(NoBackup, match="outside"):
        verify(tmp_path / "backup")


def test_without_pg_dump_it_says_what_to_install(
    postgresql_cluster: PostgreSQL, pictures: PicturesInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a missing program ends in a traceback, or leaves half a back-up."""
    url = postgresql_cluster.fresh()
    monkeypatch.setattr(postgresql_programs, "_DEBIANS", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    backups = tmp_path / "backups"
    backups.mkdir()
    with closing(Store(url)) as store, pytest.raises(ProgramFailed, match="postgresql-client-"):
        taken(store, pictures, backups / "a")
    assert list(backups.iterdir()) == []


def test_restoring_again_goes_on_where_it_was_interrupted(
    store: Store, pictures: PicturesInFolder, tmp_path: Path, elsewhere: Path | str
) -> None:
    """Breaks when pictures that are there already stop the second try."""
    fill(store, pictures)
    taken(store, pictures, tmp_path / "backup")
    back = PicturesInFolder(tmp_path / "back")

    def interrupted(what: str, done: int, _of: int | None) -> None:
        if what == "pictures" and done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "backup", elsewhere, back, "mk", progress=interrupted)
    assert restore(tmp_path / "backup", elsewhere, back, "mk").pictures == 3
    assert len(list(back.listed())) == 6
