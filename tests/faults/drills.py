"""Every drill by its number in the catalogue of faults: what is broken, and what has to hold all the same."""
