"""Tables: CSV, Parquet, codebook."""
