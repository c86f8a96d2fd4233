"""What the gateway keeps: four databases, and the sealed payloads."""
