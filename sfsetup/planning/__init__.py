"""Desired components and what an org has, compared by meaning, made into a Plan. Pure."""
