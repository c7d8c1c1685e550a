"""A capture's picture as a Dermoscopic Photography Image."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import JPEGBaseline8Bit

from collector.exports.dicom.picture import encoded, picture
from collector.exports.dicom.picture_file import PictureNotExportable
from collector.exports.dicom.settings import Contact, DicomSettings, Immersion, Polarization
from collector.exports.dicom.values import NotATime, is_a_time
from contract import Calibration, Capture, Forced, Picture, Quality, Side, Site, Verdict, side_of
from tests.collector.exports.dicom import drawn, identifying, validators
from tests.contract import strategies

SAID = DicomSettings(contact=Contact.CONTACT, immersion=Immersion.ULTRASOUND_GEL)
BEGAN = datetime(2026, 3, 4, 9, 12, tzinfo=UTC)
JPEG, PNG = drawn.content("image/jpeg"), drawn.content("image/png")
FILES: dict[drawn.Kind, bytes] = {"image/jpeg": JPEG, "image/png": PNG}
SITES = [*Site, "g120-l35", "g120-r35", "g300-m0"]


@pytest.mark.parametrize(
    ("kind", "site", "simulated"),
    [("image/jpeg", site, False) for site in SITES]
    + [("image/png", "mid-scalp", True), ("image/jpeg", "vertex", True)],
)
def test_validators_find_nothing_but_what_they_cannot_know(
    kind: drawn.Kind, site: str, simulated: bool, tmp_path: Path
) -> None:
    """Breaks when an element that the standard wants is missing, holds what it may not, or stands where it must not."""
    made = picture(drawn.capture(kind, FILES[kind], site=site, simulated=simulated), FILES[kind], SAID, BEGAN)
    path = validators.written(made, tmp_path)
    assert validators.complaints(path) == ([], validators.KNOWN_WARNINGS)
    assert validators.is_dicom_file(path)


def test_the_validator_would_find_a_missing_element(tmp_path: Path) -> None:
    """Breaks when the test above could not fail, because what the validator says is not understood."""
    made = picture(drawn.capture("image/jpeg", JPEG), JPEG, SAID, BEGAN)
    del made.RecognizableVisualFeatures
    made.Modality = "ZZ"
    errors, warnings = validators.complaints(validators.written(made, tmp_path))
    assert any("RecognizableVisualFeatures" in error for error in errors)
    assert "Modality - Unrecognized defined term = <ZZ>" in warnings


def test_what_the_clinic_does_not_state_is_empty_and_valid(tmp_path: Path) -> None:
    """Breaks when something is made up that neither capture nor settings say."""
    made = picture(drawn.capture("image/jpeg", JPEG, light=None, lens=None), JPEG, DicomSettings())
    errors, warnings = validators.complaints(validators.written(made, tmp_path))
    assert errors == []
    assert warnings - validators.KNOWN_WARNINGS == {
        "StudyTime - Missing attribute or value that would be needed to build DICOMDIR"
    }
    unknown = "LightSourcePolarization ContactMethod EmitterColorTemperature OpticalMagnificationFactor StudyTime"
    assert all(made[element].is_empty for element in unknown.split())
    assert "ImmersionMedia" not in made
    assert "LensModel" not in made
    assert "ImagerPixelSpacing" not in made


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("how", [{}, {"subsampling": 0}, {"quality": 30}])
def test_a_jpeg_is_in_it_byte_by_byte(mode: str, how: dict[str, int], tmp_path: Path) -> None:
    """Breaks when a picture is encoded anew on its way: what was measured is not what the PACS shows then."""
    content = drawn.content("image/jpeg", mode, **how)
    path = validators.written(picture(drawn.capture("image/jpeg", content), content, SAID, BEGAN), tmp_path)
    read = dcmread(path)
    (frame,) = generate_frames(read.PixelData, number_of_frames=1)
    assert frame.rstrip(b"\0") == content
    assert read.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    assert (read.Columns, read.Rows) == (drawn.WIDTH_PX, drawn.HEIGHT_PX)
    assert read.LossyImageCompression == "01"
    raw_bytes = drawn.WIDTH_PX * drawn.HEIGHT_PX * len(mode)
    assert read.LossyImageCompressionRatio == pytest.approx(raw_bytes / len(content), abs=0.001)
    assert validators.complaints(path)[0] == []


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_png_has_its_pixels_in_it(mode: str, tmp_path: Path) -> None:
    """Breaks when a lossless picture loses something, or is said to have."""
    content = drawn.content("image/png", mode)
    path = validators.written(picture(drawn.capture("image/png", content), content, SAID, BEGAN), tmp_path)
    read = dcmread(path)
    expected = drawn.image(mode).convert("L" if mode == "L" else "RGB")
    assert np.array_equal(read.pixel_array, np.asarray(expected))
    assert read.LossyImageCompression == "00"
    assert "LossyImageCompressionRatio" not in read
    assert validators.complaints(path)[0] == []


@pytest.mark.parametrize(("kind", "how"), [("image/jpeg", {}), ("image/jpeg", {"subsampling": 0}), ("image/png", {})])
def test_other_tool_kits_show_the_same_colours(kind: drawn.Kind, how: dict[str, Any], tmp_path: Path) -> None:
    """Breaks when a viewer takes the samples for other colours than they are: red for blue, or luma for red."""
    content = drawn.content(kind, **how)
    path = validators.written(picture(drawn.capture(kind, content), content, SAID, BEGAN), tmp_path)
    shown = np.asarray(Image.open(validators.as_png(path)).convert("RGB"), dtype=float)
    meant = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=float)
    # two decoders of JPEG may round otherwise; samples taken for other colours differ by some 60 levels
    assert np.abs(shown - meant).mean() < (1 if kind == "image/jpeg" else 1e-9)


def _sixteen_bits(folder: Path) -> bytes:
    path = folder / "deep.png"
    Image.fromarray(np.full((4, 5), 40_000, dtype=np.uint16)).save(path)
    return path.read_bytes()


def test_what_dicom_cannot_hold_is_refused_in_words(tmp_path: Path) -> None:
    """Breaks when a picture is written that no reader shows, or a damaged one brings the export down."""
    progressive = drawn.content("image/jpeg", progressive=True)
    cases: tuple[tuple[drawn.Kind, bytes, str], ...] = (
        ("image/jpeg", progressive, "another process than baseline"),
        ("image/jpeg", JPEG[:40], "no JPEG"),
        ("image/jpeg", drawn.content("image/jpeg", "CMYK"), "no JPEG in grey or in colours"),
        ("image/jpeg", b"", "no JPEG"),
        ("image/png", PNG[:100], "cannot be read as the PNG"),
        ("image/png", JPEG, "cannot be read as the PNG"),
        ("image/png", _sixteen_bits(tmp_path), "more than 8 bits"),
    )
    for kind, content, words in cases:
        digest = hashlib.sha256(content).hexdigest()
        named = Picture(sha256=digest, media_type=kind, size_bytes=max(1, len(content)))
        with pytest.raises(PictureNotExportable, match=words):
            picture(drawn.capture("image/png", PNG, picture=named), content, SAID)


def test_another_picture_than_was_measured_is_refused() -> None:
    """Breaks when a picture that was swapped or damaged leaves the clinic under a patient's code."""
    with pytest.raises(PictureNotExportable, match="not the one that was measured"):
        picture(drawn.capture("image/jpeg", JPEG), PNG, SAID)


def test_the_same_capture_always_has_the_same_bytes() -> None:
    """Breaks when an export made twice gives a PACS two pictures of one capture."""
    capture = drawn.capture("image/jpeg", JPEG)
    again = Capture.model_validate_json(capture.encode())
    assert encoded(picture(capture, JPEG, SAID, BEGAN)) == encoded(picture(again, JPEG, SAID, BEGAN))


def test_identifiers_hold_together_what_belongs_together() -> None:
    """Breaks when a visit falls into several studies, or two patients, sites or devices into one."""
    fields = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "TrackingUID", "FrameOfReferenceUID")

    def uids(**changes: object) -> dict[str, str]:
        made = picture(drawn.capture("image/jpeg", JPEG, **changes), JPEG, SAID)
        return {field: made[field].value for field in fields}

    first = uids()
    assert all(len(uid) <= 64 and uid.startswith("2.25.") for uid in first.values())
    same = {
        "nothing": {field for field in fields if uids()[field] == first[field]},
        "site": {field for field in fields if uids(site="vertex")[field] == first[field]},
        "device": {field for field in fields if uids(device_id="chair-2")[field] == first[field]},
        "visit": {field for field in fields if uids(visit_number=2)[field] == first[field]},
        "patient": {field for field in fields if uids(patient_code="P-0043")[field] == first[field]},
        "clinic": {field for field in fields if uids(clinic_id="hillside")[field] == first[field]},
    }
    assert same == {
        "nothing": {"StudyInstanceUID", "SeriesInstanceUID", "TrackingUID"},
        "site": {"StudyInstanceUID"},
        "device": {"StudyInstanceUID", "TrackingUID"},
        "visit": {"TrackingUID"},
        "patient": set(),
        "clinic": set(),
    }


@pytest.mark.parametrize("site", SITES)
def test_the_place_is_said_by_structure_site_and_side(site: str) -> None:
    """Breaks when a picture of one side is filed under the other, or a place without a code of its own is lost."""
    made = picture(drawn.capture("image/jpeg", JPEG, site=site), JPEG, SAID)
    (region,) = made.AnatomicRegionSequence
    (modifier,) = region.AnatomicRegionModifierSequence
    structures = {"vertex": "61719002", "occipital": "79951008", "frontal": "699900002"}
    temporal = {"temporal-left": "16621002", "temporal-right": "16621002"}
    assert region.CodingSchemeDesignator == "SCT"
    assert region.CodeValue == (structures | temporal).get(site, "43067004")
    assert (modifier.CodeValue, modifier.CodingSchemeDesignator) == (site, "99TRICHO")
    assert made.ImageLaterality == {Side.LEFT: "L", Side.RIGHT: "R", Side.MIDLINE: "U"}[side_of(site)]
    assert made.TrackingID == f"P-0042 {site}"


def test_series_of_a_visit_have_numbers_of_their_own() -> None:
    """Breaks when two sites of a visit share a number, by which viewers order and name series."""
    numbers = {
        site: picture(drawn.capture("image/jpeg", JPEG, site=site), JPEG, SAID).SeriesNumber
        for site in (*SITES, "g120-l34", "g121-l35", "g30-l160", "g420-r160")
    }
    assert len(set(numbers.values())) == len(numbers)
    assert max(numbers.values()) < 900_000


def test_the_patient_is_a_code_and_nothing_else() -> None:
    """Breaks when an export names or describes a person, or the clinic without its having said so."""
    made = picture(drawn.capture("image/jpeg", JPEG), JPEG, SAID)
    assert (made.PatientName, made.PatientID) == ("P-0042^", "P-0042")
    assert identifying.held(made) == []
    issued = picture(drawn.capture("image/jpeg", JPEG), JPEG, DicomSettings(issuer_of_patient_id="Riverside"))
    assert identifying.held(issued) == ["IssuerOfPatientID"]


def test_what_a_reader_must_know_of_the_picture_is_said() -> None:
    """Breaks when a simulated, refused or wrongly dated picture passes for a good one."""
    plain = picture(drawn.capture("image/jpeg", JPEG), JPEG, SAID)
    assert "ImageComments" not in plain
    assert (plain.QualityControlImage, list(plain.ImageType)) == ("NO", ["ORIGINAL", "PRIMARY"])
    forced = Forced(by="mk", note="No second take.", at=BEGAN)
    due = Calibration(um_per_px=5.3, source="target", certificate_id="SM-7", due="The check of today is missing.")
    odd = drawn.capture(
        "image/jpeg",
        JPEG,
        simulated=True,
        clock_trusted=False,
        quality=Quality(verdict=Verdict.REFUSE, forced=forced),
        calibration=due,
    )
    made = picture(odd, JPEG, SAID)
    assert (made.QualityControlImage, made.ImageType[-1]) == ("YES", "SIMULATED")
    assert made.SeriesDescription == "SIMULATED frontal"
    for words in ("SIMULATED", "Refused by the instrument, then released", "clock", "The check of today is missing."):
        assert words in made.ImageComments
    context = {item.ConceptNameCodeSequence[0].CodeValue: item.TextValue for item in made.AcquisitionContextSequence}
    assert context == {
        "light-ring": "cross",
        "hair-mode": "clipped",
        "scale-origin": "Measured on a target SM-7, uncertainty unknown",
    }


@pytest.mark.parametrize(
    ("light", "stated", "written"),
    [
        ("cross", None, "POLARIZED"),
        ("parallel", Polarization.NON_POLARIZED, "POLARIZED"),
        (None, Polarization.NON_POLARIZED, "NON_POLARIZED"),
        ("ring-3", None, None),
    ],
)
def test_polarised_is_what_the_capture_says_before_what_the_clinic_states(
    light: str | None, stated: Polarization | None, written: str | None
) -> None:
    """Breaks when a picture in polarised light is said to be in plain light, where gloss means something else."""
    made = picture(drawn.capture("image/jpeg", JPEG, light=light), JPEG, DicomSettings(polarization=stated))
    assert made.LightSourcePolarization == written


def test_scale_times_and_device_are_those_of_the_capture() -> None:
    """Breaks when lengths measured in a viewer, or the hour of a picture, are not what the instrument meant."""
    zone = ZoneInfo("Asia/Kolkata")
    made = picture(drawn.capture("image/jpeg", JPEG), JPEG, DicomSettings(time_zone=zone), BEGAN)
    assert list(made.PixelSpacing) == [0.0053, 0.0053]
    assert made.TimezoneOffsetFromUTC == "+0530"
    assert made.AcquisitionDateTime == "20260304150000.000000+0530"
    assert (made.ContentDate, made.ContentTime) == ("20260304", "150000.000000")
    assert (made.StudyDate, made.StudyTime) == ("20260304", "144200.000000")
    assert (made.DeviceSerialNumber, made.SoftwareVersions, made.LensModel) == ("chair-1", "0.1.0", "16 mm")
    assert made.ExposureTimeInSeconds == 0.008


def test_a_clock_that_says_nonsense_is_refused_in_words() -> None:
    """Breaks when such a time goes out as a date that readers stumble over, or as one that was made up."""
    with pytest.raises(NotATime, match="the year 30,"):
        picture(drawn.capture("image/jpeg", JPEG, taken_at=datetime(30, 1, 1, tzinfo=UTC)), JPEG, SAID)


def test_settings_that_contradict_each_other_are_refused() -> None:
    """Breaks when gel is stated for an instrument that does not touch the skin."""
    with pytest.raises(ValueError, match="belongs to contact"):
        DicomSettings(immersion=Immersion.WATER)
    with pytest.raises(ValueError, match="manufacturer"):
        DicomSettings(model=" ")


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    capture=strategies.message(Capture).filter(lambda one: is_a_time(one.taken_at)), kind=st.sampled_from(tuple(FILES))
)
def test_any_capture_is_exported_and_valid(
    capture: Capture, kind: drawn.Kind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Breaks when something that the contract allows (a backslash, a year, a large number) makes an invalid file."""
    of_picture = capture.model_copy(update={"picture": drawn.named(kind, FILES[kind])})
    made = picture(of_picture, FILES[kind], SAID)
    path = validators.written(made, tmp_path_factory.mktemp("any"))
    assert validators.complaints(path)[0] == []
    assert validators.is_dicom_file(path)
    assert identifying.held(dcmread(path)) == []
