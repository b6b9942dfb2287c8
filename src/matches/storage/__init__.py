"""The tables of matches and events, the only SQL on them, and what their rows are to clients and to the rules."""
