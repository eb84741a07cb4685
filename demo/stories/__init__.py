"""One module a story; each has `tell(stage, options) -> facts`, all facts read back from the chain."""
