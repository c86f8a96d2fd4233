"""What the gateway keeps: three databases of one writer each, and the sealed payloads."""
