"""Measurements of the project on itself; `make bench` runs them."""
