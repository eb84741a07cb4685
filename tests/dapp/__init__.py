"""The pages in real Chromium, over a real node."""
