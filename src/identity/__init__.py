"""Users, roles and tokens: one verifier for REST and sockets."""
