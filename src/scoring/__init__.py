"""What the events of a match come to: sport rules, projection, corrections.

`matches` and `feeds` call it. It is pure: no database, no web, no clock, no input or output of any kind. Words:
docs/reference/glossary.md.
"""
