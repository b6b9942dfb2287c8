"""Channels and their streams: going live, what is on air, who listens, how they react.

`touchline.features` builds it. It knows matches and sources by ports alone, and never touches sound. Words:
docs/reference/glossary.md.
"""
