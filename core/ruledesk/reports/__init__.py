"""Reports on a desk, a recording or old records: where cases come from, and what is written."""
