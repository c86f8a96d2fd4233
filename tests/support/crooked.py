"""Ledgers that did what the rules do not allow: everything signed by the parties' own keys, hashed, proven and sealed.

Only a contract other than ours, or validators who conspire, could make such a file; the replay of the table and of the
party logs is what finds it (steps 8 to 11, 14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from tests.support.corpus import Sample
from tests.support.evidence import bundle_of
from tests.support.histories import DOMAIN, Town, added, key, selector

from portledger.domain import acts
from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import DAY, ROLE_BY_NAME, ZERO, PartyAct, Role, Scope
from portledger.domain.hashing import abi_words, entry, keccak, word
from portledger.domain.records import Control
from portledger.domain.signatures import address_of, join, signers_word
from portledger.evidence.bundle import dump
from portledger.evidence.history import Act, Freeze
from portledger.evidence.verify import freeze_digest
from portledger.resources import kind as shipped_kind


class CrookedTown(Town):
    """Applies what it is told: signed and hashed as it should be, allowed or not."""

    def force(self, verb: str, actor: int, after: Control | None = None, *, keys: list[bytes] | None = None,
              deadline: int | None = None, note: bool = False, **members: Any) -> Act:  # fmt: skip
        """An act without any check. after: the state that is recorded, by default what the row's effects give."""
        self.tick()
        number = self.kind.verb(verb).number
        action = Action(
            kind=self.kind.number, verb=number, document=self.document, previous=self.standing.head, actor=actor,
            deadline=self.time + DAY if deadline is None else deadline,
            **{"epoch": self.parties[actor].epoch, **members},
        )  # fmt: skip
        if self.document == ZERO:
            self.document = document_id(self.kind.number, actor, action.document_reference)
            action = replace(action, document=self.document)
        digest = action.digest(DOMAIN, self.kind.intent(number))
        chosen = sorted(keys or self.keys[actor][: self.parties[actor].threshold], key=address_of)
        signed = SignedAction(action, join(digest, chosen))
        signers = signers_word([address_of(one) for one in chosen])
        if after is None:
            row = self.kind.rule(self.standing.control.state, number)
            assert row is not None
            after = acts.effects(action, row, self.standing.control)
        head = entry(self.standing.head, digest, word(after.pack()), signers, self.time)
        self.standing = replace(self.standing, control=after, head=head)
        made = self._entry(signed, digest, head, after.pack())
        self.entries.append(made)
        return made


def _town(kind: str = "ebl-negotiable", threshold: int = 1, accounts: int = 1) -> CrookedTown:
    """Four parties with every role: 1 carrier, 2 shipper, 3 bank, 4 consignee."""
    town = CrookedTown(shipped_kind(kind))
    for name in ("carrier", "shipper", "bank", "consignee"):
        town.register(name, *ROLE_BY_NAME, threshold=threshold, accounts=accounts)
    return town


def _issued(threshold: int = 1, accounts: int = 1) -> CrookedTown:
    town = _town(threshold=threshold, accounts=accounts)
    town.act("ISSUE", 1, counterparty=2, endorsee=2, content=keccak(b"m"), document_reference=keccak(b"n"))
    town.act("ACCEPT", 2, counterparty=1, endorsee=2)
    return town


def _next(town: Town, **changes: Any) -> Control:
    now = town.standing.control
    return replace(now, sequence=now.sequence + 1, **changes)


def _possession_taken() -> Town:
    town = _issued()
    town.force("ENDORSE", 2, _next(town, endorsee=3, possessor=3), endorsee=3)
    return town


def _stranger_endorses() -> Town:
    town = _issued()
    town.force("ENDORSE", 4, endorsee=4)
    return town


def _surrender_without_title() -> Town:
    town = _issued()
    town.act("OFFER", 2, counterparty=3)
    town.act("ACCEPT", 3, counterparty=2)
    town.force("SURRENDER_FOR_DELIVERY", 3)
    return town


def _no_row() -> Town:
    town = _issued()
    town.force(
        "ACCEPT_SURRENDER", 1, _next(town, state=town.kind.state("SURRENDERED_FOR_DELIVERY").number), counterparty=2
    )
    return town


def _expired() -> Town:
    town = _issued()
    town.force("ENDORSE", 2, endorsee=3, deadline=town.time)
    return town


def _far_deadline() -> Town:
    town = _issued()
    town.force("ENDORSE", 2, endorsee=3, deadline=town.time + 60 * DAY)
    return town


def _suspended() -> Town:
    town = _issued()
    town.suspend(2, DAY)
    town.force("ENDORSE", 2, endorsee=3)
    return town


def _locked() -> Town:
    town = _issued()
    town.party_act(2, PartyAct.LOCK)
    town.force("ENDORSE", 2, endorsee=3)
    return town


def _named_locked() -> Town:
    town = _issued()
    town.party_act(3, PartyAct.LOCK)
    town.force("OFFER", 2, counterparty=3)
    return town


def _old_epoch() -> Town:
    town = _issued()
    town.party_act(2, PartyAct.BUMP_EPOCH)
    town.force("ENDORSE", 2, endorsee=3, epoch=1)
    return town


def _too_few_signers() -> Town:
    town = _issued(threshold=2, accounts=3)
    town.force("SURRENDER_FOR_DELIVERY", 2, keys=town.keys[2][:1])
    return town


def _removed_account() -> Town:
    town = _issued(accounts=3)
    town.party_act(2, PartyAct.ADD_ACCOUNT, added(key("new")), signers=town.keys[2][:2])
    town.party_act(2, PartyAct.REMOVE_ACCOUNT, added(key("new"), 0), signers=[key("new")])
    town.force("ENDORSE", 2, endorsee=3, keys=[key("new")])
    return town


def _weak_scope() -> Town:
    town = _issued(accounts=3)
    town.party_act(2, PartyAct.ADD_ACCOUNT, added(key("new"), int(Scope.FILING)), signers=town.keys[2][:2])
    town.force("ENDORSE", 2, endorsee=3, keys=[key("new")])
    return town


def _no_role() -> Town:
    town = CrookedTown(shipped_kind("ebl-negotiable"))
    town.register("carrier", "bank")
    for name in ("shipper", "bank", "consignee"):
        town.register(name, "shipperOrConsignee")
    town.force(
        "ISSUE", 1, counterparty=2, endorsee=2, content=keccak(b"m"), document_reference=keccak(b"n")
    )  # fmt: skip
    return town


def _another_document() -> Town:
    town = _town()
    town.document = keccak(b"an id that comes from nothing")
    town.force("ISSUE", 1, counterparty=2, endorsee=2, content=keccak(b"m"), document_reference=keccak(b"n"))
    return town


def _frozen_and_moved() -> Town:
    town = _issued()
    town.freeze()
    town.force("ENDORSE", 2, endorsee=3)
    return town


def _frozen_by_a_stranger() -> Town:
    town = _issued()
    town.freeze()
    item = town.entries[-1]
    assert isinstance(item, Freeze)
    before = town.entries[-2]
    head = entry(
        before.head,
        freeze_digest(town.document, item.until, item.reason),
        word(item.control),
        word(bytes(20)),
        item.time,
    )
    town.entries[-1] = replace(item, sender=bytes(20), head=head)
    town.standing = replace(town.standing, head=head)
    return town


def _frozen_for_ever() -> Town:
    town = _issued()
    town.freeze(days=90)
    return town


def _renewed_by_the_guardian() -> Town:
    town = _issued()
    town.freeze(days=1)
    town.tick(2 * DAY)
    town.freeze(days=3)
    return town


def _used_more() -> Town:
    town = _town("certificate-of-origin")
    town.act("APPLY", 1, counterparty=2, content=keccak(b"m"), document_reference=keccak(b"a"))
    town.act("CERTIFY", 2, endorsee=3, content=keccak(b"m2"), document_reference=keccak(b"c"))
    town.force("USE_PART", 3, _next(town, used=1_200_000), quantity=1_200_000, detail=keccak(b"d"))
    return town


def _claimed_twice() -> Town:
    """The certificate's number belongs to another document on this ledger."""
    town = _town("certificate-of-origin")
    town.act("APPLY", 1, counterparty=2, content=keccak(b"m"), document_reference=keccak(b"a"))
    town.act("CERTIFY", 2, endorsee=3, content=keccak(b"m2"), document_reference=keccak(b"c"))
    town.claims = dict.fromkeys(town.claims, keccak(b"another certificate"))
    return town


def _note_twice() -> Town:
    town = _issued()
    town.act("NOTICE", 1, detail=keccak(b"x"))
    note = town.notes[-1]
    result = keccak(abi_words(note.action.previous, note.control))
    head = entry(note.head, note.digest, result, signers_word([address_of(town.keys[1][0])]), note.time)
    town.notes.append(replace(note, head=head))
    town.notes_head = head
    return town


def _roles_by_a_stranger() -> Town:
    """Roles are set by somebody who held no power."""
    town = _issued()
    town.power(2, _call("order(uint32,uint8,bytes32,bytes32)", 2, 11, int(Role.BANK), keccak(b"order")),
               replace(town.parties[2], roles=int(Role.BANK)))  # fmt: skip
    return town


def _call(text: str, *values: int | bytes) -> bytes:
    return selector(text) + abi_words(*values)


LIVES: dict[str, tuple[Callable[[], Town], int]] = {
    "possession moves with an endorsement": (_possession_taken, 9),
    "a stranger endorses": (_stranger_endorses, 9),
    "surrender by one without title": (_surrender_without_title, 9),
    "a verb that has no row": (_no_row, 9),
    "an act after its deadline": (_expired, 9),
    "a deadline too far ahead": (_far_deadline, 9),
    "an act of a suspended party": (_suspended, 8),
    "an act of a locked party": (_locked, 8),
    "an offer to a locked party": (_named_locked, 8),
    "an act of an old epoch": (_old_epoch, 8),
    "too few signers": (_too_few_signers, 8),
    "a signer who was removed": (_removed_account, 7),
    "a signer of too little scope": (_weak_scope, 7),
    "an issuer without the role": (_no_role, 8),
    "a document id from nothing": (_another_document, 11),
    "moved while frozen": (_frozen_and_moved, 9),
    "frozen by nobody's power": (_frozen_by_a_stranger, 8),
    "frozen for ninety days": (_frozen_for_ever, 9),
    "frozen again by the guardian": (_renewed_by_the_guardian, 8),
    "used more than certified": (_used_more, 9),
    "a claim of another document": (_claimed_twice, 11),
    "a note twice": (_note_twice, 10),
    "roles set by a stranger": (_roles_by_a_stranger, 8),
}
"""Name -> the life, and the step that must find it."""


@cache
def crooked() -> dict[str, Sample]:
    return {
        f"crooked: {name}": Sample(f"crooked: {name}", dump(bundle_of(life(), "qbft")), "crooked")
        for name, (life, _) in LIVES.items()
    }
