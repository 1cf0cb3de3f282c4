"""Timings side by side with a yardstick in the same run. A timing never decides a test."""
