"""Documents: what was issued, by whom, when, and whether it still stands."""
