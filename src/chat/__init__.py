"""The chat of a channel."""
