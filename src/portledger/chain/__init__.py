"""The chain from Python: any JSON-RPC node, or the embedded one; calldata, events, reverts, deployment."""
