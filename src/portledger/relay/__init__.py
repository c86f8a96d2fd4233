"""The two loops between the database and the chain: outbox to transactions, events to the read model."""
