"""DICOM from what the clinic holds: pictures, structured reports, folders of files, and their way to a PACS."""
