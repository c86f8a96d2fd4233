"""The rules of the ledger as pure values: actions, records, kinds, parties, errors, and a model that executes them.

Nothing here reads a clock, a file, a network or a database: time and data are arguments.
"""
