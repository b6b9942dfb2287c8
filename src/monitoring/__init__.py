"""The admins' view: what runs, how well, and who stepped in.

`touchline.features` builds it. It reads the others by ports, and changes nothing of theirs. Words:
docs/reference/glossary.md.
"""
