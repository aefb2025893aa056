"""A finished drawing in other formats: read back from its SVG text, then written anew."""
