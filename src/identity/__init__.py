"""Users, roles and tokens: one verifier for REST and sockets.

`touchline.features` builds it. No other package reads a token or a password. Words: docs/reference/glossary.md.
"""
