"""Step 11: a document's number, its signature and the key behind it (docs/protocol §10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from portledger.domain.actions import Action
from portledger.domain.codes import ZERO
from portledger.domain.vault_errors import ReferenceRefused
from portledger.evidence.history import Act, History
from portledger.vault.references import ReferencePublicKey, filing_reference, normal_number
from portledger.vault.wire import bytes_of_hex

NUMBER_ITEMS: Final = {1: "blNumber", 2: "applicationNumber", 3: "siNumber", 4: "invoiceNumber"}
"""family -> the header's item that holds the number of the creating act's reference."""
CERTIFICATE_FAMILY: Final = 2

ProfileOf = Callable[[int], Mapping[str, Any] | None]
"""party -> its profile, already compared with the ledger's digest; None where it is not shown."""


def number(history: History, header: Mapping[str, Any], profile_of: ProfileOf, *, whole: bool) -> str:
    """The document's number, proven: a certificate's own once it is certified, else the one it was created under.

    header: what is shown of the dataset of that name; whole: all of it is, so number and proof must be there. Empty
    where number and proof are not both shown. Raises ReferenceRefused.
    """
    if not isinstance(header, Mapping):
        raise ReferenceRefused("header", f"a {type(header).__name__}", "an object")
    found = ""
    if history.start is None:
        found = created(history.kind.family, history.creating(), header, profile_of)
        if whole and not found:
            raise ReferenceRefused("header", "no number with its proof", "number, referenceSignature or referenceSalt")
    act = _certifying(history)
    if act is None:
        return found
    # An exporter may apply under a number that another certificate has: it is never shown as a certificate's own.
    given = _certified(act, header, profile_of)
    if whole and not given:
        raise ReferenceRefused("header", "no certificate number with its proof", "certificateReferenceSignature")
    return given


def _certifying(history: History) -> Action | None:
    """The act that claimed a certificate's number: the last one with a reference after the creating one."""
    acts = [item.action for item in history.entries if isinstance(item, Act)]
    later = [act for act in acts[history.start is None :] if act.document_reference != ZERO]
    return later[-1] if later else None


def created(family: int, first: Action, header: Mapping[str, Any], profile_of: ProfileOf) -> str:
    """The number under which the creating act made its record; empty where number and proof are not both shown.

    Raises ReferenceRefused.
    """
    item = NUMBER_ITEMS.get(family, "")
    if item not in header:
        return ""
    number = text_in(header, item)
    if "referenceSignature" in header:
        signed(family, first.actor, number, header["referenceSignature"], first.document_reference, profile_of)
    elif "referenceSalt" in header:
        salt = bytes_of_hex(header["referenceSalt"], 16, "header.referenceSalt", ReferenceRefused)
        expected = filing_reference(salt, family, first.actor, normal_number(number))
        if expected != first.document_reference:
            raise ReferenceRefused("reference", expected.hex(), f"{first.document_reference.hex()}, the ledger's")
    else:
        return ""
    return number


def _certified(act: Action, header: Mapping[str, Any], profile_of: ProfileOf) -> str:
    if not {"certificateNumber", "certificateReferenceSignature"} <= header.keys():
        return ""
    number = text_in(header, "certificateNumber")
    signature = header["certificateReferenceSignature"]
    signed(CERTIFICATE_FAMILY, act.actor, number, signature, act.document_reference, profile_of)
    return number


def signed(family: int, party: int, number: str, signature: Any, reference: bytes, profile_of: ProfileOf) -> None:
    """The number under the party's own reference key, whose proofs lie in its profile. Raises ReferenceRefused."""
    profile = profile_of(party)
    if profile is None:
        raise ReferenceRefused("profile", f"none of party {party}", "the profile with its reference key")
    key = ReferencePublicKey.from_json(profile.get("referenceKey"))
    made = bytes_of_hex(signature, None, "header.referenceSignature", ReferenceRefused)
    key.verify(family, party, number, made, reference)
    check_prefix(profile.get("numberPrefixes", []), normal_number(number))


def check_prefix(prefixes: Any, number: str) -> None:
    """Raises ReferenceRefused unless the number begins with one of the prefixes, where there are any."""
    if not isinstance(prefixes, list) or not all(isinstance(prefix, str) for prefix in prefixes):
        raise ReferenceRefused("profile/numberPrefixes", "another form", "a list of strings")
    wanted = _normal(prefixes)
    if wanted and not any(number.startswith(prefix) for prefix in wanted):
        raise ReferenceRefused("number", number, "a number that begins with " + " or ".join(wanted))


def _normal(prefixes: Iterable[str]) -> list[str]:
    return [normal_number(prefix) for prefix in prefixes]


def text_in(header: Mapping[str, Any], item: str) -> str:
    value = header[item]
    if not isinstance(value, str):
        raise ReferenceRefused(f"header.{item}", f"a {type(value).__name__}", "a string")
    return value
