"""Adapters of live providers, one a file, and the registry that lists them.

`feeds.live` makes and drives them; they know neither the database nor each other.
"""
