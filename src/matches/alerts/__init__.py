"""Scores that a provider states and its events do not come to: kept while they differ, for admins to look into."""
