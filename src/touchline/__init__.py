"""The composition root: imports everyone, imported by no one."""
