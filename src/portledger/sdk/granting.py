"""A party that gives others the keys of what they may read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from portledger.domain.codes import Role
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.records import Control
from portledger.domain.vault_errors import VaultError
from portledger.evidence.party_log import PartyTimeline
from portledger.formats import api_json as wire
from portledger.sdk.errors import AWAY, NoGrant
from portledger.sdk.opening import content_keys, fetch_manifest, wire_grant
from portledger.sdk.reading import Reading, relations
from portledger.sdk.trust import timeline
from portledger.vault.grants import Recipient, make_grants
from portledger.vault.manifest import Manifest

Given = Collection[tuple[str, int, int]]
"""What a party has given to others: dataset, sealedVersion, recipient."""


class Granting(Reading):
    """Keys go to whom the kind lets read, sealed to the encryption key that their own signature set."""

    def _held(self, document: str, manifest: Manifest) -> dict[str, bytes]:
        """The keys of what this party can open itself."""
        return content_keys(manifest, self.client.grants(document), self.party, self.wallet.encryption)

    def _grant(
        self, document: str, control: Control, manifest: Manifest, keys: Mapping[str, bytes], parties: Iterable[int],
        given: Given = frozenset(),
    ) -> list[wire.GrantJson]:  # fmt: skip
        """Grants of these keys, to each party as far as the kind lets it read them in this state (to itself: all), and
        without what is `given`.

        One that cannot be given keeps no other back, least of all the own one, without which nothing could be given
        later; what is wrong with the first such is raised after the others were given.
        """
        made: list[wire.GrantJson] = []
        failed: list[PortledgerError] = []
        for party in sorted(set(parties), key=lambda one: (one != self.party, one)):
            try:
                made += self._grant_to(control, manifest, keys, party, given)
            except PortledgerError as error:
                failed.append(error)
        if made:
            self._put_grants(document, made)
        if failed:
            raise failed[0]
        return made

    def _grant_to(
        self, control: Control, manifest: Manifest, keys: Mapping[str, bytes], party: int, given: Given
    ) -> list[wire.GrantJson]:
        names = [name for name in (keys if party == self.party else self.readable(control, party))
                 if name in keys and (name, manifest.entry(name).sealed_version, party) not in given]  # fmt: skip
        if not names:
            return []
        return [wire_grant(one) for one in make_grants(manifest, keys, {self._recipient(party): list(names)})]

    def _given(self, document: str) -> Given:
        """What this party gave others, by the gateway's word: it could as well lose what it is given again. Who
        lost its key since then asks for a grant."""
        return {
            (one.dataset, one.sealed_version, one.recipient)
            for one in self.client.disclosures(document)
            if one.granter == self.party != one.recipient
        }

    def holds(self, document: str, manifest: Manifest) -> bool:
        """Whether this party can open all of a document."""
        with suppress(VaultError):
            return set(self._held(document, manifest)) == set(manifest.names())
        return False

    def _put_grants(self, document: str, made: list[wire.GrantJson]) -> None:
        """All together; where the gateway refuses that, each party's by themselves, the own ones first. The first of
        those that are refused then is raised."""
        recipients = list(dict.fromkeys(one.recipient for one in made))
        try:
            self.client.add_grants(document, made)
        except AWAY:
            raise
        except PortledgerError:
            if len(recipients) == 1:
                raise
            failed: list[PortledgerError] = []
            for recipient in recipients:
                try:
                    self.client.add_grants(document, [one for one in made if one.recipient == recipient])
                except PortledgerError as error:
                    failed.append(error)
            if failed:
                raise failed[0] from None

    def readable(self, control: Control, party: int) -> tuple[str, ...]:
        """The datasets that the kind lets a party read in this state, by its relations and its log's business roles."""
        roles = Role(self._line(party).words[-1].roles & ((1 << len(Role)) - 1)).names()
        return self.kind(control.kind).datasets_for([*relations(control, party), *roles], control.state)

    def _recipient(self, party: int) -> Recipient:
        """A party's raw key, and the digest that its own signature set: by its log, not by the gateway's word (G3)."""
        digest = self._line(party).keys[-1]
        raw = wire.base64_bytes(self.client.encryption_key(party).encryption_key, "$.encryptionKey")
        return Recipient(party, raw, digest)

    def _line(self, party: int) -> PartyTimeline:
        """A party's life, by its own signatures."""
        return timeline(self.client, self.domain, party, self.known, self.node)

    def grant(self, document: str, party: int, datasets: Sequence[str] = ()) -> list[wire.GrantJson]:
        """Gives a party the keys of what the kind lets it read now (or of `datasets`, if the kind allows them).

        Raises InvalidInput when the kind gives the party nothing to read, NoGrant when this party has none itself.
        """
        control = self.control(document)
        allowed = self.readable(control, party)
        wanted = tuple(datasets) or allowed
        refused = [name for name in wanted if name not in allowed]
        if refused or not wanted:
            raise InvalidInput(
                f"datasets for party {party}", ", ".join(refused) or "none", ", ".join(allowed) or "nothing now",
                "The kind says who reads what from which state on: `portledger kind show`.",
            )  # fmt: skip
        manifest = fetch_manifest(self.client, document)
        held = self._held(document, manifest)
        missing = [name for name in wanted if name not in held]
        if missing:
            raise NoGrant(f"no grant of {', '.join(missing)} to party {self.party}", "own grants of what is passed on")
        return self._grant(document, control, manifest, {name: held[name] for name in wanted}, [party])
