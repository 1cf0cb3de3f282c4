"""The stand-in of the vendors: answers callouts as the registered OpenAPI documents describe.

schemas.py    OpenAPI schemas as JSON Schema, judged by jsonschema-rs
examples.py   an example or generated value for a schema, always the same one
routing.py    which operation a request means
requests.py   what is wrong with a request's parameters and body
guard.py      whether its credentials are well formed, and the right ones
tokens.py     the token endpoint of OAuth client credentials
settings.py   what `sfsetup local vendor` sets: accepted secret, failures, latency
stand_in.py   a request in, an answer out
listener.py   the HTTP listener on loopback
"""
