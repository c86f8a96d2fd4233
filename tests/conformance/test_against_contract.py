"""Three implementations of the signed bytes agree: the deployed contract, ours, and eth_account's typed data."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from tests.support.node import KEYS, Chain, Member, key

from portledger import resources
from portledger.domain.actions import AccountConsent, PartyAction, SignedPartyAction, Veto
from portledger.domain.codes import FULL_SCOPE, ZERO, PartyAct, Role
from portledger.domain.errors import WrongDocumentId
from portledger.domain.events import ActionApplied, PartyChanged
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.parties import account_value, change_id
from portledger.domain.signatures import address_of, join, sign, signers_word

EBL = 0x0101
VECTORS = Path(__file__).parents[2] / "protocol" / "vectors"


def independent_digest(document: dict[str, Any]) -> bytes:
    return bytes(_hash_eip191_message(encode_typed_data(full_message=document)))


def last_change(chain: Chain) -> PartyChanged:
    event = chain.events(chain.rpc.block_number())[-1]
    assert isinstance(event, PartyChanged)
    return event


def party_act(chain: Chain, member: Member, what: PartyAct, value: bytes = ZERO, consent: bytes = b"") -> PartyAction:
    """Sends one act of a party, signed by all of its keys; its nonce is the party's, for LOCK the epoch."""
    party = chain.ledger.party(member.id)
    assert party is not None
    nonce = party.unlocks if what is PartyAct.LOCK else chain.ledger.party_nonce(member.id)
    act = PartyAction(member.id, nonce, what, value, chain.now() + 3600)
    if what is PartyAct.ADD_ACCOUNT:
        newcomer = key("newcomer")
        consent = sign(
            AccountConsent(member.id, address_of(newcomer), FULL_SCOPE, act.digest(chain.domain)).digest(chain.domain),
            newcomer,
        )
    signed = SignedPartyAction(act, join(act.digest(chain.domain), member.keys), consent)
    values = (act.party, act.what, act.value, act.deadline, signed.signatures, signed.consent)
    chain.send(KEYS.relayer, "partyAct", values)
    return act


def test_an_acts_digest_is_the_same_in_contract_domain_and_wallet(chain: Chain) -> None:
    carrier, shipper = chain.register(Role.CARRIER), chain.register(Role.SHIPPER_OR_CONSIGNEE)
    signed = chain.prepare(
        carrier, EBL, "ISSUE", reference=keccak(b"1"), content=keccak(b"c"), detail=keccak(b"d"),
        counterparty=shipper.id, endorsee=shipper.id,
    )  # fmt: skip
    chain.execute(signed)
    (event,) = chain.events(chain.rpc.block_number())
    assert isinstance(event, ActionApplied)
    intent = resources.kinds()[EBL].intent(signed.action.verb)
    ours = signed.action.digest(chain.domain, intent)
    assert event.digest == ours == independent_digest(signed.action.typed_data(chain.domain, intent))


def test_a_party_acts_digest_is_the_same_and_its_head_follows(chain: Chain) -> None:
    member = chain.register(Role.BANK, accounts=3, threshold=2)
    added = account_value(address_of(key("newcomer")), FULL_SCOPE)
    for what, value in (
        (PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"key")),
        (PartyAct.BUMP_EPOCH, ZERO),
        (PartyAct.ADD_ACCOUNT, added),
        (PartyAct.LOCK, ZERO),
        (PartyAct.UNLOCK, ZERO),
        (PartyAct.BAR_RECOVERY, ZERO),
    ):
        before = chain.ledger.party_head(member.id)
        act = party_act(chain, member, what, value)
        event = last_change(chain)
        assert event.digest == act.digest(chain.domain) == independent_digest(act.typed_data(chain.domain))
        result = keccak(abi_words(event.party_word, event.profile, event.encryption_key, event.account_word))
        signers = signers_word(sorted(member.addresses))
        assert event.signers == signers
        assert (
            event.head == entry(before, event.digest, result, signers, event.time) == chain.ledger.party_head(member.id)
        )


def test_a_veto_and_a_consent_are_the_wallets_too(chain: Chain) -> None:
    member = chain.register(Role.CARRIER)
    value = account_value(address_of(key("newcomer")), FULL_SCOPE)
    change = change_id(member.id, PartyAct.ADD_ACCOUNT, value, chain.ledger.party_head(member.id))
    chain.send(KEYS.registrar, "propose", member.id, int(PartyAct.ADD_ACCOUNT), value)
    veto = Veto(member.id, change)
    chain.send(KEYS.relayer, "veto", change, sign(veto.digest(chain.domain), member.keys[0]))
    assert last_change(chain).digest == veto.digest(chain.domain) == independent_digest(veto.typed_data(chain.domain))
    consent = AccountConsent(member.id, member.addresses[0], FULL_SCOPE, member.registration.digest())
    assert consent.digest(chain.domain) == independent_digest(consent.typed_data(chain.domain))


def test_a_powers_call_is_hashed_over_its_selector_and_arguments(chain: Chain) -> None:
    member = chain.register(Role.CARRIER)
    before = chain.ledger.party_head(member.id)
    calldata = chain.call("suspend", member.id, chain.now() + 86_400)
    chain.transact(KEYS.registrar, calldata)
    event = last_change(chain)
    assert event.call == calldata
    assert event.digest == keccak(calldata[:4] + bytes(28), keccak(calldata[4:]))
    result = keccak(abi_words(event.party_word, event.profile, event.encryption_key, event.account_word))
    assert event.head == entry(before, event.digest, result, signers_word([address_of(KEYS.registrar)]), event.time)


def test_the_domain_is_the_contracts_own(chain: Chain) -> None:
    assert chain.ledger.domain() == chain.domain
    assert chain.ledger.domain_separator() == chain.domain.separator()
    assert chain.ledger.salt() == chain.domain.salt


def test_the_contract_holds_the_tables_words_and_digests_of_the_vectors(chain: Chain) -> None:
    vectors = json.loads((VECTORS / "kinds.json").read_text())["kinds"]
    for kind in vectors:
        number = kind["number"]
        assert chain.ledger.kind_digest(number).hex() == kind["kindDigest"]
        for place, word in zip(kind["keys"], kind["words"], strict=True):
            assert chain.ledger.rule(number, place >> 8, place & 0xFF) == int(word, 16)
        for verb, intent in zip(kind["verbs"], kind["intentHashes"], strict=True):
            assert chain.ledger.intent(number, verb).hex() == intent


def test_the_contract_takes_the_document_ids_of_the_vectors_and_no_others(chain: Chain) -> None:
    cases = json.loads((VECTORS / "document_ids.json").read_text())["cases"]
    carrier, shipper = chain.register(Role.CARRIER), chain.register(Role.SHIPPER_OR_CONSIGNEE)
    tried = 0
    for case in cases:
        if case["kind"] != EBL or case["creator"] != carrier.id:
            continue
        act = {"content": keccak(b"c"), "counterparty": shipper.id, "endorsee": shipper.id}
        document, reference = bytes.fromhex(case["document"]), bytes.fromhex(case["documentReference"])
        with pytest.raises(WrongDocumentId):
            chain.execute(chain.prepare(carrier, EBL, "ISSUE", document=keccak(document), reference=reference, **act))
        chain.execute(chain.prepare(carrier, EBL, "ISSUE", document=document, reference=reference, **act))
        tried += 1
    assert tried
