"""Connect REST for named credentials: wire in `routes_*`, behaviour in the others (wire-protocols 3).

principals.py            what is stored for a principal: reading, creating, replacing, patching, deleting
credential.py            wire of /named-credentials/credential
"""
