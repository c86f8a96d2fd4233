"""Pure conversions between these shapes and domain values."""

from __future__ import annotations

from portledger.domain.actions import Action, PartyAction, Registration, SignedAction, SignedPartyAction
from portledger.domain.errors import InvalidInput
from portledger.domain.records import Control
from portledger.formats.api_json.acts import SignedActionJson
from portledger.formats.api_json.documents import DocumentJson
from portledger.formats.api_json.parties import PartyActRequest, RegistrationJson
from portledger.formats.api_json.text import address, address_text, digest, hex_bytes


def signed_action(value: SignedActionJson, where: str = "$.action") -> SignedAction:
    """Raises InvalidInput for a member that does not fit its type."""
    return SignedAction(
        Action(
            kind=value.kind,
            verb=value.verb,
            document=digest(value.document, where + ".document"),
            previous=digest(value.previous, where + ".previous"),
            actor=value.actor,
            epoch=value.epoch,
            deadline=value.deadline,
            content=digest(value.content, where + ".content"),
            document_reference=digest(value.document_reference, where + ".documentReference"),
            detail=digest(value.detail, where + ".detail"),
            counterparty=value.counterparty,
            endorsee=value.endorsee,
            quantity=value.quantity,
        ),
        hex_bytes(value.signatures, where + ".signatures"),
    )


def signed_action_json(value: SignedAction) -> SignedActionJson:
    act = value.action
    return SignedActionJson(
        kind=act.kind,
        verb=act.verb,
        document=act.document.hex(),
        previous=act.previous.hex(),
        actor=act.actor,
        epoch=act.epoch,
        deadline=act.deadline,
        signatures=value.signatures.hex(),
        content=act.content.hex(),
        document_reference=act.document_reference.hex(),
        detail=act.detail.hex(),
        counterparty=act.counterparty,
        endorsee=act.endorsee,
        quantity=act.quantity,
    )


def signed_party_action(value: PartyActRequest) -> SignedPartyAction:
    """Raises InvalidInput for a member that does not fit its type."""
    return SignedPartyAction(
        PartyAction(
            party=value.party,
            nonce=value.nonce,
            what=value.what,
            value=digest(value.value, "$.value"),
            deadline=value.deadline,
        ),
        hex_bytes(value.signatures, "$.signatures"),
        hex_bytes(value.consent, "$.consent"),
    )


def party_act_json(value: SignedPartyAction) -> PartyActRequest:
    act = value.party_action
    return PartyActRequest(
        party=act.party,
        nonce=act.nonce,
        what=act.what,
        value=act.value.hex(),
        deadline=act.deadline,
        signatures=value.signatures.hex(),
        consent=value.consent.hex(),
    )


def registration(value: RegistrationJson, where: str = "$.registration") -> Registration:
    """Raises InvalidInput for a member that does not fit its type."""
    for name, number, bits in (("roles", value.roles, 64), ("threshold", value.threshold, 8)):
        if not 0 <= number < 1 << bits:
            raise InvalidInput(f"{where}.{name}", str(number), f"an integer of {bits} bits")
    if any(not 0 <= scope < 256 for scope in value.scopes):
        raise InvalidInput(where + ".scopes", str(value.scopes), "integers of 8 bits")
    return Registration(
        profile=digest(value.profile, where + ".profile"),
        roles=value.roles,
        encryption_key=digest(value.encryption_key, where + ".encryptionKey"),
        threshold=value.threshold,
        recovery_barred=value.recovery_barred,
        accounts=tuple(address(text, f"{where}.accounts[{at}]") for at, text in enumerate(value.accounts)),
        scopes=tuple(value.scopes),
        consents=tuple(hex_bytes(text, f"{where}.consents[{at}]") for at, text in enumerate(value.consents)),
    )


def registration_json(value: Registration) -> RegistrationJson:
    return RegistrationJson(
        profile=value.profile.hex(),
        roles=value.roles,
        encryption_key=value.encryption_key.hex(),
        threshold=value.threshold,
        recovery_barred=value.recovery_barred,
        accounts=[address_text(account) for account in value.accounts],
        scopes=list(value.scopes),
        consents=[consent.hex() for consent in value.consents],
    )


def document_json(
    document: bytes,
    control: Control,
    head: bytes,
    notes_head: bytes,
    *,
    kind_id: str,
    state: str,
    progress: str,
    frozen_until: int,
    created_at: int,
    updated_at: int,
) -> DocumentJson:
    """The record with the names that its kind file gives."""
    return DocumentJson(
        document=document.hex(),
        kind=control.kind,
        kind_id=kind_id,
        state=state,
        state_number=control.state,
        progress=progress,
        issuer=control.issuer,
        possessor=control.possessor,
        endorsee=control.endorsee,
        offeree=control.offeree,
        offered_endorsee=control.offered_endorsee,
        version=control.version,
        sequence=control.sequence,
        used=control.used,
        frozen_until=frozen_until,
        head=head.hex(),
        notes_head=notes_head.hex(),
        control=f"{control.pack():064x}",
        created_at=created_at,
        updated_at=updated_at,
    )


def control_of(value: DocumentJson) -> Control:
    """The record's state from the packed word, which is what proofs speak about."""
    return Control.unpack(int(value.control, 16))
