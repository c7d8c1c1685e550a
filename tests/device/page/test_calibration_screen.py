"""The calibration's screens: what is in force, the choice of targets, the wizard and the check, by their actions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.calibration.step_names import StepName
from device.camera.simulated import CERTIFICATES
from device.chair.chair import Chair
from device.page.app import create_app
from tests.device.page.chair_fixture import ChairClient, open_small_chair

_WITHIN_S = 60.0
FULL_SET = ["colour-chart.toml", "dot-grid.toml", "slanted-edge.toml"]


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Give a chair whose lens is worth calibrating, with certificates of its own."""
    folder = tmp_path / "targets"
    shutil.copytree(CERTIFICATES, folder)
    tables: dict[str, Any] = {
        "camera": {"optics": "lens", "um_per_px": 10.6, "size_px": [1014, 760]},
        "lens": {"name": "lens 7", "nominal_um_per_px": 10.6, "distance_mm": 40.0},
        "calibration": {"certificates": str(folder)},
    }
    with open_small_chair(tmp_path, **tables) as chair:
        yield chair


@pytest.fixture
def client(chair: Chair) -> ChairClient:
    """Give a browser at which mk works."""
    return somebody(chair, "mk")


def somebody(chair: Chair, technician: str) -> ChairClient:
    """Say at a browser who works there."""
    client = ChairClient(create_app(chair))
    client.get("/")
    assert client.act("/technician", {"technician": technician}).status_code == 200
    return client


def begun(client: ChairClient, *but: StepName, files: list[str] | None = None) -> None:
    """Begin a calibration, and leave every step out but those and the scale."""
    client.get("/calibration/new")
    answer = client.act("/calibration/begin", {"certificates": FULL_SET if files is None else files})
    assert answer.json() == {"go": "/calibration/wizard"}
    for name in StepName:
        if name not in (*but, StepName.SCALE):
            answer = client.act("/calibration/leave-out", {"step": name, "reason": "not in this test"})
            assert answer.status_code == 200, answer.text


def run(chair: Chair, client: ChairClient, step: StepName) -> None:
    """Take a step, and wait for its end."""
    answer = client.act("/calibration/run", {"step": step})
    assert answer.status_code == 200, answer.text
    ended(chair)


def ended(chair: Chair) -> None:
    """Wait for the end of what runs."""
    state = chair.calibrating.state
    while state.running:
        newer = chair.calibrating.wait_newer(state, _WITHIN_S)
        assert newer is not state, "the step takes for ever"
        state = newer


def test_a_calibration_by_its_actions(chair: Chair, client: ChairClient) -> None:
    """Breaks when a technician cannot calibrate and check at the page."""
    assert "Not calibrated" in client.get("/calibration").text
    assert "/calibration/check" not in client.get("/calibration").text
    begun(client, StepName.EXPOSURE)
    page = client.get("/calibration/wizard").text
    assert "Step 2 of 8" in page
    assert "Lay the clean white card" in page
    assert 'data-target="white-card"' in page
    run(chair, client, StepName.EXPOSURE)
    page = client.get("/calibration/wizard").text
    assert "holds white" in page
    assert "Step 7 of 8" in page
    assert 'data-target="dot-grid"' in page
    run(chair, client, StepName.SCALE)
    page = client.get("/calibration/wizard").text
    assert "All steps are done" in page
    assert client.act("/calibration/finish").json() == {"go": "/calibration"}
    record = chair.instrument.calibration().record
    assert record is not None
    page = client.get("/calibration").text
    assert f"{record.geometry.um_per_px:.4f}" in page
    assert f"{record.geometry.um_per_px_sd:.4f}" in page
    assert "In date" in page
    assert "not in this test" in page
    assert "Last check" in client.get("/calibration").text
    assert "Lay the scale target" in client.get("/calibration/check").text
    assert client.act("/calibration/check").status_code == 200
    ended(chair)
    assert "Everything is within its tolerance." in client.get("/calibration/check").text
    assert "Check passed" in client.get("/calibration").text


def test_the_focus_curve_is_drawn(chair: Chair, client: ChairClient) -> None:
    """Breaks when the technician cannot see how clear the focus was."""
    begun(client, StepName.FOCUS)
    run(chair, client, StepName.FOCUS)
    run(chair, client, StepName.SCALE)
    client.act("/calibration/finish")
    page = client.get("/calibration").text
    assert "<svg xmlns" in page
    assert "Sharpness by lens position" in page


def test_the_targets_are_offered_with_what_they_are(chair: Chair, client: ChairClient) -> None:
    """Breaks when a technician cannot tell two targets apart, or a broken certificate takes the page away."""
    folder = chair.settings.calibration.certificates
    assert folder is not None
    (folder / "broken.toml").write_text("kind = <script>alert(1)</script>")
    page = client.get("/calibration/new").text
    assert "500.0 ± 0.10 µm" in page
    assert "24 patches" in page
    assert "Not usable" in page
    assert "<script>alert" not in page
    shutil.rmtree(folder)
    assert "There are no certificates on this instrument." in client.get("/calibration/new").text


def test_progress_is_told_while_a_step_runs(chair: Chair, client: ChairClient) -> None:
    """Breaks when the page cannot tell a step that works from one that hangs, or cannot stop it."""
    begun(client, StepName.FOCUS)
    before = client.get("/calibration/progress").json()
    assert (before["running"], before["lines"]) == (False, [])
    client.act("/calibration/run", {"step": "focus"})
    state = chair.calibrating.state
    while not state.lines:
        state = chair.calibrating.wait_newer(state, _WITHIN_S)
    now = client.get("/calibration/progress").json()
    assert now["running"]
    assert now["lines"][0].startswith("focus, wide sweep")
    assert now["revision"] != before["revision"]
    assert 'data-do="/calibration/stop"' in client.get("/calibration/wizard").text
    refused = client.act("/calibration/run", {"step": "focus"})
    assert refused.status_code == 422
    assert "being calibrated" in refused.json()["sentence"]
    assert somebody(chair, "tech-3").act("/calibration/stop").status_code == 200
    ended(chair)
    page = client.get("/calibration/wizard").text
    assert "Stopped. What was done before is kept" in page
    assert "Run again" in page


def test_a_step_is_gone_back_to_by_its_address(chair: Chair, client: ChairClient) -> None:
    """Breaks when a step cannot be done again, or what that costs is not said."""
    begun(client, StepName.EXPOSURE)
    run(chair, client, StepName.EXPOSURE)
    run(chair, client, StepName.SCALE)
    page = client.get("/calibration/wizard?step=exposure").text
    assert "Run again" in page
    assert "Done again, it undoes the steps that stand on it: Scale" in " ".join(page.split())
    assert "holds white" in page
    run(chair, client, StepName.EXPOSURE)
    assert "Step 7 of 8" in client.get("/calibration/wizard").text
    for asked in ("scale", "blur", "<script>", "x" * 2000):  # not its turn, left out, none
        assert client.get(f"/calibration/wizard?step={asked}").status_code == 200


def test_what_is_refused_says_why(chair: Chair, client: ChairClient) -> None:
    """Breaks when a refusal is a number, a traceback, or leaves something half done."""

    def sentence(path: str, body: dict[str, Any] | None = None) -> str:
        answer = client.act(path, body)
        assert 400 <= answer.status_code < 500, answer.text
        return str(answer.json()["sentence"])

    assert "no calibration to check" in sentence("/calibration/check")
    assert "No calibration is on its way" in sentence("/calibration/run", {"step": "focus"})
    assert "Without the scale" in sentence("/calibration/begin", {"certificates": ["slanted-edge.toml"]})
    assert "there no longer" in sentence("/calibration/begin", {"certificates": ["../../device.toml"]})
    assert chair.calibrating.begun is None
    begun(client, StepName.FOCUS, StepName.BLUR, files=["dot-grid.toml"])
    assert "is on its way" in sentence("/calibration/begin", {"certificates": FULL_SET})
    assert "in their order" in sentence("/calibration/run", {"step": "blur"})
    assert "Steps are missing" in sentence("/calibration/finish")
    assert "Take this step" in sentence("/calibration/leave-out", {"step": "scale", "reason": "why"})
    assert "1 to 300" in sentence("/calibration/leave-out", {"step": "focus", "reason": " "})
    for body in ({"step": "colours"}, {"step": "focus", "more": 1}, {}, {"step": ["focus"]}):
        assert "cannot be used" in sentence("/calibration/run", body)
    assert "cannot be used" in sentence("/calibration/leave-out", {"step": "focus", "reason": "x" * 10_000})
    assert "cannot be used" in sentence("/calibration/begin", {"certificates": ["a.toml"] * 17})
    client.act("/calibration/leave-out", {"step": "focus", "reason": "<script>alert(1)</script>"})
    page = client.get("/calibration/wizard?step=focus").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_refused_target_is_said_beside_its_step(chair: Chair, client: ChairClient) -> None:
    """Breaks when a target that is wrong gives no reason, or the page goes on to the next step."""
    folder = chair.settings.calibration.certificates
    assert folder is not None
    grid = (folder / "dot-grid.toml").read_text()
    (folder / "dot-grid.toml").write_text(grid.replace("pitch_um = 500.0", "pitch_um = 560.0"))
    begun(client)
    run(chair, client, StepName.SCALE)
    page = client.get("/calibration/wizard").text
    assert chair.calibrating.state.sentence is not None
    assert chair.calibrating.state.sentence[:40] in page
    assert "Step 7 of 8" in page
    assert client.act("/calibration/abort").json() == {"go": "/calibration"}
    gone = client.request("GET", "/calibration/wizard")
    assert (gone.status_code, gone.headers["location"]) == (303, "/calibration")


def test_a_damaged_session_has_a_way_out(chair: Chair, client: ChairClient) -> None:
    """Breaks when a damaged file leaves the page without a button that helps."""
    begun(client)
    (chair.settings.state_folder / "calibration" / "session.json").write_text("{")
    page = client.get("/calibration").text
    assert "its file is damaged" in page
    assert 'data-act="/calibration/abort"' in page
    assert client.request("GET", "/calibration/wizard").status_code == 303
    client.act("/calibration/abort")
    assert "its file is damaged" not in client.get("/calibration").text


def test_one_person_calibrates_and_others_look_on(chair: Chair, client: ChairClient) -> None:
    """Breaks when two people take steps of one calibration by turns, or nobody is named in its record."""
    stranger = ChairClient(create_app(chair))
    assert "Say who works here first" in stranger.get("/calibration/new").text
    nobody = stranger.act("/calibration/begin", {"certificates": FULL_SET})
    assert nobody.status_code == 422
    assert "Nobody said who works here" in nobody.json()["sentence"]
    begun(client)
    other = somebody(chair, "tech-3")
    assert "Step 7 of 8" in other.get("/calibration/wizard").text
    for path, body in (("run", {"step": "scale"}), ("abort", {}), ("finish", {}), ("check", {})):
        refused = other.act(f"/calibration/{path}", body)
        assert (refused.status_code, refused.json()["seat"]) == (409, True)
    assert chair.calibrating.begun is not None
    assert chair.calibrating.begun.by == "mk"


def test_another_site_cannot_calibrate(client: ChairClient, chair: Chair) -> None:
    """Breaks when a page of another site gives a calibration up through a technician's browser."""
    begun(client)
    for path in ("begin", "run", "leave-out", "stop", "check", "finish", "abort"):
        assert client.request("POST", f"/calibration/{path}", json={}).status_code == 403
    assert chair.calibrating.begun is not None


def test_a_camera_that_gives_no_picture_with_what_is_in_force_is_said(
    chair: Chair, client: ChairClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a calibration ends well, and nobody is told that the camera did not open with it."""
    said = "There is no camera 0. Check the cable."
    assert said not in client.get("/calibration").text
    monkeypatch.setattr(type(chair.calibrating), "camera_trouble", property(lambda _self: said))
    assert said in client.get("/calibration").text
