"""What a party uses: a typed HTTP client, a wallet, and `PartySession`, which does everything a party does."""
