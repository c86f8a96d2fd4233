"""Verification against the contract itself: history from the node's logs, facts from the node's storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.node import KEYS, Chain, Member, key

from portledger.chain.deploy import DeploymentMismatch
from portledger.domain.actions import AccountConsent, PartyAction, Veto
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Role
from portledger.domain.hashing import keccak
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, join, sign
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.verify import verify
from portledger.resources import release_code_digest
from portledger.sdk.verify import LogReader, gather, verify_from_node

EBL, CO = 0x0101, 0x0201


@pytest.fixture
def reader(chain: Chain) -> Iterator[LogReader]:
    with LogReader(chain.url) as node:
        yield node


def party_act(
    chain: Chain, member: Member, what: PartyAct, value: bytes = ZERO, *signers: bytes, new: bytes = b""
) -> None:
    """Carried by anybody; signed by the member's keys given, or by as many as its threshold asks for."""
    party = chain.ledger.party(member.id)
    assert party is not None
    nonce = party.unlocks if what is PartyAct.LOCK else chain.ledger.party_nonce(member.id)
    act = PartyAction(member.id, nonce, what, value, chain.now() + DAY)
    digest = act.digest(chain.domain)
    consent = sign(AccountConsent(member.id, value[12:], value[11], digest).digest(chain.domain), new) if new else b""
    signatures = join(digest, signers or member.keys[: party.threshold])
    chain.send(KEYS.relayer, "partyAct", (member.id, int(what), value, act.deadline, signatures, consent))


def a_bill(chain: Chain) -> tuple[bytes, list[Member]]:
    """Issued, accepted, noted, endorsed, frozen and thawed, handed on; with the registry at work in between."""
    carrier = chain.register(Role.CARRIER)
    shipper = chain.register(Role.SHIPPER_OR_CONSIGNEE, accounts=3, threshold=2)
    bank = chain.register(Role.BANK)
    issue = chain.prepare(
        carrier, EBL, "ISSUE", reference=keccak(b"number"), content=keccak(b"manifest"), counterparty=shipper.id,
        endorsee=shipper.id,
    )  # fmt: skip
    chain.execute(issue)
    document = issue.action.document

    def act(member: Member, verb: str, **values: object) -> None:
        chain.advance(5)
        chain.execute(chain.prepare(member, EBL, verb, document, **values))  # type: ignore[arg-type]

    act(shipper, "ACCEPT", signers=shipper.keys[:1], counterparty=carrier.id, endorsee=shipper.id)
    act(carrier, "NOTICE", detail=keccak(b"lien"))
    new = key("an account of the shipper")
    party_act(chain, shipper, PartyAct.ADD_ACCOUNT, account_value(address_of(new), FULL_SCOPE), new=new)
    act(shipper, "ENDORSE", signers=(shipper.keys[0], new), endorsee=bank.id)
    chain.send(KEYS.guardian, "freeze", document, chain.now() + 3 * DAY, keccak(b"order"))
    act(carrier, "NOTICE", detail=keccak(b"frozen"))
    chain.send(KEYS.guardian, "unfreeze", document)
    party_act(chain, shipper, PartyAct.REMOVE_ACCOUNT, account_value(address_of(new)), new)
    chain.send(KEYS.registrar, "suspend", bank.id, chain.now() + DAY)
    chain.send(KEYS.registrar, "reinstate", bank.id)
    chain.send(KEYS.registrar, "propose", bank.id, int(PartyAct.SET_PROFILE), keccak(b"new profile"))
    act(shipper, "OFFER", counterparty=bank.id)
    party_act(chain, bank, PartyAct.LOCK)
    party_act(chain, bank, PartyAct.UNLOCK)
    party_act(chain, bank, PartyAct.SET_PROFILE, keccak(b"new profile"))
    act(bank, "ACCEPT", counterparty=shipper.id)
    return document, [carrier, shipper, bank]


def test_a_bill_s_history_from_the_contract_s_own_logs_verifies(chain: Chain, reader: LogReader) -> None:
    document, (_, _, bank) = a_bill(chain)
    result = verify_from_node(reader, chain.deployment.ledger, document)
    assert result.state == "ISSUED"
    assert result.control.possessor == bank.id
    assert (result.acts, result.notes, result.freezes) == (5, 2, 2)
    assert result.block == chain.rpc.block_number()


def test_a_certificate_certified_in_one_batch_with_its_notes_verifies(chain: Chain, reader: LogReader) -> None:
    exporter, chamber = chain.register(Role.SHIPPER_OR_CONSIGNEE), chain.register(Role.CERTIFIER)
    customs = chain.register(Role.CUSTOMS)
    apply = chain.prepare(
        exporter, CO, "APPLY", reference=keccak(b"application"), content=keccak(b"draft"), counterparty=chamber.id
    )
    chain.execute(apply)
    document = apply.action.document
    chain.execute(
        chain.prepare(
            chamber,
            CO,
            "CERTIFY",
            document,
            reference=keccak(b"certificate"),
            content=keccak(b"m"),
            endorsee=customs.id,
        )
    )
    notes = [chain.prepare(customs, CO, "VERIFY", document, detail=keccak(b"note", bytes([n]))) for n in range(3)]
    use = chain.prepare(customs, CO, "USE_PART", document, detail=keccak(b"use"), quantity=250_000)
    chain.execute_batch([*notes, notes[0], use])
    result = verify_from_node(reader, chain.deployment.ledger, document)
    assert result.control.used == 250_000
    assert result.notes == 3


def test_changes_that_waited_were_vetoed_or_ordered_are_replayed(chain: Chain, reader: LogReader) -> None:
    carrier = chain.register(Role.CARRIER, accounts=3, threshold=2)
    shipper = chain.register(Role.SHIPPER_OR_CONSIGNEE)
    issue = chain.prepare(
        carrier,
        EBL,
        "ISSUE",
        reference=keccak(b"n"),
        content=keccak(b"m"),
        counterparty=shipper.id,
        endorsee=shipper.id,
    )
    chain.execute(issue)
    party_act(chain, carrier, PartyAct.SET_THRESHOLD, (1).to_bytes(32, "big"), carrier.keys[0])
    mine = chain.ledger.open_change(carrier.id, 0, PartyAct.SET_THRESHOLD)  # type: ignore[arg-type]
    veto = sign(Veto(carrier.id, mine).digest(chain.domain), carrier.keys[1])
    chain.send(KEYS.relayer, "veto", mine, veto)
    chain.send(KEYS.registrar, "propose", carrier.id, int(PartyAct.SET_ROLES), (3).to_bytes(32, "big"))
    roles = chain.ledger.open_change(carrier.id, 1, PartyAct.SET_ROLES)  # type: ignore[arg-type]
    chain.advance(8 * DAY)
    chain.send(KEYS.relayer, "enact", roles, b"")
    party_act(chain, carrier, PartyAct.LOCK, ZERO, carrier.keys[2])
    party_act(chain, carrier, PartyAct.UNLOCK, ZERO, carrier.keys[2])
    unlock = chain.ledger.open_change(carrier.id, 0, PartyAct.UNLOCK)  # type: ignore[arg-type]
    chain.advance(3 * DAY)
    chain.send(KEYS.relayer, "enact", unlock, b"")
    three = (3).to_bytes(32, "big")
    chain.send(KEYS.governor, "order", carrier.id, int(PartyAct.SET_THRESHOLD), three, keccak(b"court"))
    order = chain.ledger.open_change(carrier.id, 2, PartyAct.SET_THRESHOLD)  # type: ignore[arg-type]
    chain.advance(31 * DAY)
    chain.send(KEYS.relayer, "enact", order, b"")
    result = verify_from_node(reader, chain.deployment.ledger, issue.action.document)
    line = result.parties[carrier.id]
    assert line.words[-1] == chain.ledger.party(carrier.id)
    assert any("suspended" in remark for remark in result.remarks)


def test_a_document_with_an_open_suspension_hidden_by_its_gateway_is_refused(chain: Chain, reader: LogReader) -> None:
    document, (_, _, bank) = a_bill(chain)
    history, facts = gather(reader, chain.domain, document)
    verify(history, facts)
    log = history.parties[bank.id]
    hidden = tuple(item for item in log if item.call[:4] != chain.call("suspend", 1, 1)[:4])
    assert len(hidden) == len(log) - 1
    with pytest.raises(VerificationError) as failure:
        verify(replace(history, parties={**history.parties, bank.id: hidden}), facts)
    assert failure.value.step == 8


def test_B8_a_deployment_s_code_digest_covers_its_immutables_and_is_pinned(chain: Chain) -> None:
    """The salt is in the code, so each deployment has a digest of its own, which the deployment's file holds."""
    digest = chain.ledger.code_digest()
    assert chain.deployment.code_digest == digest == release_code_digest(chain.domain)
    assert chain.deployment.check(chain.rpc).address == chain.deployment.ledger
    with pytest.raises(DeploymentMismatch):
        replace(chain.deployment, code_digest=keccak(b"another deployment")).check(chain.rpc)
