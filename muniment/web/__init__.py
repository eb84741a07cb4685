"""The public face: a JSON API and server-rendered pages over the read tables."""
