"""Audit of a whole ledger: every event replayed through the model from the first block on (docs/protocol/audit.md)."""
