"""`PartySession`: everything a party does, by the names of the verbs. See session.py for what happens underneath."""

from __future__ import annotations

from portledger.sdk.certificates import Certificates
from portledger.sdk.collecting import Collecting
from portledger.sdk.filings import Filings
from portledger.sdk.self_rule import SelfRule
from portledger.sdk.titles import Titles


class PartySession(Collecting, Titles, Certificates, Filings, SelfRule):
    """One party at one gateway: reading, every verb of the shipped kinds, its own accounts and keys."""
