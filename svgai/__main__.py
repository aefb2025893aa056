"""`python -m svgai`, the same as the command `svgai`."""

from svgai.cli import main

if __name__ == "__main__":
    main()
