"""A real chain on which something happened in every log, for what reads a whole ledger."""

from __future__ import annotations

from tests.support.node import KEYS, Chain, Member, key

from portledger.domain.codes import BEARER, DAY, Role
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of

EBL, CERTIFICATE = 0x0101, 0x0201
DETAIL = keccak(b"detail")


def bill(chain: Chain, carrier: Member, shipper: Member, number: bytes) -> bytes:
    """Issued and accepted."""
    issue = chain.prepare(
        carrier, EBL, "ISSUE", reference=keccak(number), content=keccak(b"content"), counterparty=shipper.id,
        endorsee=shipper.id,
    )  # fmt: skip
    chain.execute(issue)
    document = issue.action.document
    chain.execute(chain.prepare(shipper, EBL, "ACCEPT", document, counterparty=carrier.id, endorsee=shipper.id))
    return document


def tell(chain: Chain) -> None:
    carrier, shipper = chain.register(Role.CARRIER), chain.register(Role.SHIPPER_OR_CONSIGNEE)
    bank = chain.register(Role.BANK, accounts=3, threshold=2)
    chain.advance(60)
    document = bill(chain, carrier, shipper, b"first")
    chain.execute(chain.prepare(carrier, EBL, "NOTICE", document, detail=DETAIL))
    chain.send(KEYS.guardian, "freeze", document, chain.now() + DAY, DETAIL)
    chain.advance(60)
    chain.send(KEYS.governor, "unfreeze", document)
    good = chain.prepare(shipper, EBL, "ENDORSE", document, endorsee=bank.id)
    stale = chain.prepare(shipper, EBL, "ENDORSE", document, endorsee=bank.id, previous=DETAIL)
    chain.execute_batch([stale, good])
    chain.advance(60)
    bill(chain, carrier, shipper, b"second")
    chain.send(KEYS.registrar, "propose", bank.id, 3, (1).to_bytes(32, "big"))
    chain.send(KEYS.registrar, "suspend", bank.id, chain.now() + DAY)
    chain.send(KEYS.governor, "appoint", 3, "0x" + address_of(key("successor")).hex())
    _certificate(chain, shipper)
    chain.advance(7 * DAY)
    chain.send(key("successor"), "accept", 3)


def _certificate(chain: Chain, exporter: Member) -> None:
    """Applied for and certified, so that a number is claimed."""
    chamber = chain.register(Role.CERTIFIER)
    apply = chain.prepare(
        exporter, CERTIFICATE, "APPLY", reference=keccak(b"application"), content=keccak(b"draft"),
        counterparty=chamber.id,
    )  # fmt: skip
    chain.execute(apply)
    certify = chain.prepare(
        chamber, CERTIFICATE, "CERTIFY", apply.action.document, reference=keccak(b"certificate"),
        content=keccak(b"certified"), endorsee=BEARER,
    )  # fmt: skip
    chain.execute(certify)
