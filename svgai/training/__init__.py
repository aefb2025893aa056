"""How the models of `svgai.ml` are made: drawings, what every method makes of them, and what can be learned from it.

Only the commands `svgai train` and `svgai evaluate` come here; it needs the extra `ai`.
"""
