"""`python -m sfsetup`."""

from sfsetup.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
