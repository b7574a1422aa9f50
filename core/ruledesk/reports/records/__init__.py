"""Other systems' old tickets: CSV files read through a mapping of their columns (E1)."""
