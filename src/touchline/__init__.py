"""The composition root: settings, command line, HTTP, and the one place where features meet.

It imports everyone and is imported by no one. Words: docs/reference/glossary.md.
"""
