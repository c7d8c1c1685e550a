"""A study's folder: whose repeat a file is, and what is refused."""

from pathlib import Path

import pytest

from device.study.folder import StudyUnfit, operators_of, read_measurement, repeats_in


def lay(folder: Path, *names: str) -> Path:
    """Write files that differ, with the folders above them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def listed(folder: Path) -> list[tuple[str, str | None, str]]:
    """List subject, operator and file's name."""
    return [(one.subject, one.operator, one.file.name) for one in repeats_in(folder)]


def test_a_sub_folder_is_a_subject(tmp_path: Path) -> None:
    """Breaks when repeats of two heads are taken for one: their difference would be the noise."""
    lay(tmp_path, "S1/b.png", "S1/a.JPG", "S2/x.tif", "S2/notes.txt", "S2/.hidden.png", "S2/x2.json")
    assert listed(tmp_path) == [
        ("S1", None, "a.JPG"),
        ("S1", None, "b.png"),
        ("S2", None, "x.tif"),
        ("S2", None, "x2.json"),
    ]


def test_names_say_the_subject(tmp_path: Path) -> None:
    """Breaks when a subject's code with an underscore falls apart."""
    lay(tmp_path, "P_01_1.png", "P_01_2.png", "P-2_1.png")
    assert [one[0] for one in listed(tmp_path)] == ["P-2", "P_01", "P_01"]


def test_operators_have_folders_of_their_own(tmp_path: Path) -> None:
    """Breaks when operators who do not cross are compared as if they did."""
    lay(tmp_path, "S1/anna/1.png", "S1/ben/1.png", "S2/ben/1.png", "S2/anna/1.png", "S2/anna/2.png")
    assert operators_of(repeats_in(tmp_path)) == ["anna", "ben"]
    assert listed(tmp_path)[0] == ("S1", "anna", "1.png")
    lay(tmp_path, *(f"S{number}/{name}/1.png" for number in (1, 2, 3) for name in ("anna", "ben")), "S3/carl/1.png")
    assert operators_of(repeats_in(tmp_path)) == []


def test_a_measurement_is_taken_before_its_picture(tmp_path: Path) -> None:
    """Breaks when `measure --out` into the same folder makes every picture its own repeat."""
    lay(tmp_path, "S1/a.png", "S1/a.json", "S1/a.overlay.jpg", "S1/b.png")
    assert [name for _, _, name in listed(tmp_path)] == ["a.json", "b.png"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), "neither pictures nor measurements"),
        (("S1/a.png", "S2/a.png"), "no subject has two files"),
        (("S1/a.png", "S1/b.png", "S2_1.png"), "loose files such as S2_1.png"),
        (("S1/anna/a.png", "S1/b.png"), "loose files such as b.png"),
        (("IMG0001.png", "IMG0002.png"), "does not say whose it is"),
    ],
)
def test_another_folder_is_refused_with_its_reason(tmp_path: Path, names: tuple[str, ...], reason: str) -> None:
    """Breaks when a folder laid out otherwise gives a floor of something else."""
    with pytest.raises(StudyUnfit, match=reason):
        repeats_in(lay(tmp_path, *names))


def test_a_copy_is_no_repeat(tmp_path: Path) -> None:
    """Breaks when a picture copied twice gives a noise floor of 0, and every wobble becomes a change."""
    lay(tmp_path, "S1/a.png", "S1/b.png")
    (tmp_path / "S1/b.png").write_bytes((tmp_path / "S1/a.png").read_bytes())
    with pytest.raises(StudyUnfit, match="one and the same"):
        repeats_in(tmp_path)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Breaks when a slip in the folder's name ends in a traceback."""
    with pytest.raises(StudyUnfit, match=r"none: cannot be read \(No such file"):
        repeats_in(tmp_path / "none")
    with pytest.raises(StudyUnfit, match="cannot be read"):
        read_measurement(tmp_path / "none.json")
    lay(tmp_path, "a.json")
    with pytest.raises(StudyUnfit, match="no measurement of one picture"):
        read_measurement(tmp_path / "a.json")
