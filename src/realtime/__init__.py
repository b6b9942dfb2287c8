"""The realtime engine: connections, rooms, fan-out over all workers. Knows nothing of radio or sport.

Everything else uses `Engine` (engine.py): publish, join, leave, disconnect. What carries it (today the stock
Socket.IO server and one Redis channel) is not visible outside this package.
"""
