"""What the engine found in a picture, as sheets for people to look at (`svgai analyze --explain`)."""
