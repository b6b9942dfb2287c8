"""The ways in for people and for feeds' accounts: HTTP, the socket, and who may do what."""
