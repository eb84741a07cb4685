"""What agencies and staff run from the shell; README.md is the index."""
