"""Bytes and JSON of the outside world, to and from domain values. Pure."""
