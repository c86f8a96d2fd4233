"""What a party does with itself: accounts, threshold, encryption key, lock, epoch, vetoes (docs/protocol §11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portledger.domain import party_rules
from portledger.domain.actions import AccountConsent, PartyAction, SignedPartyAction, Veto
from portledger.domain.codes import FULL_SCOPE, ZERO, PartyAct, Scope
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import json_digest
from portledger.domain.parties import Party, account_value
from portledger.domain.signatures import address_of, sign
from portledger.formats import api_json as wire
from portledger.sdk.errors import KeyMissing
from portledger.sdk.opening import content_keys, fetch_manifest
from portledger.sdk.registration import Profile
from portledger.sdk.session import WAIT_SECONDS, Session, accounts_of
from portledger.vault.keys import Keys

_TWO: Final = frozenset({PartyAct.ADD_ACCOUNT, PartyAct.REMOVE_ACCOUNT, PartyAct.SET_THRESHOLD})


@dataclass(frozen=True, slots=True)
class UnsignedPartyAct:
    """An act of a party on itself, whole but for its signatures. signers: the key file's accounts that sign it, 20
    bytes each; waits: seconds until it takes effect, open to a veto, 0 = at once."""

    act: PartyAction
    signers: tuple[bytes, ...]
    waits: int = 0


class SelfRule(Session):
    """Each act is signed by as many accounts as it takes to work at once, or by one where that starts a delay."""

    def party_act(
        self, what: PartyAct, value: bytes = ZERO, *, consent_by: bytes | None = None, one_signature: bool = False
    ) -> wire.ActionStatus:
        """consent_by: the new account's secret key; one_signature: start a delayed change instead of acting at once."""
        unsigned = self.unsigned_party_act(what, value, one_signature=one_signature)
        return self.finish_party_act(unsigned, self.consent(unsigned, consent_by) if consent_by is not None else b"")

    def unsigned_party_act(
        self, what: PartyAct, value: bytes = ZERO, *, one_signature: bool = False
    ) -> UnsignedPartyAct:
        """What `finish_party_act` signs and sends, to be shown before. Raises KeyMissing, SignaturesRefused."""
        me = self.me()
        nonce = me.unlocks if what == PartyAct.LOCK else me.nonce
        act = PartyAction(self.party, nonce, what, value, self._deadline())
        scope = Scope.TITLE | Scope.ADMIN if what == PartyAct.LOCK else Scope.ADMIN
        count = 1 if one_signature else _needed(what, me)
        signers = tuple(address_of(key) for key in self.wallet.signers(accounts_of(me), scope, count))
        party = Party.unpack(int(me.word, 16))
        assert party is not None, "a party that signs is registered"
        return UnsignedPartyAct(act, signers, party_rules.seconds_to_wait(act, party, signers))

    def consent(self, unsigned: UnsignedPartyAct, key: bytes) -> bytes:
        """The new account's word that it wants to belong to the party. key: its secret."""
        scope, digest = int.from_bytes(unsigned.act.value, "big") >> 160, unsigned.act.digest(self.domain)
        return sign(AccountConsent(self.party, address_of(key), scope, digest).digest(self.domain), key)

    def finish_party_act(self, unsigned: UnsignedPartyAct, consent: bytes = b"") -> wire.ActionStatus:
        """Signs with exactly the accounts named, sends, and waits until it is final."""
        keys = {address_of(key): key for key in (*self.wallet.keys.accounts, *self.wallet.co_signers)}
        signature = self.wallet.sign(unsigned.act.digest(self.domain), [keys[one] for one in unsigned.signers])
        status = self.client.party_act(wire.party_act_json(SignedPartyAction(unsigned.act, signature, consent)))
        return self.client.until_final(status.digest, WAIT_SECONDS)

    def add_account(self, key: bytes, scope: int = FULL_SCOPE, *, one_signature: bool = False) -> wire.ActionStatus:
        """key: the new account's secret, which consents itself. With one signature it takes seven days."""
        value = account_value(address_of(key), scope)
        return self.party_act(PartyAct.ADD_ACCOUNT, value, consent_by=key, one_signature=one_signature)

    def remove_account(self, account: bytes, *, one_signature: bool = False) -> wire.ActionStatus:
        """account: 20 bytes."""
        return self.party_act(PartyAct.REMOVE_ACCOUNT, account_value(account), one_signature=one_signature)

    def set_threshold(self, threshold: int, *, one_signature: bool = False) -> wire.ActionStatus:
        """How many signatures critical acts need."""
        return self.party_act(PartyAct.SET_THRESHOLD, threshold.to_bytes(32, "big"), one_signature=one_signature)

    def set_profile(self, profile: Profile) -> wire.ActionStatus:
        """Enacts a profile that the registrar has proposed with the same digest."""
        document = profile.document(self.wallet.keys)
        self.client.put_profile(self.party, document)
        return self.party_act(PartyAct.SET_PROFILE, json_digest(document))

    def rotate_encryption_key(self, keys: Keys | None = None) -> Keys:
        """Puts a new encryption key on the ledger. keys: with the new one in front and saved already (else made here).

        Old grants open with the former keys, which stay; `regrant` renews them.
        """
        keys = keys or self.wallet.keys.with_new_encryption()
        self.client.put_encryption_key(self.party, keys.encryption[0].public)
        self.wallet = self.wallet.with_keys(keys)
        self.party_act(PartyAct.ROTATE_ENCRYPTION_KEY, keys.encryption[0].digest)
        return keys

    def regrant(self) -> int:
        """Grants everything that this party can open to its newest encryption key; how many grants were made."""
        made = 0
        for record in list(self.client.documents()):
            control = wire.control_of(record)
            manifest = fetch_manifest(self.client, record.document)
            held = content_keys(manifest, self.client.grants(record.document), self.party, self.wallet.encryption)
            made += len(self._grant(record.document, control, manifest, held, [self.party]))
        return made

    def bump_epoch(self) -> wire.ActionStatus:
        """Kills every signature of this party that was given and not used."""
        return self.party_act(PartyAct.BUMP_EPOCH)

    def lock(self) -> wire.ActionStatus:
        """Stops the party at once, with one account: for the day a key is stolen."""
        return self.party_act(PartyAct.LOCK)

    def unlock(self, *, one_signature: bool = False) -> wire.ActionStatus:
        return self.party_act(PartyAct.UNLOCK, one_signature=one_signature)

    def bar_recovery(self) -> wire.ActionStatus:
        return self.party_act(PartyAct.BAR_RECOVERY)

    def unbar_recovery(self) -> wire.ActionStatus:
        return self.party_act(PartyAct.UNBAR_RECOVERY)

    def veto(self, change: str) -> wire.ActionStatus:
        """Says no to a change of this party. change: its id, 64 hex."""
        accounts = accounts_of(self.me())
        able = [key for key in self.wallet.keys.accounts if (word := accounts.get(address_of(key))) and word.covers(
            Scope.TITLE | Scope.ADMIN
        )]  # fmt: skip
        if not able:
            raise KeyMissing("no account with title or admin scope in the key file", "one of them")
        digest = Veto(self.party, wire.digest(change, "change")).digest(self.domain)
        status = self.client.veto(change, sign(digest, able[0]))
        return self.client.until_final(status.digest, WAIT_SECONDS)

    def enact(self, change: str, *, consent_by: bytes | None = None, scope: int = FULL_SCOPE) -> wire.ActionStatus:
        """Brings a change about whose delay has passed. consent_by: the secret key of an account that it adds."""
        consent = b""
        if consent_by is not None:
            word = AccountConsent(self.party, address_of(consent_by), scope, wire.digest(change, "change"))
            consent = sign(word.digest(self.domain), consent_by)
        status = self.client.enact(change, consent)
        return self.client.until_final(status.digest, WAIT_SECONDS)


def _needed(what: PartyAct, me: wire.PartyJson) -> int:
    """Signatures that make the act work at once (docs/protocol §11)."""
    if what in _TWO:
        return max(2, me.threshold)
    if what == PartyAct.LOCK:
        return 1
    if what == PartyAct.UNLOCK:
        return min(max(2, me.threshold), me.full_accounts)
    return me.threshold


def scope_mask(names: list[str]) -> int:
    """The mask of scope names; "full" is everything. Raises InvalidInput."""
    known = {str(scope.name).lower(): int(scope) for scope in Scope} | {"full": FULL_SCOPE}
    mask = 0
    for name in names:
        if name not in known:
            raise InvalidInput("scope", name, ", ".join(known))
        mask |= known[name]
    return mask
