"""Callouts: from an action's inputs to a real HTTP request, and back.

values.py      endpoints, credentials, requests, answers
service.py     what an action of a registered service takes and gives
json_map.py    flow values <-> JSON
compose.py     URL, parameters, body
headers.py     headers of Named and External Credential, formulas included
access.py      which principal a user calls with, and what is stored for it
oauth.py       tokens of OAuth: fetched, kept, renewed
assertion.py   JWTs that a credential signs
aws.py         AWS Signature 4
transport.py   sends: to the stand-in, or to the few hosts that were allowed
request_log.py what was sent, secrets redacted
outcome.py     an answer as the action's outputs
run.py         all of it in order
"""
