"""An act that is wrong in everything is refused by the first of the numbered checks (docs/protocol §1); mended there,
by the next one; and so on to the last, after which it is applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contracts.calls import FREEZE, UNFREEZE
from tests.contracts.twin import ANYBODY, CONTENT, DETAIL, GUARDIAN, Twin, hexed

from portledger.chain.encoding import execute
from portledger.domain.actions import SignedAction, document_id
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, Role, Scope
from portledger.domain.errors import (
    BadParameter,
    CounterFull,
    EpochPassed,
    Expired,
    KindMismatch,
    LedgerError,
    NoRule,
    NotAllowed,
    NumberTaken,
    PartyInactive,
    RecordFrozen,
    RoleMissing,
    ScopeMissing,
    SignaturesRefused,
    StalePrevious,
    WrongDocumentId,
)
from portledger.domain.hashing import keccak
from portledger.resources import kinds

CERTIFICATE = 0x0201
TAKEN, FREE = keccak(b"a number in use"), keccak(b"a free number")


def set_version(twin: Twin, document: bytes, version: int) -> None:
    """In storage, slot 13 (records), and in the model."""
    held = twin.model.documents[document]
    control = replace(held.standing.control, version=version)
    held.standing = replace(held.standing, control=control)
    slot = keccak(document, (13).to_bytes(32, "big"))
    twin.rpc("anvil_setStorageAt", hexed(twin.address), hexed(slot), hexed(control.pack().to_bytes(32, "big")))
    twin.rpc("evm_mine", {"timestamp": twin.time})


def applied_for(twin: Twin, name: str) -> bytes:
    reference = keccak(name.encode())
    document = document_id(CERTIFICATE, twin.members["shipper"].id, reference)
    applied = twin.do(
        "APPLY", "shipper", document, CERTIFICATE, content=CONTENT, document_reference=reference, counterparty="office"
    )
    assert applied is None
    return document


class Wrong:
    """An act of which everything may be mended, one thing at a time."""

    def __init__(self, twin: Twin, document: bytes, **values: Any) -> None:
        self.twin, self.document, self.values = twin, document, values
        self.keys: tuple[bytes, ...] = ()

    def signed(self) -> SignedAction:
        values = dict(self.values)
        action = self.twin.action(values.pop("kind"), values.pop("verb"), values.pop("actor"), self.document, **values)
        return self.twin.sign(action, *self.keys)

    def refused(self) -> LedgerError | None:
        return self.twin.execute(self.signed())

    def mend(self, **values: Any) -> None:
        self.values.update(values)


def test_the_checks_come_in_their_numbered_order(twin: Twin) -> None:
    office = twin.member("office", Role.CERTIFIER, accounts=2, scopes=(FULL_SCOPE, int(Scope.FILING)))
    first, document = applied_for(twin, "first"), applied_for(twin, "second")
    certified = twin.do(
        "CERTIFY", "office", first, CERTIFICATE, content=CONTENT, document_reference=TAKEN, endorsee="customs"
    )
    assert certified is None
    set_version(twin, document, 65_535)
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) is None
    head = twin.model.document(document).standing.head

    act = Wrong(
        twin, document, deadline=twin.time - 1, kind=0x0101, verb=250, actor=99, epoch=9, counterparty=3,
        endorsee=office.id, content=ZERO, document_reference=ZERO, quantity=5, previous=CONTENT,
    )  # fmt: skip
    act.keys = (keccak(b"a stranger"),)

    def expect(error: type[LedgerError], **members: Any) -> None:
        found = act.refused()
        assert isinstance(found, error), found
        assert {name: getattr(found, name) for name in members} == members

    data = bytearray(execute(act.signed()))
    data[4 + 32 + 5 * 32] = 1  # a bit of `terms` above the highest
    malformed = twin.tried(ANYBODY, bytes(data))
    assert isinstance(malformed, BadParameter)
    assert malformed.parameter == 0
    expect(Expired)
    act.mend(deadline=twin.time + DAY)
    expect(KindMismatch)
    act.mend(kind=CERTIFICATE)
    expect(NoRule)
    act.mend(verb=kinds()[CERTIFICATE].verb("CERTIFY").number)
    expect(RecordFrozen)
    assert twin.power(GUARDIAN, UNFREEZE, document) is None
    head = twin.model.document(document).standing.head
    expect(PartyInactive, party=99)
    act.mend(actor=twin.members["bank"].id)
    expect(EpochPassed, given=9)
    act.mend(epoch=1)
    expect(RoleMissing, party=twin.members["bank"].id)
    act.mend(actor=twin.members["certifier"].id)
    expect(NotAllowed, actor=twin.members["certifier"].id)
    act.mend(actor=office.id)
    for parameter, mended in (
        (1, {"counterparty": 0}),
        (2, {"endorsee": twin.members["customs"].id}),
        (3, {"content": DETAIL}),
        (4, {"document_reference": TAKEN}),
        (6, {"quantity": 0}),
    ):
        expect(BadParameter, parameter=parameter)
        act.mend(**mended)
    expect(StalePrevious, given=CONTENT, head=head)
    act.mend(previous=head)
    expect(SignaturesRefused)
    act.keys = office.keys[1:]
    expect(ScopeMissing, account=office.accounts[1])
    act.keys = office.keys[:1]
    expect(NumberTaken, document=first)
    act.mend(document_reference=FREE)
    expect(CounterFull, counter=0)
    set_version(twin, document, 65_534)
    assert act.refused() is None


def test_a_creating_acts_document_id_is_checked_before_its_actor(twin: Twin) -> None:
    issue = kinds()[0x0101].verb("ISSUE").number
    act = Wrong(twin, CONTENT, kind=0x0101, verb=issue, actor=99, document_reference=FREE)
    assert isinstance(act.refused(), WrongDocumentId)
    act.document = document_id(0x0101, 99, FREE)
    assert act.refused() == PartyInactive(party=99, why=1)
