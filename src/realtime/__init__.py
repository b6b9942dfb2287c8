"""The realtime engine: connections, rooms, fan-out over all workers. Knows nothing of radio or sport.

Everything else uses `Engine` (engine.py): publish, join, leave, disconnect. That Socket.IO and a Redis channel for each
room carry them is not visible outside this package. Words: docs/reference/glossary.md; what is promised:
docs/realtime.md.
"""
