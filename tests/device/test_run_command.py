"""The service ``trichoscope run``: what may go wrong beside the delivery without ending it."""

from pathlib import Path

from device.demo.processes import own_program, started
from tests.device.test_commands import settings_file


def test_a_bad_noise_floor_does_not_keep_captures_from_the_clinic(tmp_path: Path) -> None:
    """Breaks when a study's file that cannot be read stops the delivery, or goes unsaid."""
    settings, log = settings_file(tmp_path), tmp_path / "run.log"
    missing = tmp_path / "floor.json"
    settings.write_text(f'{settings.read_text()}\n[comparison]\nnoise_floors = ["{missing}"]\n')
    with started("device", [own_program("trichoscope"), "run", "--settings", str(settings)], log) as program:
        program.wait_for_line("device ready", 30.0)
        said = program.wait_for_line("ERROR Nothing is compared until this is mended", 10.0)
        assert str(missing) in said
        program.wait_for_line("WARNING No connection", 10.0)  # the delivery goes on trying
