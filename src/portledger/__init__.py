"""portledger: a ledger and a gateway on which trade documents live as controllable originals."""

__version__ = "0.1.0"
