"""Checks of a document's history and content from plain data. Pure: no network, no database, no clock."""
