"""Backup and restore: `touchline backup DIR`, `touchline backup verify DIR`, `touchline restore DIR`."""
