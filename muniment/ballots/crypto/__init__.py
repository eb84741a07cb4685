"""Making, proving, packing and checking ballots: what secrecy rests on."""
