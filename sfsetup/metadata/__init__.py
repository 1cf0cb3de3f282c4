"""Metadata types as tables, and their XML: form, Salesforce's own writing style, package.xml, layouts of files.

What a type is called on disk, which fields it has and since when, what the platform fills in or never gives back: each
such fact stands here once. What the elements mean is the business of `facts`.
"""
