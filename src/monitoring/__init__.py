"""The admins' view: what runs, how well, and who stepped in."""
