"""The enrolment office: who may vote, one blind signature each, and the roll."""
