"""What a party does with itself, on a real system."""

from dataclasses import replace

import pytest
from tests.integration.sdk.conftest import Port

from portledger.domain.codes import Scope
from portledger.domain.errors import EpochPassed, PartyInactive
from portledger.domain.refusals import SignInRefused
from portledger.sdk.errors import KeyMissing, KindNotShipped
from portledger.sdk.party import PartySession
from portledger.sdk.wallet import Wallet
from portledger.vault.keys import new_account


def test_accounts_come_and_go_and_the_threshold_rises(port: Port) -> None:
    me = port.join("shipperOrConsignee", accounts=2)
    key = new_account()
    me.add_account(key, Scope.FILING)
    assert len(me.me().accounts) == 3
    me.set_threshold(2)
    assert me.me().threshold == 2
    me.remove_account(Wallet(replace(me.wallet.keys, accounts=(key,))).keys.addresses()[0])
    assert [account.removed_at > 0 for account in me.me().accounts].count(True) == 1


def test_one_signature_starts_a_change_that_another_account_vetoes(port: Port) -> None:
    me = port.join("shipperOrConsignee", accounts=2)
    me.add_account(new_account(), one_signature=True)
    (change,) = me.me().open_changes
    me.veto(change.change_id)
    assert me.me().open_changes == []


def test_a_locked_party_neither_acts_nor_is_named(port: Port, carrier: PartySession) -> None:
    me = port.join("shipperOrConsignee", accounts=2)
    me.lock()
    with pytest.raises(PartyInactive):
        carrier.new_document(port.bill(), counterparty=me.party, endorsee=me.party)
    me.unlock()
    carrier.new_document(port.bill(), counterparty=me.party, endorsee=me.party)


def test_raising_the_epoch_kills_signatures_that_were_given(port: Port, carrier: PartySession) -> None:
    me = port.join("shipperOrConsignee")
    done = carrier.new_document(port.bill(), counterparty=me.party, endorsee=me.party)
    given = me.prepare(done.document, "ACCEPT", inspected=me.inspect(done.document))
    me.bump_epoch()
    with pytest.raises(EpochPassed):
        me.send(given)


def test_after_rotating_the_encryption_key_the_old_one_is_not_needed_any_more(
    port: Port, carrier: PartySession
) -> None:
    me = port.join("shipperOrConsignee")
    done = carrier.new_document(port.bill(), counterparty=me.party, endorsee=me.party)
    me.rotate_encryption_key()
    assert me.regrant() > 0
    me.wallet = me.wallet.with_keys(me.wallet.keys.without_former_encryption())
    assert me.open(done.document).closed == []


def test_every_rotation_of_the_encryption_key_renews_the_grants_an_issuer_gave_itself_too(
    port: Port, carrier: PartySession
) -> None:
    """Else the grants of the second rotation were dropped without a word, and the contents lost with the old keys."""
    me, other = port.join("carrier", issuer=True), port.join("shipperOrConsignee")
    done = me.new_document(port.bill(), counterparty=other.party, endorsee=other.party)
    for _ in range(2):
        me.rotate_encryption_key()
        assert me.regrant() > 0
        me.wallet = me.wallet.with_keys(me.wallet.keys.without_former_encryption())
        assert me.open(done.document).closed == []


def test_a_party_signs_in_after_its_first_account_was_removed(port: Port) -> None:
    me = port.join("bank", accounts=3)
    first = me.wallet.keys.addresses()[0]
    me.remove_account(first)
    again = PartySession(port.client(port.url), me.wallet)
    again.sign_in()
    assert again.me().party == me.party
    alone = PartySession(port.client(port.url), Wallet(replace(me.wallet.keys, accounts=me.wallet.keys.accounts[:1])))
    with pytest.raises(SignInRefused, match=first.hex()):
        alone.sign_in()


def test_a_sign_in_for_another_site_is_not_signed(port: Port) -> None:
    me = port.join("bank")
    elsewhere = port.client(port.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(SignInRefused, match="localhost"):
        PartySession(elsewhere, me.wallet).sign_in()


def test_a_kind_whose_table_is_another_is_refused(port: Port, carrier: PartySession) -> None:
    ledger = carrier.client.ledger()
    for kind in ledger.kinds:
        kind.kind_digest = "00" * 32
    session = PartySession(carrier.client, carrier.wallet)
    session._ledger = ledger
    with pytest.raises(KindNotShipped):
        session.new_document(port.bill(), counterparty=2, endorsee=2)


def test_signing_for_a_party_whose_accounts_are_elsewhere_is_refused_at_home(port: Port, bank: PartySession) -> None:
    alone = Wallet(replace(bank.wallet.keys, accounts=bank.wallet.keys.accounts[:1]))
    session = PartySession(bank.client, alone)
    with pytest.raises(KeyMissing, match="1 accounts"):
        session.bump_epoch()
