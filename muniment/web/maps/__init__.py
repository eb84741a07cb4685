"""Maps drawn on the server, as SVG that needs no script."""
