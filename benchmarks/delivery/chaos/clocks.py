"""A program's own clock, which can be set wrong while it runs: by libfaketime, and for that program alone."""

from __future__ import annotations

from pathlib import Path


class Clock:
    """The clock of one program; right until it is set.

    Parameters
    ----------
    file : Path
        From which libfaketime reads how far the clock is off.
    library : Path
        Libfaketime's, for programs with threads.
    """

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self._library = library
        self.set(0)

    def set(self, days: float) -> None:
        """Let it be off by so many days from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{days:+.0f}d\n")
        new.replace(self._file)

    def environment(self) -> dict[str, str]:
        """Return what a program must find in its environment to go by this clock.

        The monotonic clock stays as it is: no kernel sets that one, whatever becomes of the time of day.
        """
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
