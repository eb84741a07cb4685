"""What `./run` is made of: the set-up of a fresh machine, and the commands. Standard library only."""
