"""Authentication protocols of external credentials: one file each, listed in `registry`."""
