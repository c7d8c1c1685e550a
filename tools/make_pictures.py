"""Makes the pictures of README and docs from a visit that goes the whole way: `make pictures`."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import cv2

from analysis import draw_overlay, measure
from device import picture_file
from device.demo.clinic import Clinic, Ports
from device.demo.visit import PATIENT, VISIT_NUMBER, await_delivery
from device.store import Store
from tests.system.browser import chromium
from tests.system.signed_in import let_in, pages_of, session_of
from tools import calibration_picture, head_map_picture, outbox_picture, repeatability_picture, report_picture

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"

_SITE = "temporal-left"
_CUT = (slice(300, 900), slice(300, 1260))  # rows and columns of the README's close look
_MOST_BYTES = 300_000


def main() -> None:
    """Calibrate a lens, take a visit, photograph the clinic's pages, and draw one overlay."""
    calibration_picture.draw(FOLDER / "calibration.jpg")
    repeatability_picture.draw(FOLDER / "repeatability.svg")
    head_map_picture.draw(head_map_picture.FILE)
    outbox_picture.draw(outbox_picture.FILE)
    report_picture.draw(FOLDER / "report.jpg")
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        clinic = Clinic(folder, Ports(), "mosquitto", seed=1)
        for program in (clinic.broker, clinic.collector, clinic.device):
            running.enter_context(program())
        clinic.calibrate()
        clinic.take_visit(PATIENT, VISIT_NUMBER)
        rows = {row.capture.site: row.capture for row in await_delivery(clinic)}
        capture = rows[next(site for site in rows if site == _SITE)]
        store = Store(folder / "device")
        pixels = picture_file.decode(store.read_picture(capture.picture.sha256), capture.site)
        store.close()
        drawn = draw_overlay(pixels, measure(pixels, capture.calibration.um_per_px))
        cv2.imwrite(str(FOLDER / "overlay.jpg"), drawn[_CUT], [cv2.IMWRITE_JPEG_QUALITY, 85])
        browser = running.enter_context(chromium())
        context = running.enter_context(browser.new_context(viewport={"width": 1280, "height": 800}))
        settings, address = pages_of(clinic)
        let_in(context, session_of(settings, address), address)
        page = context.new_page()
        for name, path in (("patient", f"/patients/{PATIENT}"), ("capture", f"/captures/{capture.message_id}")):
            page.goto(address + path, wait_until="networkidle")
            page.wait_for_function("[...document.images].every(image => image.complete)")
            page.screenshot(path=FOLDER / f"page-{name}.jpg", type="jpeg", quality=80)
    too_large = [picture.name for picture in FOLDER.iterdir() if picture.stat().st_size > _MOST_BYTES]
    if too_large:
        raise SystemExit(f"Larger than {_MOST_BYTES} bytes: {', '.join(too_large)}. Cut or compress them further.")


if __name__ == "__main__":
    main()
