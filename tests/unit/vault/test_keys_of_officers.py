"""Key files of several officers of one party: each with accounts of its own, all with the party's encryption keys."""

import pytest

from portledger.domain.vault_errors import WrongKey
from portledger.vault import keys as key_files


def test_an_officer_keeps_its_own_accounts_and_gets_the_party_s_encryption_keys() -> None:
    party = key_files.generate(2, party=7).with_new_encryption()
    own = key_files.generate(1)
    officer = party.officer(own)
    assert (officer.accounts, officer.party) == (own.accounts, 7)
    assert [one.seed for one in officer.encryption] == [one.seed for one in party.encryption]
    assert party.officer(officer).accounts == own.accounts, "again, after a rotation"


def test_keys_of_another_party_or_an_account_of_both_make_no_officer() -> None:
    party = key_files.generate(1, party=7)
    with pytest.raises(WrongKey):
        party.officer(key_files.generate(1, party=8))
    with pytest.raises(WrongKey):
        party.officer(key_files.generate(1).with_account(party.accounts[0]))
