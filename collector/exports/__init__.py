"""Files for other systems: tables, DICOM, FHIR; and the codes by which all of them name figures and sites."""
