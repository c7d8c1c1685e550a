"""Sites and visits: what a visit is to have, what it has, and under which patient's code."""

from device.sites.kept import last_record, sites_taken_before
from device.sites.laterality import doubts
from device.sites.patient_codes import CodeRefused, PatientCodes
from device.sites.protocol import counts, refused_only, sentences
from device.sites.record import Appointment, RatingRefused, Said, compose_visit, rating_from, says_more
from device.sites.reviews import rejected, reviews_of_site, reviews_of_visit
from device.sites.settings import PatientsSettings, VisitsSettings

__all__ = [
    "Appointment",
    "CodeRefused",
    "PatientCodes",
    "PatientsSettings",
    "RatingRefused",
    "Said",
    "VisitsSettings",
    "compose_visit",
    "counts",
    "doubts",
    "last_record",
    "rating_from",
    "refused_only",
    "rejected",
    "reviews_of_site",
    "reviews_of_visit",
    "says_more",
    "sentences",
    "sites_taken_before",
]
