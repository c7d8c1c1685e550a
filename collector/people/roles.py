"""Who may do what: a role is a set of rights, and each screen and action names the one it needs."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """One thing that an account may do."""

    SEE_PATIENTS = "see-patients"
    """Figures and pictures of patients."""
    EXPORT_PATIENTS = "export-patients"
    """Take what is known of a patient away as files, or send it to another system."""
    SEE_STUDIES = "see-studies"
    """Studies, blinded until somebody unlocks them."""
    MANAGE_STUDIES = "manage-studies"
    """Plan studies, say who is in which arm, unlock."""
    SEE_DEVICES = "see-devices"
    """Instruments: online, calibration, disk, outbox, certificates, alarms."""
    SETTLE_QUARANTINE = "settle-quarantine"
    """Try a message of the quarantine again, or discard it."""
    SEE_AUDIT_TRAIL = "see-audit-trail"
    """Who looked at what, and did what."""
    MANAGE_ACCOUNTS = "manage-accounts"
    """Make and close accounts and tokens."""


class Role(StrEnum):
    """What a person is at the clinic."""

    TECHNICIAN = "technician"
    CLINICIAN = "clinician"
    MONITOR = "monitor"
    ADMINISTRATOR = "administrator"

    @property
    def rights(self) -> frozenset[Right]:
        """What a person of this role may do."""
        return _RIGHTS[self]


_RIGHTS = {
    Role.TECHNICIAN: frozenset({Right.SEE_PATIENTS, Right.SEE_DEVICES}),
    Role.CLINICIAN: frozenset({Right.SEE_PATIENTS, Right.EXPORT_PATIENTS, Right.SEE_STUDIES, Right.SEE_DEVICES}),
    # Sees what a study holds and whether it is complete and was kept to; not who got what, before it is unlocked.
    Role.MONITOR: frozenset({Right.SEE_STUDIES, Right.MANAGE_STUDIES, Right.SEE_AUDIT_TRAIL}),
    # Keeps the system going, and has no business with patients.
    Role.ADMINISTRATOR: frozenset(
        {Right.SEE_DEVICES, Right.SETTLE_QUARANTINE, Right.SEE_AUDIT_TRAIL, Right.MANAGE_ACCOUNTS}
    ),
}
