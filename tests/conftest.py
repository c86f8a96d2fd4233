"""Fixtures for all tests."""

from tests.support.databases import databases, migrated, postgres, server
from tests.support.node import _session_chain, chain, live_chain

__all__ = ["_session_chain", "chain", "databases", "live_chain", "migrated", "postgres", "server"]
