"""The list of patients and arms: strict, and every fault with its line."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.studies.allocation import MAX_BYTES, Allocated, AllocationRefused, read, read_file
from tests.collector.studies.examples import plan


def test_a_list_is_read_in_the_order_of_codes() -> None:
    """Breaks when patients keep the file's order, which may be that of the arms."""
    text = "\ufeffArm;Patient_Code\r\nS;P-0003\r\n\r\nS;P-0001\r\nP;P-0002\r\n"
    assert read(text, plan()) == [Allocated("P-0001", "S"), Allocated("P-0002", "P"), Allocated("P-0003", "S")]


def test_every_fault_is_named_with_its_line() -> None:
    """Breaks when only the first fault is told, or what a line holds is repeated."""
    text = "patient_code,arm\nP-0001,P\nMiller,S\nP-0002,X\nP-0001,S\nP-0003\n"
    with pytest.raises(AllocationRefused) as refused:
        read(text, plan())
    said = refused.value.faults
    assert [one.partition(":")[0] for one in said] == ["Line 3", "Line 4", "Line 5", "Line 6"]
    assert "no patient code" in said[0]
    assert "none of the plan's arms: P, R, S" in said[1]
    assert "on the list already" in said[2]
    assert "1 fields" in said[3]
    assert "Miller" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("", "first line"),
        ("patient_code,arm,name\nP-0001,P,Miller\n", "no others"),
        ("patient_code,arm\n", "names nobody"),
        ('patient_code,arm\n"P-0001,P\n', "no line of a CSV file"),
        ("patient_code,arm\n" + "".join(f"P-{one:04},P\n" for one in range(2001)), "more than 2000"),
        ("patient_code,arm\n" + " " * MAX_BYTES, "bytes"),
    ],
)
def test_what_is_no_list_is_refused(text: str, about: str) -> None:
    """Breaks when something else than a list of codes and arms is taken, or a list has no bound."""
    with pytest.raises(AllocationRefused, match=about):
        read(text, plan())


def test_faults_are_bounded() -> None:
    """Breaks when a wrong file of two thousand lines fills a page with as many sentences."""
    with pytest.raises(AllocationRefused) as refused:
        read("patient_code,arm\n" + "x,y\n" * 1500, plan())
    assert len(refused.value.faults) == 101
    assert "1400 faults more" in refused.value.faults[-1]


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """Breaks when a file that is no UTF-8 stops the command without a sentence."""
    file = tmp_path / "list.csv"
    file.write_bytes("patient_code,arm\nP-0001,Prüf\n".encode("latin-1"))
    with pytest.raises(AllocationRefused, match="UTF-8"):
        read_file(file, plan())


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    """Breaks when some text raises anything but the refusal."""
    with contextlib.suppress(AllocationRefused):
        assert read(text, plan())
