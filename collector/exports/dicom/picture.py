"""A capture's picture as a Dermoscopic Photography Image (PS3.3, A.32.11), with what the capture knows of it.

What neither the capture nor the clinic's settings say is left empty, never made up.
"""

import io
from collections.abc import Iterator
from datetime import datetime

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID
from pydicom.valuerep import DSfloat

from collector.exports.dicom import concepts, identifiers
from collector.exports.dicom.picture_file import PixelData, pixel_data
from collector.exports.dicom.settings import Contact, DicomSettings, Polarization
from collector.exports.dicom.values import free_text, long_string, moment, person
from contract import PROTOCOL, Capture, Side, Site, Verdict, place_of, side_of

SOP_CLASS = UID("1.2.840.10008.5.1.4.1.1.77.1.7")
"""Dermoscopic Photography Image Storage."""

_POLARISED_RINGS = ("cross", "parallel")
"""The rings that instruments name: both are polarised, by how the light lies to what the camera lets through."""

_LATERALITY = {Side.LEFT: "L", Side.RIGHT: "R", Side.MIDLINE: "U"}
_MAX_IS = 2**31 - 1
_LEAST_MM_PER_PX = 1e-9
"""Readers take less for zero, and then for an error; no optics comes near it."""


def picture(capture: Capture, content: bytes, settings: DicomSettings, visit_began: datetime | None = None) -> Dataset:
    """Return a capture's picture as a DICOM dataset with its file meta information.

    Parameters
    ----------
    capture
        The capture.
    content
        The bytes of its picture file. A JPEG goes into the dataset byte by byte.
    settings
        What the clinic states.
    visit_began
        When the visit's first capture was taken: the study's date and time, which all of its instances must share.
        Where it is not known, the study has the capture's day and no time.

    Raises
    ------
    PictureNotExportable
        If the bytes are not the picture that was measured, or DICOM's dermoscopic pictures cannot hold them.
    NotATime
        If the instrument's clock was so wrong that DICOM has no word for what it said.
    """
    pixels = pixel_data(capture.picture, content)
    dataset = header(capture, settings, visit_began)
    _describe_pixels(dataset, pixels)
    dataset.PixelData = pixels.content
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = pixels.transfer_syntax.is_encapsulated
    dataset.file_meta = file_meta(dataset, pixels.transfer_syntax)
    return dataset


def header(capture: Capture, settings: DicomSettings, visit_began: datetime | None = None) -> Dataset:
    """Return all of the picture's dataset but the pixels: what a report needs to refer to it."""
    dataset = Dataset()
    _identify_instance(dataset, capture, settings)
    identify_patient(dataset, capture.patient_code, settings)
    _identify_study(dataset, capture, settings, visit_began)
    _identify_series(dataset, capture)
    _describe_device(dataset, capture, settings)
    _describe_acquisition(dataset, capture, settings)
    _describe_site(dataset, capture)
    _describe_scale(dataset, capture)
    return dataset


def file_meta(dataset: Dataset, transfer_syntax: UID) -> FileMetaDataset:
    """Return the file meta information of a dataset (PS3.10, 7.1)."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = identifiers.IMPLEMENTATION
    meta.ImplementationVersionName = "TRICHOSCOPE"
    return meta


def encoded(dataset: Dataset) -> bytes:
    """Return a dataset as the bytes of a DICOM file (PS3.10); the same dataset always as the same bytes."""
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def identify_patient(dataset: Dataset, patient_code: str, settings: DicomSettings) -> None:
    """Write the patient module: the code and nothing else, since nothing else is known here."""
    dataset.PatientName = person(patient_code)
    dataset.PatientID = patient_code
    dataset.PatientBirthDate = None
    dataset.PatientSex = None
    if settings.issuer_of_patient_id is not None:
        dataset.IssuerOfPatientID = long_string(settings.issuer_of_patient_id)


def _identify_instance(dataset: Dataset, capture: Capture, settings: DicomSettings) -> None:
    at = moment(capture.taken_at, settings.time_zone)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = SOP_CLASS
    dataset.SOPInstanceUID = identifiers.picture(capture)
    dataset.TimezoneOffsetFromUTC = at.offset
    dataset.ContentDate, dataset.ContentTime = at.date, at.time
    dataset.CodingSchemeIdentificationSequence = [concepts.own_scheme()]
    dataset.InstanceNumber = capture.sequence if capture.sequence <= _MAX_IS else None
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "", "SIMULATED"] if capture.simulated else ["ORIGINAL", "PRIMARY"]
    dataset.QualityControlImage = "YES" if capture.simulated else "NO"
    dataset.BurnedInAnnotation = "NO"
    if comments := " ".join(_remarks(capture)):
        dataset.ImageComments = free_text(comments)


def _remarks(capture: Capture) -> Iterator[str]:
    if capture.simulated:
        yield "SIMULATED: drawn by a simulated camera, no patient."
    if capture.quality.verdict is Verdict.REFUSE:
        yield "Refused by the instrument, then released." if capture.quality.forced else "Refused by the instrument."
    if not capture.clock_trusted:
        yield "The instrument's clock was not synchronised: date and time may be wrong."
    if capture.calibration.due is not None:
        yield f"Calibration: {capture.calibration.due}"


def _identify_study(dataset: Dataset, capture: Capture, settings: DicomSettings, visit_began: datetime | None) -> None:
    dataset.StudyInstanceUID = identifiers.study(capture.clinic_id, capture.patient_code, capture.visit_number)
    began = moment(visit_began or capture.taken_at, settings.time_zone)
    dataset.StudyDate = began.date
    dataset.StudyTime = None if visit_began is None else began.time
    dataset.StudyID = f"{capture.visit_number}"
    dataset.StudyDescription = f"Trichoscopy, visit {capture.visit_number}"
    dataset.AccessionNumber = None
    dataset.ReferringPhysicianName = None


def _identify_series(dataset: Dataset, capture: Capture) -> None:
    dataset.Modality = "DMS"
    dataset.SeriesInstanceUID = identifiers.picture_series(capture)
    dataset.SeriesNumber = _site_number(capture.site)
    of_site = concepts.place(capture.site).meaning
    dataset.SeriesDescription = long_string(f"SIMULATED {of_site}" if capture.simulated else of_site)


def _site_number(key: str) -> int:
    """Return a number for each site: its rank in the protocol, or 120465 for ``g120-l35``, a landmark place."""
    if key in set(Site):
        return PROTOCOL.index(Site(key)) + 1
    place = place_of(key)
    return place.behind_glabella_mm * 1000 + 500 + place.right_mm


def _describe_device(dataset: Dataset, capture: Capture, settings: DicomSettings) -> None:
    dataset.Manufacturer = long_string(settings.manufacturer)
    dataset.ManufacturerModelName = long_string(settings.model)
    dataset.DeviceSerialNumber = capture.device_id
    dataset.SoftwareVersions = long_string(capture.software_version) or "unknown"  # it must not be empty
    dataset.DeviceUID = identifiers.device(capture.clinic_id, capture.device_id)
    if lens := long_string(capture.lens or ""):
        dataset.LensModel = lens


def _describe_acquisition(dataset: Dataset, capture: Capture, settings: DicomSettings) -> None:
    at = moment(capture.taken_at, settings.time_zone)
    dataset.AcquisitionDateTime = at.date_time
    if capture.exposure_us is not None:
        dataset.ExposureTimeInSeconds = DSfloat(capture.exposure_us / 1e6, auto_format=True)
    polarised = Polarization.POLARIZED if capture.light in _POLARISED_RINGS else settings.polarization
    dataset.LightSourcePolarization = polarised and polarised.value
    dataset.EmitterColorTemperature = None
    dataset.ContactMethod = settings.contact and settings.contact.value
    if settings.contact is Contact.CONTACT:
        dataset.ImmersionMedia = settings.immersion and settings.immersion.value
    dataset.OpticalMagnificationFactor = None
    dataset.RecognizableVisualFeatures = "YES" if settings.recognizable else "NO"
    dataset.AcquisitionContextSequence = list(_acquisition_context(capture))


def _acquisition_context(capture: Capture) -> Iterator[Dataset]:
    said = (
        (concepts.LIGHT_RING, capture.light),
        (concepts.HAIR_MODE, capture.measurement.hair_mode),
        (concepts.SITE_MARK, capture.mark),
        (concepts.SCALE_ORIGIN, _scale_origin(capture)),
    )
    for concept, text in said:
        if value := free_text(text or ""):
            item = Dataset()
            item.ValueType = "TEXT"
            item.ConceptNameCodeSequence = [concepts.local(concept)]
            item.TextValue = value
            yield item


def _describe_site(dataset: Dataset, capture: Capture) -> None:
    region = Dataset()
    region.update(concepts.structure(capture.site))
    region.AnatomicRegionModifierSequence = [concepts.place(capture.site)]
    dataset.AnatomicRegionSequence = [region]
    dataset.ImageLaterality = _LATERALITY[side_of(capture.site)]
    dataset.PatientOrientation = None
    dataset.TrackingID, dataset.TrackingUID = tracking(capture.clinic_id, capture.patient_code, capture.site)
    # a picture is a frame of its own: how two lie on each other is for their comparison to say
    dataset.FrameOfReferenceUID = identifiers.frame(capture)
    dataset.PositionReferenceIndicator = None


def tracking(clinic_id: str, patient_code: str, site: str) -> tuple[str, UID]:
    """Return what follows a site from visit to visit: in words, and as an identifier."""
    return f"{patient_code} {site}", identifiers.site(clinic_id, patient_code, site)


def _describe_scale(dataset: Dataset, capture: Capture) -> None:
    mm_per_px = capture.measurement.um_per_px / 1000
    if mm_per_px > _LEAST_MM_PER_PX:
        dataset.PixelSpacing = [DSfloat(mm_per_px, auto_format=True)] * 2


def _scale_origin(capture: Capture) -> str:
    calibration = capture.calibration
    uncertainty = calibration.standard_uncertainty_um_per_px
    sure = "uncertainty unknown" if uncertainty is None else f"standard uncertainty {uncertainty:.3g} um/px"
    if calibration.source == "settings":
        return f"Stated in the instrument's settings, {sure}"
    on = "" if calibration.certificate_id is None else f" {calibration.certificate_id}"
    record = "" if calibration.record_id is None else f", record {calibration.record_id}"
    return f"Measured on a target{on}, {sure}{record}"


def _describe_pixels(dataset: Dataset, pixels: PixelData) -> None:
    dataset.SamplesPerPixel = pixels.samples
    dataset.PhotometricInterpretation = pixels.photometric
    if pixels.samples > 1:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = pixels.height_px, pixels.width_px
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    if pixels.compression_ratio is None:
        dataset.LossyImageCompression = "00"
        return
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = DSfloat(round(pixels.compression_ratio, 3), auto_format=True)
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
