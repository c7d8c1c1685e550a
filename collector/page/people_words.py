"""How the pages call roles, actions of the audit trail, and languages: keys of the catalogues."""

from collector.people.audit import Action
from collector.people.roles import Role

ROLES = {
    Role.TECHNICIAN: "Technician",
    Role.CLINICIAN: "Clinician",
    Role.MONITOR: "Study monitor",
    Role.ADMINISTRATOR: "Administrator",
}

WHAT_ROLES_DO = {
    Role.TECHNICIAN: "Sees patients' figures and pictures, and the instruments.",
    Role.CLINICIAN: "Sees patients, studies and instruments, and takes reports and exports away.",
    Role.MONITOR: "Plans and follows studies, blinded until they are unlocked, and reads the audit trail.",
    Role.ADMINISTRATOR: "Keeps accounts, instruments and the quarantine, reads the audit trail; sees no patient.",
}

ACTIONS = {
    Action.LOOKED: "Looked at a patient",
    Action.SIGNED_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Could not sign in",
    Action.SIGNED_OUT: "Signed out",
    Action.ACCOUNT_ADDED: "Added an account",
    Action.ACCOUNT_CLOSED: "Closed an account",
    Action.ROLE_CHANGED: "Changed a role",
    Action.LINK_MADE: "Made a one-time link",
    Action.PASSWORD_SET: "Set their password",
    Action.TOKEN_MADE: "Made a token",
    Action.TOKEN_REVOKED: "Revoked a token",
    Action.EXPORTED: "Exported",
    Action.SENT: "Sent to another system",
    Action.READ_BY_TOKEN: "Read over the interface",
    Action.STUDY_PLANNED: "Planned a study",
    Action.STUDY_CHANGED: "Changed a study",
    Action.UNBLINDED: "Unblinded a study",
    Action.QUARANTINE_RETRIED: "Tried a message again",
    Action.QUARANTINE_DISCARDED: "Discarded a message",
    Action.ERASED: "Erased a patient",
    Action.BACKED_UP: "Made a back-up",
    Action.RESTORED: "Restored a back-up",
    Action.TRAIL_TAKEN: "Downloaded the audit trail",
}

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano"}
"""Each in itself."""
