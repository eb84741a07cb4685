"""The JSON API. Every answer names the block that it is true at; integers of more than 53 bits are decimal text."""
