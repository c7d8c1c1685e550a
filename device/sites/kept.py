"""What the instrument's store holds of a patient's visits and sites."""

from contract import SiteKey, Visit
from device.store import Store


def last_record(store: Store, patient_code: str, visit_number: int) -> Visit | None:
    """Return the latest message of a visit, or None where there is none yet."""
    row = store.connection.execute(
        "SELECT payload FROM message WHERE channel = 'visit' AND patient_code = ? AND visit_number = ?"
        " ORDER BY sequence DESC LIMIT 1",
        (patient_code, visit_number),
    ).fetchone()
    return None if row is None else Visit.model_validate_json(row[0])


def sites_taken_before(store: Store, patient_code: str, visit_number: int) -> frozenset[SiteKey]:
    """Return the sites of which this instrument holds a capture of the patient from an earlier visit."""
    rows = store.connection.execute(
        "SELECT DISTINCT site FROM message WHERE channel = 'capture' AND patient_code = ? AND visit_number < ?",
        (patient_code, visit_number),
    )
    return frozenset(site for (site,) in rows)
