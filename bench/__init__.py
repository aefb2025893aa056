"""Measurements of the project on drawings whose truth is known; `make bench` runs them."""
