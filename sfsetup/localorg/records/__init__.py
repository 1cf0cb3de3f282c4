"""The sObjects of the org as tables over its state: rows for SOQL, single records, creating and changing them.

tables.py      small tools to describe a table
people.py      User, Organization, Profile, permission sets, groups, assignments, grants
setup.py       metadata as Tooling (and some standard) objects
flows.py       FlowDefinition and Flow: versions, activation
catalogue.py   which API has which table
metadata.py    XML of a component as the `Metadata` field of the Tooling API
describe.py    lists and descriptions of objects
writing.py     what can be created, changed and deleted: the table of writers
  grant_writing.py   users, assignments, access to entities and objects; permission_xml.py shows them in metadata
  flow_writing.py    activation and versions of flows
  setup_writing.py   metadata by the Tooling API
components.py  writing a component as a deploy would
  crud.py            the same for createMetadata and its like
"""
