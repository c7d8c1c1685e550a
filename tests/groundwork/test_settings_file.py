"""Settings files: what a technician reads when a file is wrong."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from groundwork import settings_file


class Round(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["round"]
    radius: float


class Square(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["square"]
    side: float = Field(gt=0)


class Shapes(BaseSettings):
    model_config = SettingsConfigDict(extra="forbid", env_prefix="SHAPES_TEST_")
    name: str
    shape: Round | Square = Field(discriminator="kind")


GOOD = 'name = "a"\n\n[shape]  # one\nkind = "square"\nside = 2.0\n'


def written(folder: Path, text: str) -> Path:
    """Write a settings file."""
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    """Breaks when values no longer arrive in the model."""
    settings = settings_file.read(Shapes, written(tmp_path, GOOD))
    assert isinstance(settings.shape, Square)
    assert settings.shape.side == 2.0


def test_a_missing_key_may_come_from_the_environment_and_the_file_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the file stops being the one place to look first."""
    monkeypatch.setenv("SHAPES_TEST_NAME", "from-environment")
    assert settings_file.read(Shapes, written(tmp_path, GOOD)).name == "a"
    assert settings_file.read(Shapes, written(tmp_path, GOOD.removeprefix('name = "a"\n'))).name == "from-environment"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "colour = 1\n", "line 6: unknown setting 'shape.square.colour'"),
        (GOOD.replace("side = 2.0", "side = -1"), "line 5: setting 'shape.square.side'"),
        (GOOD.replace("side = 2.0\n", ""), "line 3: setting 'shape.square.side' is missing"),
        (GOOD.replace('name = "a"', "nmae = 1"), "line 1: unknown setting 'nmae'"),
        (GOOD.replace('"square"', '"oval"'), "line 3: setting 'shape'"),
        ("name = \n", "line 1"),
        ("\xff = [", "not a TOML file"),
    ],
)
def test_a_fault_is_named_with_its_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    """Breaks when an error no longer leads to the line to mend."""
    with pytest.raises(settings_file.SettingsFileError, match=said):
        settings_file.read(Shapes, written(tmp_path, text))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when a wrong path becomes a traceback."""
    with pytest.raises(settings_file.SettingsFileError, match="cannot be read"):
        settings_file.read(Shapes, tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD.replace("side = 2.0", "side = "), 5),
        (GOOD.replace("side = 2.0", 'side = """'), 5),
        (GOOD + "side = 3.0\n", 6),
        (GOOD.replace("side = 2.0", "side = -1"), 5),
        ('name = "a"\n[shape\n', 2),
    ],
)
def test_the_line_at_fault_can_be_shown(tmp_path: Path, text: str, line: int) -> None:
    """Breaks when a screen cannot point at the line, whether it is no TOML or does not fit."""
    with pytest.raises(settings_file.SettingsFileError) as refused:
        settings_file.read(Shapes, written(tmp_path, text))
    assert settings_file.lines_at_fault(refused.value) == (line,)


def test_a_character_that_is_none_is_found(tmp_path: Path) -> None:
    """Breaks when a file saved in another encoding is refused without its line."""
    path = tmp_path / "settings.toml"
    path.write_bytes(b'name = "a"\n# M\xfcller\n')
    with pytest.raises(settings_file.SettingsFileError, match="line 2: not a TOML file") as refused:
        settings_file.read(Shapes, path)
    assert settings_file.lines_at_fault(refused.value) == (2,)


def test_a_text_is_checked_before_it_is_a_file(tmp_path: Path) -> None:
    """Breaks when what would be refused from the file is let through on its way there."""
    path = tmp_path / "none.toml"
    assert settings_file.check(Shapes, path, GOOD).name == "a"
    with pytest.raises(settings_file.SettingsFileError, match=r"line 5: setting 'shape\.square\.side'"):
        settings_file.check(Shapes, path, GOOD.replace("side = 2.0", "side = -1"))
