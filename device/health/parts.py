"""What the board drives: camera, lights, button and foot switch."""

from __future__ import annotations

from pathlib import Path

from device.camera.recovery import RecoveryState
from device.health.check import Check, State
from device.lights import LightsSettings, Ring
from device.triggers import FootSwitchSettings, TriggersSettings


def camera(state: RecoveryState | None, name: str | None, *, simulated: bool) -> Check:
    """Say how the camera stands.

    Parameters
    ----------
    state
        Of the camera that recovers; None for one that does not.
    name
        Its model; None where it never opened.
    simulated
        Whether it is none.
    """
    value = None if name is None else f"{name}"
    if state is not None and not state.is_open and state.error is None:
        return Check("camera", State.UNKNOWN, "The camera was not tried yet.", value=value)
    if state is None or state.error is None:
        if state is not None and state.calls_not_returned:
            sentence = f"The camera works; {state.calls_not_returned} earlier calls to it never came back."
            return Check("camera", State.WARN, sentence, "Restart the instrument at the day's end.", value=value)
        sentence = "The camera is simulated: no picture is of a patient." if simulated else "The camera works."
        return Check("camera", State.OK, sentence, value=value)
    cause = state.error.cause
    if state.given_up:
        sentence = f"The camera failed {state.failures} times in a row and is not tried again. {cause}."
        return Check("camera", State.FAIL, sentence, f"{state.error.cure}. Then press 'Try again'.", "/health", value)
    sentence = f"The camera failed and is opened again by itself. {cause}."
    return Check("camera", State.FAIL, sentence, f"{state.error.cure}.", "/health", value)


def lights(settings: LightsSettings | None, wanted: Ring | None) -> Check:
    """Say which lights there are.

    The instrument does not start without the pins of those that the settings name. Whether an LED shines no pin tells.

    Parameters
    ----------
    settings
        The `[lights]` table.
    wanted
        The ring that captures are taken in.
    """
    if settings is None:
        return Check("lights", State.OK, "This instrument drives no lights.")
    named = " and ".join(f"{ring.value}-polarised" for ring in settings.rings)
    if wanted is None:
        sentence = f"The light is there ({named}), and captures are taken without it."
        return Check("lights", State.WARN, sentence, "Name one under [capture] light if that is not meant.")
    return Check("lights", State.OK, f"The light is held ready ({named}).")


def triggers(root: Path, settings: TriggersSettings | None) -> Check:
    """Say whether button and foot switch are there.

    Parameters
    ----------
    root
        Of the file system: ``/``.
    settings
        The `[triggers]` table.
    """
    if settings is None:
        return Check("triggers", State.OK, "Neither button nor foot switch is set up: captures start at the page.")
    if settings.foot_switch is not None and not _plugged_in(root, settings.foot_switch):
        return Check(
            "triggers",
            State.WARN,
            f"The foot switch {settings.foot_switch.found_by} is not plugged in.",
            "Plug it in: it works again by itself.",
        )
    return Check("triggers", State.OK, f"Held ready: {' and '.join(kind.value for kind in settings.kinds)}.")


def _plugged_in(root: Path, foot_switch: FootSwitchSettings) -> bool:
    if foot_switch.path is not None:
        return (root / foot_switch.path.relative_to("/")).exists() if foot_switch.path.is_absolute() else False
    try:
        listed = (root / "proc/bus/input/devices").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return f'Name="{foot_switch.name}"' in listed
