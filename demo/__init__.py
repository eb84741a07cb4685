"""`./run demo`: a whole small state on one machine, told as stories."""
