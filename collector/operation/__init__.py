"""Looking after the collector: erasure, back-ups, checks, exports to files, metrics and logs."""
