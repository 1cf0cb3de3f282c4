"""The judge of deploys: what an org is known to refuse, in its words where these are known.

    check.py       a check as a row: message, source, how sure the words are, the switch that decides
    context.py     what a deploy brings over what the org has
    form.py        XML, elements, API versions            names.py       API names and lengths
    subject.py     a component on its way in: form first, facts when somebody asks (readers.py)
    credential.py, credential_parts.py  ExternalCredential and the parameters that each protocol needs
    endpoint.py    NamedCredential
    registration.py, updates.py  ExternalServiceRegistration and its refused updates
    service_limits.py  what an org may hold of all registrations together
    grants.py      PermissionSet                          flow.py, flow_types.py  Flow
    other.py       references of other types              deletion.py    what is still in use
    derived.py     what the org fills in by itself
    registry.py    the table of all checks, and the walk

Nothing here knows HTTP, SOAP or zips.
"""
