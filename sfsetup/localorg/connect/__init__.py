"""Connect REST for named credentials: wire and behaviour (wire-protocols 3).

principals.py            what is stored for a principal: reading, creating, replacing, patching, deleting
external_credentials.py  external credentials with principals and who was given them: showing, writing
named_credentials.py     named credentials: showing, writing
setup.py                 wire of the two
bodies.py                shapes of what clients send
credential.py            wire of /named-credentials/credential
signing_in.py            signing in to a provider in a browser; sign_in_page.py is the page
"""
