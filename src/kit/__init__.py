"""What every package uses: errors, wire types, the dispatcher, sessions, limits, stores.

Everyone imports it; it imports no package of ours. Words: docs/reference/glossary.md.
"""
