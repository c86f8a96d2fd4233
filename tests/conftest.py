"""Fixtures for all tests."""

from tests.support.node import _session_chain, chain, live_chain

__all__ = ["_session_chain", "chain", "live_chain"]
