"""Finding counts in what was decrypted, and what that costs."""
