"""Pure tracing: arrays in, drawings out. Stages never import each other; `svgai.conversion` calls them in order."""
