"""Picture files: what they claim, whether they may pass, and how their bytes become a `Picture`."""
