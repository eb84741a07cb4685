"""The web application's tests."""
