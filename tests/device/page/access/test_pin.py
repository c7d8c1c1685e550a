"""The PIN: what is a good one, its file, and the command that makes it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from device.commands.pin import pin as pin_command
from device.page.access.pin import PinRefused, PinUnusable, check, hash_of, read_pin, write_pin

CHEAP_N = 16


@pytest.mark.parametrize(
    "bad",
    [
        "", "38502", "3" * 33, "38502a", "385 27", "٣٨٥٠٢٧", "000000", "121212", "123123", "1231231", "12345678",
        "654321", "890123", "210987",
    ],
)  # fmt: skip
def test_a_pin_that_is_tried_first_is_refused(bad: str) -> None:
    """Breaks when a PIN can be chosen that the first five tries find; and when the refusal repeats it."""
    with pytest.raises(PinRefused) as refused:
        check(bad)
    assert not bad or bad not in str(refused.value)


@pytest.mark.parametrize("good", ["385027", "112358", "100200", "31415926535"])
def test_any_other_pin_is_taken(good: str) -> None:
    """Breaks when the refusals above take good PINs with them."""
    check(good)


def test_the_file_knows_its_pin_and_no_other(tmp_path: Path) -> None:
    """Breaks when the hash that is read is not the one that was written, or lets another PIN in."""
    write_pin(tmp_path / "pin", hash_of("385027", CHEAP_N))
    read = read_pin(tmp_path / "pin")
    assert read.is_of("385027")
    assert [read.is_of(other) for other in ("385028", "38502", "3850270", "")] == [False] * 4


def test_the_file_is_its_owner_s_and_says_no_pin(tmp_path: Path) -> None:
    """Breaks when others can read the hash, when the PIN stands in it, or when two files of a PIN are alike."""
    for name in ("one", "two"):
        write_pin(tmp_path / name, hash_of("385027", CHEAP_N))
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert "385027" not in (tmp_path / name).read_text()
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
    assert one["salt"] != two["salt"]
    assert one["digest"] != two["digest"]


def test_what_the_command_makes_costs_what_owasp_asks(tmp_path: Path) -> None:
    """Breaks when the hash gets cheaper to try than OWASP's cheat sheet allows (2^16, 8, 2), or the command breaks."""
    done = CliRunner().invoke(pin_command, [str(tmp_path / "pin")], input="385027\n385027\n")
    assert done.exit_code == 0, done.output
    assert "385027" not in done.output
    made = read_pin(tmp_path / "pin")
    assert (made.scheme, made.n, made.r, made.p) == ("scrypt", 2**16, 8, 2)
    assert made.is_of("385027")
    assert not made.is_of("385028")


@pytest.mark.parametrize(("typed", "said"), [("385027\n385028\n", "not the same"), ("111111\n", "repeats")])
def test_the_command_changes_nothing_where_it_refuses(tmp_path: Path, typed: str, said: str) -> None:
    """Breaks when a slip of the finger locks everybody out, or a PIN that was good is gone."""
    write_pin(tmp_path / "pin", hash_of("385027", CHEAP_N))
    done = CliRunner().invoke(pin_command, [str(tmp_path / "pin")], input=typed)
    assert done.exit_code != 0
    assert said in f"{done.output} {done.exception}"
    assert read_pin(tmp_path / "pin").is_of("385027")


def test_a_file_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    """Breaks when the page takes a PIN that anybody on the machine could have tried out."""
    write_pin(tmp_path / "pin", hash_of("385027", CHEAP_N))
    (tmp_path / "pin").chmod(0o640)
    with pytest.raises(PinUnusable, match=r"open to others.*chmod 600"):
        read_pin(tmp_path / "pin")
    (tmp_path / "pin").chmod(0o600)
    assert read_pin(tmp_path / "pin").is_of("385027")


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    """Breaks when a missing or spoilt PIN file opens the page, or ends the program without a sentence."""
    with pytest.raises(PinUnusable, match=r"cannot be read .*No such file"):
        read_pin(tmp_path / "pin")
    write_pin(tmp_path / "pin", hash_of("385027", CHEAP_N))
    good = json.loads((tmp_path / "pin").read_text())
    unfit: list[object] = [{**good, "n": 15}, {**good, "n": 2**20, "r": 32}, {**good, "digest": "AAAA"}, {"pin": "1"}]
    for spoilt in [*unfit, []]:
        (tmp_path / "pin").write_text(json.dumps(spoilt))
        with pytest.raises(PinUnusable, match=r"holds no PIN.*trichoscope pin"):
            read_pin(tmp_path / "pin")
    with pytest.raises(PinUnusable, match="cannot be written"):
        write_pin(tmp_path / "none" / "pin", hash_of("385027", CHEAP_N))
