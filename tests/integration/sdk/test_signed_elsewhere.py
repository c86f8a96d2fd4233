"""Acts whose signatures come from elsewhere, on a real system."""

import pytest
from tests.integration.sdk.conftest import Port

from portledger.domain.errors import SignaturesRefused
from portledger.domain.signatures import sign
from portledger.sdk.errors import KeyMissing
from portledger.sdk.party import PartySession
from portledger.sdk.wallet import Wallet
from portledger.vault.keys import Keys


def without_accounts(session: PartySession) -> PartySession:
    """The same party with a key file that holds the encryption key and no account."""
    keys = session.wallet.keys
    return PartySession(session.client, Wallet(Keys((), keys.encryption, keys.reference, keys.party)))


def test_a_party_without_account_secrets_issues_and_accepts_with_signatures_made_elsewhere(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    issuing = without_accounts(carrier)
    act = issuing.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    with pytest.raises(KeyMissing):
        issuing.sign(act)
    done = issuing.send(act.signed([sign(act.digest, carrier.wallet.keys.accounts[0])]))
    holding = without_accounts(shipper)
    inspection = holding.inspect(done.document)
    taking = holding.unsigned(
        done.document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party, inspected=inspection
    )
    holding.send(taking.signed([sign(taking.digest, shipper.wallet.keys.accounts[0])]))
    assert shipper.record(done.document).possessor == shipper.party


def test_one_signature_from_elsewhere_and_the_files_own_make_a_critical_act(
    port: Port, carrier: PartySession, bank: PartySession
) -> None:
    done = carrier.new_document(port.bill(), counterparty=bank.party, endorsee=bank.party)
    bank.accept(bank.inspect(done.document))
    keys = bank.wallet.keys
    one = PartySession(bank.client, Wallet(Keys(keys.accounts[:1], keys.encryption, None, keys.party)))
    act = one.unsigned(done.document, "BLANK_ENDORSE")
    assert (act.needed, set(act.able)) == (2, set(keys.addresses()))
    with pytest.raises(KeyMissing):
        one.sign(act)
    with pytest.raises(KeyMissing):
        one.sign(act, [sign(act.digest, keys.accounts[0])])
    with pytest.raises(SignaturesRefused):
        one.sign(act, [sign(act.digest, carrier.wallet.keys.accounts[0])])
    one.send(one.sign(act, [sign(act.digest, keys.accounts[2])]))
    assert len(bank.history(done.document)[-1].signers) == 2
