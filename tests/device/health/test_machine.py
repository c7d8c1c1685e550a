"""The board's own faults, planted as the kernel shows them."""

from pathlib import Path

import pytest

from device.health import State, machine


def zone(root: Path, number: int, kind: str, millidegrees: str) -> None:
    """Plant a thermal zone."""
    folder = root / f"sys/class/thermal/thermal_zone{number}"
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "temp").write_text(f"{millidegrees}\n")


def firmware(root: Path, word: str, below: str = "sys/devices/platform/soc/soc:firmware") -> None:
    """Plant the word of the board's firmware."""
    file = root / below / "get_throttled"
    file.parent.mkdir(parents=True)
    file.write_text(f"{word}\n")


def supply(root: Path, name: str, alarm: str) -> None:
    """Plant a sensor of a voltage."""
    folder = root / "sys/class/hwmon/hwmon1"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "in0_lcrit_alarm").write_text(f"{alarm}\n")


@pytest.mark.parametrize(
    ("millidegrees", "state"),
    [("55000", State.OK), ("79999", State.OK), ("80000", State.WARN), ("84999", State.WARN), ("85000", State.FAIL)],
)
def test_a_hot_processor_is_told_from_a_warm_one(tmp_path: Path, millidegrees: str, state: State) -> None:
    """Breaks when heat that slows the board down is not said, or is said of one that works as it should."""
    zone(tmp_path, 0, "cpu-thermal", millidegrees)
    assert machine.temperature(tmp_path).state is state


def test_the_hottest_of_the_processor_counts_and_nothing_else(tmp_path: Path) -> None:
    """Breaks when a warm battery is taken for the processor, or a second zone of it is not looked at."""
    zone(tmp_path, 0, "cpu-thermal", "50000")
    zone(tmp_path, 1, "battery", "95000")
    zone(tmp_path, 2, "cpu2-thermal", "81500")
    found = machine.temperature(tmp_path)
    assert (found.state, found.value) == (State.WARN, "82 \N{DEGREE SIGN}C")


@pytest.mark.parametrize("millidegrees", ["", "hot", "12 13"])
def test_a_temperature_that_cannot_be_read_is_not_called_good(tmp_path: Path, millidegrees: str) -> None:
    """Breaks when a machine that tells nothing is said to be cool."""
    zone(tmp_path, 0, "cpu-thermal", millidegrees)
    assert machine.temperature(tmp_path).state is State.UNKNOWN


def test_a_machine_without_sensors_claims_nothing(tmp_path: Path) -> None:
    """Breaks when a PC is said to have a sufficient supply, which it cannot know."""
    assert machine.temperature(tmp_path).state is State.UNKNOWN
    assert machine.power(tmp_path).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("word", "state", "said"),
    [
        ("0", State.OK, "sufficient"),
        ("50005", State.FAIL, "too low:"),
        ("1", State.FAIL, "too low:"),
        ("50000", State.WARN, "at times"),
        ("10000", State.WARN, "at times"),
        ("2", State.WARN, "slowed down"),
        ("80008", State.WARN, "slowed down"),
        ("40000", State.OK, "sufficient"),
    ],
)
def test_the_firmwares_word_is_read(tmp_path: Path, word: str, state: State, said: str) -> None:
    """Breaks when under-voltage now, under-voltage before and heat are taken for each other."""
    firmware(tmp_path, word)
    found = machine.power(tmp_path)
    assert found.state is state
    assert said in found.sentence


def test_the_firmware_is_found_where_a_newer_board_has_it(tmp_path: Path) -> None:
    """Breaks when a board whose bus has another address is not read."""
    firmware(tmp_path, "1", "sys/devices/platform/soc@107c000000/soc@107c000000:firmware")
    assert machine.power(tmp_path).state is State.FAIL


@pytest.mark.parametrize(
    ("name", "alarm", "state"),
    [
        ("rpi_volt", "1", State.FAIL),
        ("rpi_volt", "0", State.OK),
        ("nct6775", "1", State.UNKNOWN),
        ("rpi_volt", "", State.UNKNOWN),
    ],
)
def test_the_supplys_own_sensor_is_read(tmp_path: Path, name: str, alarm: str, state: State) -> None:
    """Breaks when a board of which only the sensor tells is not heard, or another board's sensor is."""
    supply(tmp_path, name, alarm)
    assert machine.power(tmp_path).state is state


def test_either_of_them_is_enough(tmp_path: Path) -> None:
    """Breaks when a sensor that sees nothing hides what the firmware says."""
    supply(tmp_path, "rpi_volt", "0")
    firmware(tmp_path, "1")
    assert machine.power(tmp_path).state is State.FAIL


def test_a_clock_that_nobody_set_is_said() -> None:
    """Breaks when times that cannot be trusted are not told of."""
    assert machine.clock_trusted(trusted=True).state is State.OK
    assert machine.clock_trusted(trusted=False).state is State.WARN
