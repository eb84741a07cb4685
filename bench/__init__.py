"""Measurements beside peers. Timing lives here, never in tests."""
