"""A small clinic in a store: patients, visits, words on captures and pictures, each in its place."""

import hashlib
import struct
import zlib
from datetime import UTC, datetime, timedelta

from collector.ingestion.decisions import Accepted, Kept
from collector.pictures.pictures import Pictures
from collector.store.store import Store
from contract import Capture, Channel, Comparison, Decision, Picture, Review, Topic, Visit
from tests.collector.examples import CLINIC, DEVICE, NOW
from tests.examples import added_hair, capture, compared, comparison, corrected_measurement, review_of, visit

FIRST_DAY = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CODES = ("P-0001", "P-0002", "P-0003")


def accepted(message: Kept) -> Accepted:
    """Return the decision that a message is to be stored."""
    channels = {Capture: Channel.CAPTURE, Comparison: Channel.CHANGE, Visit: Channel.VISIT, Review: Channel.REVIEW}
    return Accepted(Topic(CLINIC, DEVICE, channels[type(message)]), message, message.encode())


def drawn(content: bytes) -> bytes:
    """Return a picture of one row of grey pixels: that of any other content is another file."""
    blocks = (
        (b"IHDR", struct.pack(">IIBBBBB", len(content), 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" + content)),
        (b"IEND", b""),
    )
    framed = [
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in blocks
    ]
    return b"".join((b"\x89PNG\r\n\x1a\n", *framed))


def kept_picture(pictures: Pictures, content: bytes) -> Picture:
    """Keep a picture, and return it as a capture names it."""
    file = drawn(content)
    sha256 = hashlib.sha256(file).hexdigest()
    incoming = pictures.receive(sha256)
    incoming.write(file)
    incoming.finish()
    return Picture(sha256=sha256, media_type="image/png", size_bytes=len(file))


def fill(store: Store, pictures: Pictures, codes: tuple[str, ...] = CODES) -> list[Capture]:
    """Keep two visits of each patient, half a year apart: the second is corrected and compared, twice."""
    taken: list[Capture] = []
    for code in codes:
        first, second = (
            capture(
                patient_code=code,
                visit_number=number,
                sequence=number,
                taken_at=FIRST_DAY + timedelta(days=182 * (number - 1)),
                picture=kept_picture(pictures, f"{code} {number}".encode()),
            )
            for number in (1, 2)
        )
        pair = {"patient_code": code, "baseline": compared(first), "followup": compared(second)}
        words: list[Kept] = [
            review_of(second, sequence=5, decision=Decision.REJECTED, reason="blurred"),
            review_of(second, sequence=6, edits=(added_hair(),), corrected=corrected_measurement()),
        ]
        beside: list[Kept] = [
            *(comparison(sequence=sequence, **pair) for sequence in (3, 4)),
            visit(patient_code=code, treatment_arm="R"),
        ]
        store.store_batch([accepted(one) for one in (first, second, *words, *beside)], NOW + timedelta(days=200))
        taken += [first, second]
    return taken
