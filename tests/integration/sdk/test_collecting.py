"""k of n: officers of one party at different machines sign one act, carried sealed by a gateway nobody has to trust."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.integration.sdk.conftest import Port
from tests.integration.sdk.test_lying_gateway import lied_to

from portledger import resources
from portledger.domain.codes import Effect
from portledger.domain.errors import EpochPassed, Expired, InvalidInput, StalePrevious
from portledger.domain.refusals import BodyTooLarge, Conflict, NotFound
from portledger.domain.signatures import sign
from portledger.domain.vault_errors import GrantRefused, ManifestRefused, ReferenceRefused
from portledger.formats import api_json as wire
from portledger.sdk import bulk, collecting, content_rules
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import (
    GatewayProblem,
    KeyMissing,
    NodeUnreachable,
    NoGrant,
    NotFinalYet,
    TooLargeToWait,
    WaitingRefused,
)
from portledger.sdk.party import PartySession
from portledger.sdk.session import Done
from portledger.sdk.signing import Unsigned
from portledger.sdk.wallet import Wallet
from portledger.vault.keys import Keys


def officer(port: Port, of: PartySession, *accounts: int) -> PartySession:
    """A desk of the party whose key file holds these of its accounts only."""
    keys = of.wallet.keys
    held = Keys(tuple(keys.accounts[at] for at in accounts), keys.encryption, keys.reference, keys.party)
    session = PartySession(port.client(port.url), Wallet(held), known=of.known)
    session.sign_in()
    return session


@pytest.fixture
def bill(port: Port, carrier: PartySession, bank: PartySession) -> str:
    """A bill that the bank holds, whose critical acts need two of its three accounts."""
    done = carrier.new_document(port.bill(), counterparty=bank.party, endorsee=bank.party)
    bank.accept(bank.inspect(done.document))
    return done.document


def offered(session: PartySession, bill: str, to: PartySession, **more: Any) -> str:
    """The digest of an offer that waits, with one signature."""
    done = session.propose(session.unsigned(bill, "OFFER", counterparty=to.party, **more))
    assert (done.status.status, done.missing) == (collecting.WAITING, 1)
    return done.digest


def dies_after_sending(
    session: PartySession, digest: str, monkeypatch: pytest.MonkeyPatch, before: str = "_give_keys"
) -> None:
    """Signs and sends an act that waits, and comes no further than to the step that is named."""

    def dies(*_: object, **__: object) -> None:
        raise Conflict("power", "none")

    monkeypatch.setattr(session if hasattr(session, before) else session.client, before, dies)
    with pytest.raises(Conflict):
        session.cosign(digest)


def digests(session: PartySession) -> list[str]:
    return [one.digest for one in session.waiting()]


def test_the_second_officer_sees_what_is_signed_and_completes_it(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    detail = {"comments": "against payment"}
    digest = offered(first, bill, shipper, detail=detail)
    assert first.record(bill).state == "ISSUED", "nothing has happened yet"
    (line,) = [one for one in second.waiting() if one.digest == digest]
    assert line.found is not None
    assert (line.found.act.verb, line.found.act.action.counterparty, line.found.missing) == ("OFFER", shipper.party, 1)
    assert line.found.detail is not None
    assert line.found.detail["comments"] == "against payment"
    assert list(line.found.signatures) == first.wallet.keys.addresses()
    done = second.cosign(digest)
    assert done.missing == 0
    assert first.record(bill).offeree == shipper.party
    assert len(bank.history(bill)[-1].signers) == 2
    assert digest not in digests(first)
    assert shipper.inspect(bill).values, "whom it brought in has the keys"


def test_new_content_waits_with_its_act_and_is_read_before_it_is_signed(port: Port, shipper: PartySession) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 2)
    document = port.bill()
    first.collects = True
    done = first.new_document(document, counterparty=shipper.party, endorsee=shipper.party)
    assert done.missing == 1
    assert not first.exists(done.document)
    found = second.collected(done.digest)
    assert found.act.content is not None
    for name, value in document.datasets.items():
        if name != "header":
            assert found.act.content.opened[name].value == value
    second.cosign(done.digest)
    assert shipper.inspect(done.document).values
    assert first.open(done.document).closed == []


def test_an_account_never_counts_twice(port: Port, bank: PartySession, shipper: PartySession, bill: str) -> None:
    first = officer(port, bank, 0)
    digest = offered(first, bill, shipper)
    tag = first.client.waiting_act(digest).tag
    with pytest.raises(KeyMissing, match="counts twice"):
        first.cosign(digest)
    with pytest.raises(KeyMissing):
        officer(port, bank, 0).cosign(digest)
    assert first.propose(first.collected(digest).act).missing == 1, "proposing again adds nothing"
    assert first.client.waiting_act(digest).tag == tag
    # Should a desk put the same signature in twice, the others count it once.
    act = first.collected(digest).act
    mine = sign(act.digest, first.wallet.keys.accounts[0])
    first._put(act, {bytes(20): mine, bytes([1]) * 20: mine}, tag)
    assert officer(port, bank, 1).collected(digest).missing == 1


def test_enough_accounts_in_one_file_need_nobody_else(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    both = officer(port, bank, 0, 1)
    both.collects = True
    assert both.offer(bill, shipper.party).missing == 0
    assert both.record(bill).offeree == shipper.party


def test_too_few_accounts_are_refused_where_nobody_asked_to_wait(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    with pytest.raises(KeyMissing):
        officer(port, bank, 0).offer(bill, shipper.party)


def test_an_act_whose_document_moved_on_is_not_signed_any_more(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    digest = offered(first, bill, shipper)
    bank.blank_endorse(bill)
    with pytest.raises(StalePrevious):
        second.cosign(digest)
    (line,) = [one for one in second.waiting() if one.digest == digest]
    assert isinstance(line.problem, StalePrevious)
    second.stop_waiting(digest)
    second.stop_waiting(digest)
    assert digest not in digests(first)


def test_an_act_is_not_signed_after_its_deadline(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    digest = offered(first, bill, shipper, deadline=int(time.time()) + 3600)
    late = PartySession(second.client, second.wallet, known=bank.known, clock=lambda: time.time() + 3601)
    with pytest.raises(Expired):
        late.cosign(digest)
    soon = int(time.time()) + 2
    ended = offered(first, bill, shipper, deadline=soon)
    while time.time() <= soon:
        time.sleep(0.1)
    with pytest.raises(NotFound):
        second.cosign(ended)
    assert ended not in digests(second)


def test_an_officer_of_another_party_neither_sees_nor_signs_it(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    digest = offered(officer(port, bank, 0), bill, shipper)
    assert digest not in digests(shipper)
    with pytest.raises(NotFound):
        shipper.cosign(digest)
    shipper.stop_waiting(digest)
    assert officer(port, bank, 1).collected(digest).missing == 1


def test_sealed_bytes_that_were_altered_are_refused_and_the_others_still_shown(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    good = offered(first, bill, shipper)
    bad = offered(first, bill, shipper, deadline=first.now() + 5000)

    def alter(path: str, answer: Any) -> Any:
        if path == f"/v1/waiting/{bad}":
            raw = bytearray(wire.base64_bytes(answer["sealed"], "sealed"))
            raw[-20] ^= 1
            answer["sealed"] = wire.base64_text(bytes(raw))
        return answer

    with lied_to(port, second, alter) as lied:
        with pytest.raises(WaitingRefused):
            lied.cosign(bad)
        problems = {one.digest: one.problem for one in lied.waiting()}
    assert problems[good] is None
    assert isinstance(problems[bad], WaitingRefused)


def test_the_gateway_cannot_pass_off_one_waiting_act_as_another(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    shown = offered(first, bill, shipper)
    other = offered(first, bill, shipper, deadline=first.now() + 5000)
    kept = first.client.waiting_act(other)
    replaced = json.loads(wire.encode(kept)) | {"digest": shown}

    def passes_off(path: str, answer: Any) -> Any:
        return replaced if path.endswith(shown) else answer

    with lied_to(port, second, passes_off) as lied, pytest.raises(WaitingRefused):
        lied.collected(shown)


def test_what_a_stranger_sealed_to_the_party_is_refused(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    """Anybody has the party's public key; nobody else has a signature of its accounts."""
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    act = first.unsigned(bill, "OFFER", counterparty=shipper.party)
    forged = sign(act.digest, shipper.wallet.keys.accounts[0])
    first._put(act, {bytes(20): forged}, None)
    with pytest.raises(WaitingRefused, match="no signature"):
        second.cosign(act.digest.hex())


@pytest.mark.parametrize(
    "change",
    [lambda action: replace(action, counterparty=action.counterparty + 1), lambda action: replace(action, quantity=5)],
)
def test_an_act_that_was_changed_under_its_digest_is_refused(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    act = first.unsigned(bill, "OFFER", counterparty=shipper.party)
    mine = {first.wallet.keys.addresses()[0]: sign(act.digest, first.wallet.keys.accounts[0])}
    honest = collecting._body(act, mine)
    altered = collecting._body(replace(act, action=change(act.action)), mine)
    assert altered != honest
    monkeypatch.setattr(collecting, "_body", lambda *_, altered=altered: altered)
    first._put(act, mine, None)
    with pytest.raises(WaitingRefused):
        second.cosign(act.digest.hex())


def test_content_other_than_the_act_writes_is_refused(port: Port, shipper: PartySession) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    act, other = (first.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party) for _ in range(2))
    mine = {first.wallet.keys.addresses()[0]: sign(act.digest, first.wallet.keys.accounts[0])}
    first._put(replace(act, content=other.content), mine, None)
    with pytest.raises(ManifestRefused):
        second.cosign(act.digest.hex())
    second.stop_waiting(act.digest.hex())


def unchecked(monkeypatch: pytest.MonkeyPatch, officer: PartySession, *args: Any, **more: Any) -> Unsigned:
    """What an officer's machine makes that looks at nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(content_rules, "check", lambda *_, **__: None)
        return officer.unsigned_new(*args, **more)


def test_the_kinds_checks_hold_on_the_second_machine_too(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    bill = port.bill()
    wrong = replace(bill, datasets={**bill.datasets, "header": {**bill.datasets["header"], "invented": "1"}})
    act = unchecked(monkeypatch, first, wrong, counterparty=shipper.party, endorsee=shipper.party)
    digest = first.propose(act).digest
    with pytest.raises(WaitingRefused, match="invented"):
        second.cosign(digest)
    second.stop_waiting(digest)


def test_a_number_that_is_not_the_one_of_the_reference_is_not_signed_by_the_second(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    with monkeypatch.context() as patch:
        patch.setattr(content_rules, "numbered", lambda kind, document, number: document)
        act = first.unsigned_new(port.bill(), number="ANOTHER-1", counterparty=shipper.party, endorsee=shipper.party)
    digest = first.propose(act).digest
    with pytest.raises(ReferenceRefused):
        second.cosign(digest)
    second.stop_waiting(digest)


def test_what_is_too_large_to_wait_is_refused_before_it_is_sent(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = officer(port, bank, 0)
    act = first.unsigned(bill, "OFFER", counterparty=shipper.party)
    monkeypatch.setattr(wire, "MAX_WAITING_BYTES", 1000)
    monkeypatch.setattr(first.client, "put_waiting", lambda *_, **__: pytest.fail("it was sent"))
    with pytest.raises(TooLargeToWait, match="at most 1000 bytes"):
        first.propose(act)


@pytest.mark.parametrize("line", [{"digest": "no digest"}, {"deadline": 1 << 60}, {"deadline": -1}])
def test_a_gateway_s_list_of_no_digests_or_moments_is_refused(
    bank: PartySession, monkeypatch: pytest.MonkeyPatch, line: dict[str, Any]
) -> None:
    one = {"digest": "00" * 32, "tag": "11" * 32, "size": 1, "deadline": 2_000_000_000, "changedAt": 1, **line}
    answer = httpx.Response(200, json={"items": [one]})
    monkeypatch.setattr(bank.client, "_request", lambda *_, **__: answer)
    with pytest.raises(InvalidInput, match=next(iter(line))):
        bank.client.waiting()


def test_a_gateway_that_says_done_without_an_entry_is_not_believed(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    digest = offered(first, bill, shipper)
    monkeypatch.setattr(second.client, "waiting_act", lambda _: pytest.fail("not asked"))
    monkeypatch.setattr(second, "collected", lambda _: (_ for _ in ()).throw(NotFound("nothing", "an act")))
    done = wire.ActionStatus(digest, "final", bill)
    monkeypatch.setattr(second.client, "status", lambda _: done)
    monkeypatch.setattr(second.client, "until_final", lambda *_: done)
    with pytest.raises(WaitingRefused, match="said to be done"):
        second.cosign(digest)
    assert digest in digests(first)
    first.stop_waiting(digest)


def test_two_who_sign_at_once_lose_nothing(port: Port, shipper: PartySession, carrier: PartySession) -> None:
    trio = port.party("trio", lambda: port.join("bank", accounts=4, threshold=4))
    done = carrier.new_document(port.bill(), counterparty=trio.party, endorsee=trio.party)
    trio.accept(trio.inspect(done.document))
    officers = [officer(port, trio, at) for at in range(4)]
    digest = officers[0].propose(officers[0].unsigned(done.document, "OFFER", counterparty=shipper.party)).digest
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda one: one.cosign(digest), officers[1:]))
    assert sorted(one.missing for one in results) == [0, 1, 2]
    assert len(trio.history(done.document)[-1].signers) == 4
    assert trio.waiting() == []


def test_two_who_complete_at_once_complete_it_once(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    digest = offered(officer(port, bank, 0), bill, shipper)
    others = [officer(port, bank, 1), officer(port, bank, 2)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: one.cosign(digest), others))
    assert [(one.digest, one.status.status, one.missing) for one in results] == [(digest, "final", 0)] * 2
    assert [one.verb_name for one in bank.history(bill)].count("OFFER") == 1
    assert digest not in digests(bank)


def test_signing_again_what_is_done_tells_that_it_is_done(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    digest = offered(first, bill, shipper)
    done = second.cosign(digest)
    for again in (first, second, officer(port, bank, 2)):
        told = again.cosign(digest)
        assert (told.document, told.verb, told.digest) == (done.document, "OFFER", digest)


def test_an_officer_who_dies_after_sending_has_the_rest_done_by_the_next(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys of new content are nowhere but in what waits: they are given before it is let go."""
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    first.collects = True
    digest = first.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party).digest

    dies_after_sending(second, digest, monkeypatch)
    assert digest not in digests(first), "it is sent, and nobody is asked to sign it"
    done = officer(port, line, 2).cosign(digest)
    assert shipper.inspect(done.document).values
    with pytest.raises(NotFound):
        first.client.waiting_act(digest)


def test_whom_an_act_brought_in_has_the_keys_even_if_its_sender_died_before_giving_them(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    digest = offered(first, bill, shipper)

    dies_after_sending(second, digest, monkeypatch)
    assert shipper.party not in given(bank, bill)
    first.cosign(digest)
    assert shipper.party in given(bank, bill)
    assert shipper.inspect(bill).values


def test_a_list_of_what_waits_does_what_a_sender_who_died_left_undone(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    first.collects = True
    done = first.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)

    dies_after_sending(second, done.digest, monkeypatch)
    assert given(first, done.document) == set()
    third = officer(port, line, 2)
    with pytest.raises(Conflict):
        third.stop_waiting(done.digest)
    with monkeypatch.context() as patched:

        def closed(*_: object) -> bytes:
            raise WaitingRefused("sealed bytes that your keys do not open", "what an officer of your party sealed")

        patched.setattr(third, "_unsealed", closed)
        assert done.digest not in digests(third)
    assert first.client.waiting_act(done.digest).sealed, "whose key file does not open it throws no keys away"
    assert done.digest not in digests(first)
    assert given(first, done.document) == {shipper.party}
    assert first.open(done.document).closed == []
    with pytest.raises(NotFound):
        first.client.waiting_act(done.digest)


def test_the_keys_of_an_act_that_was_sent_just_before_its_deadline_are_given_after_it(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    soon = int(time.time()) + 4
    digest = offered(first, bill, shipper, deadline=soon)

    dies_after_sending(second, digest, monkeypatch)
    while time.time() <= soon:
        time.sleep(0.1)
    assert shipper.party not in given(bank, bill)
    assert digest not in digests(first)
    assert shipper.party in given(bank, bill)


def test_keys_that_were_given_are_not_given_again_by_whoever_finishes_what_a_sender_left(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A party keeps few grants of one thing by another: the last of them would be refused."""
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    first.collects = True
    done = first.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)

    dies_after_sending(second, done.digest, monkeypatch, "delete_waiting")
    before = sorted(one.sealed for one in shipper.client.grants(done.document))
    assert before
    assert done.digest not in digests(first)
    assert sorted(one.sealed for one in shipper.client.grants(done.document)) == before
    with pytest.raises(NotFound):
        first.client.waiting_act(done.digest)


def test_a_chain_that_stands_still_holds_a_batch_up_once_and_not_for_each_act(
    port: Port, carrier: PartySession, bank: PartySession, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills = [carrier.new_document(port.bill(), counterparty=bank.party, endorsee=bank.party).document for _ in range(3)]
    for bill in bills:
        bank.accept(bank.inspect(bill))
    first = officer(port, bank, 0)
    own = bank.wallet.keys.addresses()
    wanted = {offered(first, bill, shipper): own for bill in bills}
    second = BulkSession(port.client(port.url), officer(port, bank, 1).wallet, known=bank.known)
    second.sign_in()
    asked: list[float] = []
    passed = 0.0

    def late(digest: str, seconds: float = 60) -> Any:
        nonlocal passed
        asked.append(seconds)
        passed += seconds
        raise NotFinalYet("sent", "final", digest=digest)

    with monkeypatch.context() as patched:
        patched.setattr(second.client, "until_final", late)
        patched.setattr(bulk, "time", SimpleNamespace(monotonic=lambda: passed))
        results = second.cosign_all(wanted)
    assert all(isinstance(one, NotFinalYet) for one in results.values())
    assert asked == [60.0, 0.0, 0.0]
    assert all(isinstance(one, Done) for one in second.cosign_all(wanted).values())


def test_keys_that_one_party_cannot_be_given_are_given_to_the_others_and_kept_until_it_can(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only copy of the keys of new content is what waits, and in the grants that are made of it."""
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first = officer(port, line, 0)
    first.collects = True
    done = first.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    second = BulkSession(port.client(port.url), officer(port, line, 1).wallet, known=line.known)
    second.sign_in()
    asked = BulkSession._recipient

    def unfit(self: BulkSession, party: int) -> Any:
        if party == shipper.party:
            raise GrantRefused("grant", "a key", "the one of its log")
        return asked(self, party)

    with monkeypatch.context() as patched:
        patched.setattr(BulkSession, "_recipient", unfit)
        own = second.wallet.keys.addresses()
        assert isinstance(second.cosign_all({done.digest: own})[done.digest], GrantRefused)
        assert given(first, done.document) == set()
        assert first.open(done.document).closed == [], "the own keys at least"
        assert first.client.waiting_act(done.digest).sealed
        assert isinstance(second.cosign_all({done.digest: own})[done.digest], GrantRefused)
    found = second.cosign_all({done.digest: own})[done.digest]
    assert isinstance(found, Done)
    assert given(first, done.document) == {shipper.party}
    assert shipper.inspect(done.document).values


def test_accounts_that_changed_after_an_act_was_sent_keep_nobody_from_giving_its_keys(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    digest = offered(first, bill, shipper)

    dies_after_sending(second, digest, monkeypatch)

    def changed(*_: object) -> None:
        raise EpochPassed(party=bank.party, given=0, current=1)

    monkeypatch.setattr(first, "collected", changed)
    first.cosign(digest)
    assert shipper.party in given(bank, bill)


def test_nothing_more_is_signed_together_once_it_is_told_to_stop(
    port: Port, bank: PartySession, carrier: PartySession, shipper: PartySession
) -> None:
    bills = [carrier.new_document(port.bill(), counterparty=bank.party, endorsee=bank.party).document for _ in range(2)]
    for one in bills:
        bank.accept(bank.inspect(one))
    first = officer(port, bank, 0)
    acts = [offered(first, one, shipper) for one in bills]
    second = BulkSession(port.client(port.url), officer(port, bank, 1).wallet, known=bank.known)
    second.sign_in()
    asked = iter([False, True])
    found = second.cosign_all(dict.fromkeys(acts, second.wallet.keys.addresses()), lambda: next(asked))
    assert list(found) == acts[:1]
    assert isinstance(found[acts[0]], Done)
    assert bank.record(bills[1]).offeree == 0


def test_another_document_of_the_same_number_is_not_taken_for_one_s_own(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    again = BulkSession(port.client(port.url), carrier.wallet, known=carrier.known)
    again.sign_in()
    manifest_now = carrier.open(done.document).manifest
    own = carrier._held(done.document, manifest_now)
    assert again.give_again(done.document, [own])
    other = {name: bytes(32) for name in own}
    assert not again.give_again(done.document, [other])
    assert not again.give_again(done.document, [])


def given(session: PartySession, bill: str) -> set[int]:
    """Whom keys of a bill were given to."""
    return {one.recipient for one in session.client.disclosures(bill)}


def test_several_that_wait_are_signed_together_each_with_a_result_of_its_own(
    port: Port, carrier: PartySession, bank: PartySession, shipper: PartySession
) -> None:
    bills = [carrier.new_document(port.bill(), counterparty=bank.party, endorsee=bank.party).document for _ in range(4)]
    for one in bills:
        bank.accept(bank.inspect(one))
    first = officer(port, bank, 0)
    acts = [offered(first, one, shipper) for one in bills]
    first.stop_waiting(acts[1])
    bank.blank_endorse(bills[2])  # meanwhile its head is another
    second = BulkSession(port.client(port.url), officer(port, bank, 1).wallet, known=bank.known)
    second.sign_in()
    mine = second.wallet.keys.addresses()
    nobody = {acts[3]: [bytes(20)]}
    found = second.cosign_all({**dict.fromkeys(acts[:3], mine), **nobody})
    assert [type(one) for one in found.values()] == [Done, NotFound, StalePrevious, KeyMissing]
    done = found[acts[0]]
    assert isinstance(done, Done)
    assert (done.document, done.status.status, done.missing) == (bills[0], "final", 0)
    assert shipper.party in given(bank, bills[0])
    assert shipper.inspect(bills[0]).values
    assert acts[0] not in digests(first)
    assert acts[3] in digests(first)
    again = second.cosign_all({acts[0]: mine})[acts[0]]
    assert isinstance(again, Done)
    assert (again.document, again.missing) == (bills[0], 0)


def test_a_list_asked_for_again_opens_only_what_may_have_changed(
    port: Port, carrier: PartySession, bank: PartySession, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills = [carrier.new_document(port.bill(), counterparty=bank.party, endorsee=bank.party).document for _ in range(3)]
    for one in bills:
        bank.accept(bank.inspect(one))
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    acts = [offered(first, one, shipper) for one in bills]
    opened: list[str] = []
    collected = collecting.Collecting.collected

    def noted(self: PartySession, digest: str) -> Any:
        opened.append(digest)
        return collected(self, digest)

    monkeypatch.setattr(collecting.Collecting, "collected", noted)

    def listed() -> tuple[list[str], dict[str, collecting.Waiting]]:
        """(what was opened for it, the list)"""
        opened.clear()
        lines = second.waiting({one.document: one.head for one in second.client.documents()})
        return [one for one in opened if one in acts], {one.digest: one for one in lines if one.digest in acts}

    assert sorted(listed()[0]) == sorted(acts)
    told, lines = listed()
    assert told == []
    assert {one.found.missing for one in lines.values() if one.found} == {1}
    bank.blank_endorse(bills[0])
    told, lines = listed()
    assert told == [acts[0]]
    assert isinstance(lines[acts[0]].problem, StalePrevious)
    assert listed()[0] == [acts[0]], "what is wrong is looked at again"
    third = officer(port, bank, 2)
    third.cosign(acts[1], sends=False)
    told, lines = listed()
    assert told == [acts[0], acts[1]] or told == [acts[1], acts[0]]
    found = lines[acts[1]].found
    assert found is not None
    assert found.missing == 0
    late = int(time.time()) + 10**7
    monkeypatch.setattr(second, "_clock", lambda: late)
    told, lines = listed()
    assert sorted(told) == sorted(acts)
    assert isinstance(lines[acts[2]].problem, Expired)
    opened.clear()
    second.waiting()
    assert sorted(one for one in opened if one in acts) == sorted(acts), "without heads everything is opened"


def test_no_act_that_takes_possession_waits_for_a_second_officer() -> None:
    """Taking possession rests on the inspection of who signs; a row that were both would need one by each officer."""
    rows = [rule for kind in resources.kinds().values() for rule in kind.rows.values()]
    assert not [rule for rule in rows if rule.critical and rule.effects & Effect.TAKE]
    assert [rule for rule in rows if rule.critical]


def test_keys_of_an_act_sent_shortly_before_its_deadline_are_not_lost_by_a_node_that_is_away_then(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first = officer(port, line, 0)
    soon = int(time.time()) + 6
    act = first.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party, deadline=soon)
    digest = first.propose(act).digest
    document = act.action.document.hex()
    second = BulkSession(port.client(port.url), officer(port, line, 1).wallet, known=line.known)
    second.sign_in()
    own = second.wallet.keys.addresses()
    with monkeypatch.context() as patched:

        def away(self: BulkSession, party: int) -> Any:
            raise NodeUnreachable("no answer", "a node")

        patched.setattr(BulkSession, "_recipient", away)
        found = second.cosign_all({digest: own})[digest]
        assert isinstance(found, NodeUnreachable)
    assert line.record(document).state == "OFFERED", "it is on the ledger"
    while time.time() <= soon + 1:
        time.sleep(0.1)
    found = second.cosign_all({digest: own})[digest]
    assert line.open(document).closed == [], "nobody has the keys any more"
    assert given(line, document) == {shipper.party}


def test_an_act_that_is_sent_while_it_is_being_withdrawn_keeps_its_keys(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first = officer(port, line, 0)
    act = first.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    digest = first.propose(act).digest
    document = act.action.document.hex()
    second = BulkSession(port.client(port.url), officer(port, line, 1).wallet, known=line.known)
    second.sign_in()
    own = second.wallet.keys.addresses()
    asked: Any = first.client.status

    def away(self: BulkSession, party: int) -> Any:
        raise NodeUnreachable("no answer", "a node")

    def meanwhile(one: str, wait: float = 0) -> Any:
        try:
            return asked(one, wait)
        finally:
            with monkeypatch.context() as patched:
                patched.setattr(BulkSession, "_recipient", away)
                assert isinstance(second.cosign_all({digest: own})[digest], NodeUnreachable)

    with monkeypatch.context() as patched:
        patched.setattr(first.client, "status", meanwhile)
        with pytest.raises(Conflict):
            first.stop_waiting(digest)
    assert isinstance(second.cosign_all({digest: own})[digest], Done)
    assert given(line, document) == {shipper.party}
    assert line.open(document).closed == []


def test_an_act_whose_keys_nobody_has_any_more_is_not_told_as_done(
    port: Port, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    first.collects = True
    digest = first.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party).digest

    dies_after_sending(second, digest, monkeypatch)
    first.client.delete_waiting(digest, submitted=True)
    with pytest.raises(NoGrant):
        first.cosign(digest)


def test_a_gateway_that_shows_another_manifest_does_not_have_keys_thrown_away(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    """Of a row that was made twice it knows both manifests."""
    bill = port.bill()
    first = carrier.unsigned_new(bill, counterparty=shipper.party, endorsee=shipper.party)
    second = carrier.unsigned_new(bill, counterparty=shipper.party, endorsee=shipper.party)
    assert first.content is not None
    assert second.content is not None
    document = carrier.send(carrier.sign(second), wait=False).document
    carrier.client.until_final(second.digest.hex())
    other = first.content.manifest

    def alter(path: str, answer: Any) -> Any:
        if path.endswith("/manifest"):
            answer |= {"manifest": other.members(), "content": other.digest().hex()}
        return answer

    with lied_to(port, carrier, alter) as lied:
        again = BulkSession(lied.client, carrier.wallet, known=carrier.known)
        with pytest.raises(ManifestRefused):
            again.give_again(document, [first.content.keys, second.content.keys])
    assert again.party not in given(carrier, document)
    honest = BulkSession(carrier.client, carrier.wallet, known=carrier.known)
    assert honest.give_again(document, [first.content.keys, second.content.keys])
    assert carrier.open(document).closed == []


@pytest.mark.parametrize("member", ["contents", "manifest", "detail", "action", "datasets"])
def test_what_is_sealed_badly_spoils_no_list(
    port: Port, bank: PartySession, shipper: PartySession, bill: str, monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    first, second = officer(port, bank, 0), officer(port, bank, 1)
    act = first.unsigned(bill, "OFFER", counterparty=shipper.party)
    mine = {first.wallet.keys.addresses()[0]: sign(act.digest, first.wallet.keys.accounts[0])}
    honest = collecting._body(act, mine)
    for value in (
        5,
        "x",
        [],
        {},
        {"a": 1},
        None,
        True,
        [1],
        {"a": {"key": 1, "blob": 2}},
        {"a": {"key": "", "blob": ""}},
        {"schema": "portledger/manifest/1"},
    ):
        with monkeypatch.context() as patched:
            if member == "datasets":
                altered = honest | {"manifest": {"schema": "portledger/manifest/1", "datasets": value}}
            elif member == "action":
                altered = honest | {"action": value}
            else:
                altered = honest | {member: value}
            patched.setattr(collecting, "_body", lambda *_, altered=altered: altered)
            first._put(act, mine, None)
        try:
            second.waiting()
        finally:
            first.client.delete_waiting(act.digest.hex())


def test_a_history_of_rubbish_ends_no_run_without_a_word(
    port: Port, bank: PartySession, shipper: PartySession, bill: str
) -> None:
    first = officer(port, bank, 0)
    digest = offered(first, bill, shipper)
    wallet = officer(port, bank, 1).wallet

    def alter(path: str, answer: Any) -> Any:
        if path.endswith("/history"):
            answer["entries"][-1]["control"] = "zz"
        return answer

    with lied_to(port, officer(port, bank, 1), alter) as lied:
        second = BulkSession(lied.client, wallet, known=bank.known)
        (found,) = second.cosign_all({digest: wallet.keys.addresses()}).values()
    assert isinstance(found, InvalidInput)


def test_a_gateway_that_answers_too_few_acts_of_a_batch_is_told(
    port: Port, carrier: PartySession, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = BulkSession(port.client(port.url), carrier.wallet, known=carrier.known)
    again.sign_in()
    made = again.sign(again.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party))
    submit: Any = again.client.submit_batch
    monkeypatch.setattr(again.client, "submit_batch", lambda asked: submit(asked)[1:])
    with pytest.raises(GatewayProblem):
        again.send_all([made])


def test_an_act_whose_contents_the_gateway_does_not_take_keeps_no_other_from_being_sent(
    port: Port, carrier: PartySession, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = BulkSession(port.client(port.url), carrier.wallet, known=carrier.known)
    again.sign_in()
    many = [again.sign(again.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party))
            for _ in range(3)]  # fmt: skip
    put: Any = again.client.put_blobs

    def picky(blobs: Any) -> Any:
        answers = put(blobs)
        problem = wire.Problem("about:blank", "no", 409, "no", "Conflict", "a blob", "none")
        middle = len(answers) // 2
        return [*answers[:middle], wire.BlobItem(answers[middle].sha256, problem=problem), *answers[middle + 1 :]]

    monkeypatch.setattr(again.client, "put_blobs", picky)
    results = again.send_all(many)
    assert [type(one) for one in results] == [type(None), Conflict, type(None)]


def test_keys_that_were_given_one_by_one_are_not_told_as_not_given(
    port: Port, carrier: PartySession, shipper: PartySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = BulkSession(port.client(port.url), carrier.wallet, known=carrier.known)
    again.sign_in()
    made = again.sign(again.unsigned_new(port.bill(), counterparty=shipper.party, endorsee=shipper.party))
    add: Any = again.client.add_grants

    def small(document: str, items: Any) -> None:
        if len({one.recipient for one in items}) > 1:
            raise BodyTooLarge("a body", "a smaller one")
        add(document, items)

    monkeypatch.setattr(again.client, "add_grants", small)
    assert again.send_all([made]) == [None]


def test_an_officer_whose_key_file_is_older_than_the_party_s_key_is_not_told_that_nobody_has_the_contents(
    port: Port, shipper: PartySession
) -> None:
    line = port.party("line of two", lambda: port.join("carrier", accounts=3, threshold=2, issuer=True))
    first, second = officer(port, line, 0), officer(port, line, 1)
    first.collects = True
    done = first.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    second.cosign(done.digest)
    keys = line.wallet.keys
    other = Keys((keys.accounts[2],), shipper.wallet.keys.encryption, keys.reference, keys.party)
    third = PartySession(port.client(port.url), Wallet(other), known=line.known)
    third.sign_in()
    assert third.cosign(done.digest).document == done.document
