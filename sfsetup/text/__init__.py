"""The only place that parses YAML, JSON, XML and zip: positions, limits and hardening, once.

Everything that comes in here may be hostile: sizes, depth and expansion are bounded before anything is built, and
whatever is wrong is told as errors.InvalidInput with file, line and column.
"""
