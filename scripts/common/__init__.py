"""What the scripts share; nothing here is run by itself."""
