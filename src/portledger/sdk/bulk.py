"""Many documents in one go: sealed, uploaded and submitted together, each with a result of its own.

What must survive a crash is the caller's to keep: the salts, which make every row one document however often it is
sent, and the keys of what was sealed, without which a document on the ledger could not be opened or granted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from portledger.domain.actions import Action, SignedAction
from portledger.domain.errors import EpochPassed, NoRule, PortledgerError, StalePrevious
from portledger.domain.records import Control
from portledger.domain.vault_errors import VaultError
from portledger.evidence.party_log import PartyTimeline
from portledger.formats import api_json as wire
from portledger.sdk import acts
from portledger.sdk.errors import AWAY, GatewayProblem, error_of
from portledger.sdk.party import PartySession
from portledger.sdk.session import WAIT_SECONDS, Done
from portledger.sdk.signing import Prepared, Unsigned
from portledger.vault.grants import Recipient
from portledger.vault.manifest import Manifest
from portledger.vault.sealing import check_key

Keys = Mapping[str, bytes]
"""dataset -> its key, secret."""


class BulkSession(PartySession):
    """A party's session for one run: what it learns of the parties at its beginning holds to its end."""

    _mine: wire.PartyJson | None = None
    _end: float | None = None

    def wait_anew(self) -> None:
        """What is waited for from now on is waited for together: at most WAIT_SECONDS, and a second for each after
        that, so that a chain that stands still holds nobody up for a minute per act."""
        self._end = time.monotonic() + WAIT_SECONDS

    def _until_final(self, digest: str) -> wire.ActionStatus:
        return self.until_final(digest)

    def until_final(self, digest: str) -> wire.ActionStatus:
        """The final status of an act (64 hex). Raises why it was refused, or NotFinalYet."""
        left = WAIT_SECONDS if self._end is None else max(0.0, self._end - time.monotonic())
        return self.client.until_final(digest, left)

    def me(self) -> wire.PartyJson:
        if self._mine is None:
            self._mine = super().me()
        return self._mine

    def _recipient(self, party: int) -> Recipient:
        known: dict[int, Recipient] = self.__dict__.setdefault("_recipients", {})
        if party not in known:
            known[party] = super()._recipient(party)
        return known[party]

    def _line(self, party: int) -> PartyTimeline:
        known: dict[int, PartyTimeline] = self.__dict__.setdefault("_lines", {})
        if party not in known:
            known[party] = super()._line(party)
        return known[party]

    def again(self, action: Action, before: Control) -> Unsigned:
        """An act that was made before and kept: the same bytes, for the same control, with neither content nor detail.

        Raises EpochPassed where the party's accounts were changed since, NoRule.
        """
        kind, me = self.kind(action.kind), self.me()
        rule = kind.rule(before.state, action.verb)
        if rule is None:
            raise NoRule(kind=action.kind, state=before.state, verb=action.verb)
        if action.epoch != me.epoch:
            raise EpochPassed(party=self.party, given=action.epoch, current=me.epoch)
        return self._unsigned(action, kind, kind.verb_name(action.verb), rule, before, None, None)

    def check_head(self, document: str, head: bytes) -> None:
        """Raises StalePrevious unless this is the document's head now, by the gateway's word; the ledger looks too."""
        now = wire.digest(self.client.document(document).head, "$.head")
        if now != head:
            raise StalePrevious(document=bytes.fromhex(document), given=head, head=now)

    def give_keys_of(self, action: Action, before: Control) -> None:
        """After an act that was sent before: the content's keys to whom it brought in, as `send` gives them."""
        kind = self.kind(action.kind)
        digest = action.digest(self.domain, kind.intent(action.verb))
        self._give_keys(Prepared(SignedAction(action, b""), digest, kind.verb_name(action.verb), kind, before))

    def send_all(self, prepared: Sequence[Prepared]) -> list[PortledgerError | None]:
        """Sends acts without details, and waits for each. For each None, or why it is not final.

        Raises what keeps all of them from being sent: the gateway does not answer.
        """
        self.forget()
        refused = self._put_blobs(prepared)
        sent = [one for one in prepared if one.digest not in refused]
        answers = self.client.submit_batch([self.request(one) for one in sent]) if sent else []
        _check_count(len(answers), len(sent))
        self.wait_anew()
        outcomes = {one.digest: self._outcome(one, item) for one, item in zip(sent, answers, strict=True)}
        return [(refused | outcomes)[one.digest] for one in prepared]

    def _put_blobs(self, prepared: Sequence[Prepared]) -> dict[bytes, PortledgerError | None]:
        """Uploads what the acts write. Digests of the acts that the gateway takes something of not, and why."""
        wanted = [(one.digest, blob) for one in prepared if one.content for blob in one.content.blobs.values()]
        answers = self.client.put_blobs([blob for _, blob in wanted]) if wanted else []
        _check_count(len(answers), len(wanted))
        return {
            digest: error_of(answer.problem)
            for (digest, _), answer in zip(wanted, answers, strict=True)
            if answer.problem is not None
        }

    def _outcome(self, one: Prepared, item: wire.BatchItem) -> PortledgerError | None:
        try:
            if item.problem is not None:
                return error_of(item.problem)
            self.until_final(one.digest.hex())
            self._give_keys(one)
        except PortledgerError as error:
            return error
        return None

    def cosign_all(
        self, wanted: Mapping[str, Collection[bytes]], stop: Callable[[], bool] = lambda: False
    ) -> dict[str, Done | PortledgerError]:
        """Signs acts that wait (64 hex each), sends those that have all signatures together, and waits for each.

        wanted: the wallet's accounts (20 bytes each) that sign, by act; stop: asked before each signature. For each
        act that came to its turn what was done, or why it was not; safe to repeat, as `cosign` is.
        """
        self.forget()
        self.wait_anew()
        results: dict[str, Done | PortledgerError] = {}
        away: PortledgerError | None = None
        for digest, own in wanted.items():
            if stop() or away:
                break
            results[digest] = self._cosigned(digest, own, wait=False)
            away = self._away(results[digest])
        self.wait_anew()
        for digest, one in results.items():
            if isinstance(one, Done) and not one.missing:
                results[digest] = away or self._cosigned(digest, wanted[digest], wait=True)
                away = away or self._away(results[digest])
        return results

    def _away(self, result: Done | PortledgerError) -> PortledgerError | None:
        """The result, if it says that nothing answers any more, and that is so."""
        return result if isinstance(result, AWAY) and self.is_away() else None

    def _cosigned(self, digest: str, own: Collection[bytes], *, wait: bool) -> Done | PortledgerError:
        try:
            return self.cosign(digest, own=own, wait=wait)
        except PortledgerError as error:
            return error

    def forget(self) -> None:
        """What was read of parties is read anew: their keys may be others by now."""
        self.__dict__.pop("_recipients", None)
        self.__dict__.pop("_lines", None)

    def give_again(self, document: str, sealed: Sequence[Keys]) -> bool:
        """Gives the keys of a document that was sent before, to whomever they were not given; false where none of these
        sets of keys is the document's: it is another one of that number. Raises as `current`."""
        control, manifest = self.current(document)
        own = next((keys for keys in sealed if fits(manifest, keys)), None)
        if own is not None:
            parties = acts.parties_of(control) | {self.party}
            self._grant(document, control, manifest, own, parties, self._given(document))
        return own is not None


def _check_count(answers: int, asked: int) -> None:
    if answers != asked:
        raise GatewayProblem(f"{answers} answers to {asked} items", "one for each")


def fits(manifest: Manifest, keys: Keys) -> bool:
    """Whether these are the keys of all of a manifest's datasets."""
    if set(keys) != set(manifest.names()):
        return False
    try:
        for name in manifest.names():
            entry = manifest.entry(name)
            check_key(keys[name], entry.key_commitment, manifest.place.aad(name, entry.sealed_version), name)
    except VaultError:
        return False
    return True
