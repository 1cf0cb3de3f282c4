"""The sObjects of the org as tables over its state: rows for SOQL, single records, creating and changing them.

tables.py      small tools to describe a table
people.py      User, Organization, Profile, permission sets, groups, assignments, grants
setup.py       metadata as Tooling (and some standard) objects
flows.py       FlowDefinition and Flow: versions, activation
catalogue.py   which API has which table
metadata.py    XML of a component as the `Metadata` field of the Tooling API
writing.py     what can be created, changed and deleted
"""
