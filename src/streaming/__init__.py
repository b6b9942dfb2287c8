"""Channels and their streams: going live, what is on air, who listens, how they react."""
