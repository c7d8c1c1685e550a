"""Tests of DICOM: as the validators, the tool kits and a PACS of others read it."""
