"""Walks a plan and acts on an org; the only room that resolves secrets."""
