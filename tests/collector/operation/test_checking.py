"""The check: what is sound passes, and each kind of damage is found and named."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from collector.operation import checking
from collector.operation.checking import check
from collector.pictures.folder import PicturesInFolder
from collector.store import soundness
from collector.store.database import Database
from collector.store.schema import move_to
from collector.store.soundness import Finding
from collector.store.store import Store
from contract import Picture
from tests.collector.examples import NOW
from tests.collector.operation.clinic import accepted, fill, kept_picture
from tests.examples import capture


def found(store: Store, pictures: PicturesInFolder, *, picture_bytes: bool = True) -> list[Finding]:
    """Return what a check finds, but for what PostgreSQL's amcheck would say."""
    return [
        one for one in check(store.database, pictures, picture_bytes=picture_bytes) if one.name != "indexes-unchecked"
    ]


def altered(store: Store, *statements: str) -> None:
    """Alter what is stored as a fault of a disk, or a person with rights, could."""
    off = {
        True: [f"DROP TRIGGER {word}_never_changes" for word in ("capture", "review")],
        False: [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in ("captures", "reviews")],
    }
    with store.writing() as connection:
        for one in (*off[store.database.is_sqlite], *statements):
            connection.execute(text(one))


def test_what_is_sound_passes(store: Store, pictures: PicturesInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a healthy clinic is told of damage, or the end of a piece is read twice or never."""
    fill(store, pictures)
    monkeypatch.setattr(soundness, "_AT_ONCE", 4)
    read: dict[str, int] = {}

    def told(what: str, done: int, _of: int | None) -> None:
        read[what] = done

    assert [one for one in check(store.database, pictures, progress=told) if one.serious] == []
    assert found(store, pictures) == []
    assert read == {"captures": 6, "comparisons": 6, "visits": 3, "reviews": 6, "pictures": 6}


DAMAGE = (
    "UPDATE captures SET content_sha256 = '00' WHERE visit_number = 1 AND patient_code = 'P-0001'",
    "UPDATE captures SET verdict = 'warn' WHERE visit_number = 1 AND patient_code = 'P-0002'",
    "UPDATE captures SET figures = '{}' WHERE visit_number = 2 AND patient_code = 'P-0002'",
    "UPDATE reviews SET decision = NULL WHERE patient_code = 'P-0003'",
    "DELETE FROM patients WHERE patient_code = 'P-0002'",
    "UPDATE patients SET last_taken_at = '2020-01-01T00:00:00.000+00:00' WHERE patient_code = 'P-0003'",
    "INSERT INTO patients VALUES ('P-0099', '2026-01-01T00:00:00.000+00:00')",
    "INSERT INTO erasures (erasure_id, patient_code, reason, asked_by, begun_at) VALUES"
    " ('0190b3c4-5d6e-7abc-8def-0123456789ab', 'P-0077', 'asked', 'mk', '2026-01-01T00:00:00.000+00:00')",
)


def test_what_differs_is_named(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a fact, a column or the list of patients was altered, and nobody is told; or a code stands in it."""
    one, _, two, three, *_ = fill(store, pictures)
    altered(store, *DAMAGE)
    findings = found(store, pictures)
    assert all(finding.serious and finding.cure for finding in findings)
    assert "P-00" not in str(findings)
    told = [(finding.name, finding.subject, finding.sentence.split(":")[0]) for finding in findings]
    assert ("payload-altered", f"captures {one.message_id}", "Its bytes are not those that were receipted.") in told
    assert ("column-differs", f"captures {two.message_id}", "verdict") in told
    assert ("column-differs", f"captures {three.message_id}", "figures") in told
    assert [about for name, _, about in told if name == "patients-differ"] == [
        "2 patients are not, or with another last time, in the list of patients.",
        "1 patients without any capture are in the list of patients.",
    ]
    assert Counter(name for name, _, _ in told) == {
        "payload-altered": 1,
        "column-differs": 4,
        "patients-differ": 2,
        "erasure-unfinished": 1,
    }


def test_a_payload_that_cannot_be_read_is_named(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when one message that this release cannot read ends the check of all others."""
    fill(store, pictures)
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # of {}
    empty = {True: "x'7b7d'", False: "'\\x7b7d'::bytea"}[store.database.is_sqlite]
    set_to = f"payload = {empty}, content_sha256 = '{digest}'"
    altered(store, f"UPDATE captures SET {set_to} WHERE visit_number = 1")  # noqa: S608
    assert [one.name for one in found(store, pictures)] == ["payload-unreadable"] * 3


def test_pictures_are_read_and_looked_for(store: Store, pictures: PicturesInFolder, tmp_path: Path) -> None:
    """Breaks when a picture rots, is lost or is nobody's, and the clinic learns it years later."""
    damaged, gone, *_ = fill(store, pictures)
    (tmp_path / "pictures" / damaged.picture.sha256).write_bytes(b"rotten")
    pictures.delete(gone.picture.sha256)
    nobodys = kept_picture(pictures, b"nobody's")
    late = Picture(sha256="ab" * 32, media_type="image/png", size_bytes=10)
    store.store_batch([accepted(capture(patient_code="P-0001", picture=late, taken_at=NOW))], datetime.now(UTC))
    findings = found(store, pictures)
    assert {(one.name, one.subject, one.serious) for one in findings} == {
        ("picture-damaged", damaged.picture.sha256, True),
        ("picture-missing", gone.picture.sha256, True),
        ("picture-without-capture", nobodys.sha256, False),
        ("picture-awaited", late.sha256, False),
    }
    quick = {one.name for one in found(store, pictures, picture_bytes=False)}
    assert quick == {"picture-missing", "picture-without-capture", "picture-awaited"}


def test_a_clock_that_was_ahead_is_told(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when captures of the year 2040 stand at the end of every series, and nobody knows why."""
    picture = kept_picture(pictures, b"one")
    store.store_batch([accepted(capture(picture=picture, taken_at=NOW + timedelta(days=4000)))], NOW)
    (finding,) = found(store, pictures)
    assert (finding.name, finding.serious) == ("clock-ahead", False)
    assert "chair-1" in finding.cure


def test_indexes_of_postgresql_are_looked_at(request: pytest.FixtureRequest, pictures: PicturesInFolder) -> None:
    """Breaks when amcheck is there and not used, or its absence is passed over in silence."""
    url = request.getfixturevalue("postgresql_cluster").fresh()
    with closing(Store(url)) as store:
        fill(store, pictures)
        assert [one.name for one in check(store.database, pictures)] == ["indexes-unchecked"]
        with store.writing() as connection:
            connection.execute(text("CREATE EXTENSION amcheck"))
        assert list(check(store.database, pictures)) == []


def spoil(path: Path, at: float) -> None:
    """Overwrite a piece of a file."""
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * at))
        file.write(b"\x55" * 3000)


@pytest.mark.parametrize("damage", [lambda path: spoil(path, 0.6), lambda path: path.write_bytes(b"no database" * 99)])
def test_a_damaged_file_is_a_finding(
    tmp_path: Path, pictures: PicturesInFolder, damage: Callable[[Path], None]
) -> None:
    """Breaks when the check of a database that SQLite cannot read ends in a traceback, or calls it sound."""
    path = tmp_path / "collector.sqlite3"
    with closing(Store(path)) as store:
        fill(store, pictures)
    with closing(Database(path)) as settled, settled.writing() as connection:
        connection.exec_driver_sql("SELECT 1")
    for beside in tmp_path.glob("collector.sqlite3-*"):
        beside.unlink()
    damage(path)
    with closing(Database(path)) as database:
        findings = list(check(database, pictures))
    assert findings
    assert {one.name for one in findings} <= {"database-damaged", "database-unreadable", "payload-altered"}
    assert all(one.serious for one in findings)


def test_an_older_format_is_said_and_nothing_is_changed(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a check brings a store forward by itself, or trips over what an older one does not have."""
    fill(store, pictures)
    move_to(store.database, "0004")
    assert [one.name for one in found(store, pictures)] == ["format"]
    assert checking.WAITED_FOR.days >= 1
