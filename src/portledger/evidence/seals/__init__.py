"""Finality seals: who put their names under a block (docs/protocol/seals.md). `check.check` is the one way in."""
