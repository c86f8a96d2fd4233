"""The deployed ledger through the client: deployment, acts, refusals, events, all on a real node."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.node import KEYS, Chain, Member, abi_type, call, key

from portledger import resources
from portledger.chain import encoding, events, reverts
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.contract import VIEWS, LedgerContract, NoLedger, NotMined
from portledger.chain.deploy import Deployment, DeploymentMismatch, define_kinds, deploy, genesis_hash
from portledger.chain.signers import KeySigner
from portledger.domain.codes import DAY, ZERO, PartyAct, Power, Role, Source
from portledger.domain.errors import (
    BY_NAME,
    BadParameter,
    KindSealed,
    LedgerError,
    NoRecord,
    PowerMissing,
    StalePrevious,
    WrongDocumentId,
)
from portledger.domain.events import (
    ActionApplied,
    ActionRefused,
    Appointed,
    ChangeEnacted,
    ChangeProposed,
    ChangeVetoed,
    Frozen,
    KindDefined,
    NoteApplied,
    PartyChanged,
    Unfrozen,
    ledger_head,
)
from portledger.domain.hashing import entry, keccak
from portledger.domain.parties import account_value, change_id
from portledger.domain.signatures import address_of, signers_word

EBL = 0x0101
CONTENT = keccak(b"manifest")


@pytest.fixture
def carrier(chain: Chain) -> Member:
    return chain.register(Role.CARRIER)


@pytest.fixture
def shipper(chain: Chain) -> Member:
    return chain.register(Role.SHIPPER_OR_CONSIGNEE)


def issue(chain: Chain, carrier: Member, shipper: Member, number: int = 1):
    values = {"content": CONTENT, "counterparty": shipper.id, "endorsee": shipper.id}
    return chain.prepare(carrier, EBL, "ISSUE", reference=keccak(bytes([number])), **values)


# --- the contract's interface and ours agree ------------------------------------------------------------------------


def signatures(of: str) -> set[str]:
    return {
        f"{item['name']}({','.join(abi_type(parameter) for parameter in item['inputs'])})"
        for item in ledger_artifact().abi
        if item["type"] == of
    }


def test_the_contract_has_exactly_the_errors_that_python_knows() -> None:
    assert signatures("error") == {leaf.signature() for leaf in BY_NAME.values()}


def test_errors_name_their_parameters_alike_here_and_there() -> None:
    for item in ledger_artifact().abi:
        if item["type"] == "error":
            names = [reverts_camel(name) for name in BY_NAME[item["name"]].parameter_names()]
            assert names == [parameter["name"] for parameter in item["inputs"]]


def reverts_camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def test_the_contract_has_exactly_the_events_that_python_reads() -> None:
    assert signatures("event") == set(events.SIGNATURES.values())


def test_the_topics_of_every_event_are_where_python_looks_for_them() -> None:
    indexed = {
        item["name"]: sum(parameter["indexed"] for parameter in item["inputs"]) + 1
        for item in ledger_artifact().abi
        if item["type"] == "event"
    }
    assert indexed == {event.__name__: shape[1] for event, shape in events._SHAPES.items()}


def test_every_view_that_python_calls_exists() -> None:
    assert set(VIEWS.values()) <= signatures("function")


def test_the_acts_selectors_are_the_contracts() -> None:
    assert f"execute({encoding.SIGNED_ACTION})" in signatures("function")
    assert f"executeBatch({encoding.SIGNED_ACTION}[])" in signatures("function")


# --- deployment -----------------------------------------------------------------------------------------------------


def test_a_deployment_is_known_again_by_chain_genesis_code_and_domain(chain: Chain, tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    chain.deployment.save(path)
    ledger = Deployment.load(path).check(chain.rpc)
    assert ledger.domain() == chain.domain
    assert ledger.domain_separator() == chain.domain.separator()
    assert chain.deployment.genesis == genesis_hash(chain.rpc)
    assert ledger_artifact().made(chain.rpc.code(ledger.address))


@pytest.mark.parametrize("member", ["salt", "genesis", "code_digest"])
def test_a_deployment_that_is_not_this_ledgers_is_refused(chain: Chain, member: str) -> None:
    with pytest.raises(DeploymentMismatch):
        replace(chain.deployment, **{member: keccak(b"other")}).check(chain.rpc)


def test_another_contract_or_none_is_no_ledger(chain: Chain) -> None:
    nothing = replace(chain.deployment, ledger=bytes([9]) * 20)
    with pytest.raises(NoLedger):
        nothing.check(chain.rpc)
    with pytest.raises(NoLedger):
        LedgerContract(chain.rpc, nothing.ledger).head(ZERO)


def test_all_shipped_kinds_are_defined_with_the_digests_of_their_files(chain: Chain) -> None:
    for number, kind in resources.kinds().items():
        assert chain.ledger.kind_digest(number) == kind.kind_digest == chain.deployment.kinds[number]
        for (state, verb), rule in kind.rows.items():
            assert chain.ledger.rule(number, state, verb) == rule.word()
            assert chain.ledger.live_states(number) >> state & 1
        for verb in kind.verbs.values():
            assert chain.ledger.intent(number, verb.number) == keccak(verb.intent.encode())


def test_kinds_that_are_there_are_not_defined_again(chain: Chain) -> None:
    before = chain.rpc.block_number()
    again = define_kinds(chain.rpc, replace(chain.deployment, kinds={}), KEYS.governor, resources.kinds().values())
    assert again == chain.deployment
    assert chain.rpc.block_number() == before


def test_a_sealed_kind_is_refused_with_the_ledgers_own_error(chain: Chain) -> None:
    arguments = resources.kinds()[EBL].define_arguments()
    with pytest.raises(KindSealed):
        chain.send(KEYS.governor, "defineKind", *arguments)


def test_powers_must_be_three_different_accounts(chain: Chain) -> None:
    governor, registrar = address_of(KEYS.governor), address_of(KEYS.registrar)
    with pytest.raises(BadParameter):
        deploy(chain.rpc, KeySigner(KEYS.deployer), "c", governor, registrar, governor)


def test_the_three_powers_are_read_back(chain: Chain) -> None:
    holders = [chain.ledger.holder(power) for power in Power]
    assert holders == [address_of(secret) for secret in (KEYS.governor, KEYS.registrar, KEYS.guardian)]
    assert chain.ledger.pending(Power.GUARDIAN) is None
    chain.send(KEYS.governor, "appoint", int(Power.GUARDIAN), bytes([9]) * 20)
    assert chain.ledger.pending(Power.GUARDIAN) == (bytes([9]) * 20, chain.now() + 7 * DAY)
    (event,) = chain.events(chain.rpc.block_number())
    assert isinstance(event, Appointed)
    assert (event.power, event.account, event.ready_at) == (3, bytes([9]) * 20, chain.now() + 7 * DAY)
    assert event.head == chain.ledger.party_head(0)


# --- acts -----------------------------------------------------------------------------------------------------------


def test_an_issue_and_its_acceptance_leave_the_record_and_its_heads(
    chain: Chain, carrier: Member, shipper: Member
) -> None:
    signed = issue(chain, carrier, shipper)
    document = signed.action.document
    assert chain.ledger.record(document) is None
    before = chain.ledger.ledger_head()
    chain.execute(signed)
    record = chain.ledger.record(document)
    assert record is not None
    assert (record.control.issuer, record.control.possessor, record.control.offeree) == (
        carrier.id,
        carrier.id,
        shipper.id,
    )
    intent = resources.kinds()[EBL].intent(signed.action.verb)
    digest = signed.action.digest(chain.domain, intent)
    result = record.control.pack().to_bytes(32, "big")
    assert record.head == entry(ZERO, digest, result, signers_word(carrier.addresses), chain.now())
    assert chain.ledger.ledger_head() == keccak(before, record.head)

    (event,) = chain.events(chain.rpc.block_number())
    assert isinstance(event, ActionApplied)
    assert (event.document, event.digest, event.head) == (document, digest, record.head)
    assert event.signed(ZERO) == signed
    assert event.record() == record.control
    assert event.time == chain.now()

    chain.execute(chain.prepare(shipper, EBL, "ACCEPT", document, counterparty=carrier.id, endorsee=shipper.id))
    control = chain.ledger.control(document)
    assert control is not None
    assert (control.possessor, control.endorsee, control.offeree) == (shipper.id, shipper.id, 0)


def test_a_refused_act_raises_the_ledgers_error_by_name_and_value(
    chain: Chain, carrier: Member, shipper: Member
) -> None:
    signed = issue(chain, carrier, shipper)
    chain.execute(signed)
    accept = chain.prepare(
        shipper,
        EBL,
        "ACCEPT",
        signed.action.document,
        counterparty=carrier.id,
        endorsee=shipper.id,
        previous=keccak(b"elsewhere"),
    )
    head = chain.ledger.head(signed.action.document)
    expected = StalePrevious(document=signed.action.document, given=keccak(b"elsewhere"), head=head)
    calldata = encoding.execute(accept)
    for refuse in (
        lambda: chain.ledger.simulate(bytes(20), calldata),
        lambda: chain.ledger.send(KEYS.relayer, calldata),
        lambda: chain.execute(accept),
    ):
        with pytest.raises(StalePrevious) as raised:
            refuse()
        assert raised.value == expected


def test_a_batch_applies_what_it_can_and_tells_why_not_the_rest(chain: Chain, carrier: Member, shipper: Member) -> None:
    good, also = issue(chain, carrier, shipper, 1), issue(chain, carrier, shipper, 2)
    wrong = chain.sign(replace(issue(chain, carrier, shipper, 3).action, document=keccak(b"other")), carrier.keys)
    chain.execute_batch([good, wrong, also])
    first, refused, second = chain.events(chain.rpc.block_number())
    assert isinstance(first, ActionApplied)
    assert isinstance(second, ActionApplied)
    assert (first.document, second.document) == (good.action.document, also.action.document)
    assert isinstance(refused, ActionRefused)
    assert refused.item == 1
    assert refused.digest == wrong.action.digest(chain.domain, resources.kinds()[EBL].intent(wrong.action.verb))
    assert isinstance(reverts.decode(refused.reason), WrongDocumentId)


def test_a_note_runs_on_its_own_track(chain: Chain, carrier: Member, shipper: Member) -> None:
    signed = issue(chain, carrier, shipper)
    chain.execute(signed)
    notes = [
        (verb, rule)
        for (state, verb), rule in resources.kinds()[EBL].rows.items()
        if state == chain.ledger.control(signed.action.document).state and rule.note
    ]
    assert notes, "NOTICE stands in OFFERED"
    verb = resources.kinds()[EBL].verb_name(notes[0][0])
    note = chain.prepare(carrier, EBL, verb, signed.action.document, detail=keccak(b"detail"))
    head = chain.ledger.head(signed.action.document)
    chain.execute(note)
    (event,) = chain.events(chain.rpc.block_number())
    assert isinstance(event, NoteApplied)
    record = chain.ledger.record(signed.action.document)
    assert (record.head, record.notes_head) == (head, event.head)
    assert chain.ledger.noted(event.digest)


def test_freezing_is_read_back_and_told(chain: Chain, carrier: Member, shipper: Member) -> None:
    signed = issue(chain, carrier, shipper)
    chain.execute(signed)
    document, until = signed.action.document, chain.now() + DAY
    chain.send(KEYS.guardian, "freeze", document, until, keccak(b"order"))
    assert chain.ledger.extension(document) == (0, until)
    (frozen,) = chain.events(chain.rpc.block_number())
    assert frozen == Frozen(
        frozen.where,
        document,
        chain.ledger.head(document),
        chain.ledger.control(document).pack(),
        until,
        keccak(b"order"),
        address_of(KEYS.guardian),
    )
    chain.send(KEYS.guardian, "unfreeze", document)
    (unfrozen,) = chain.events(chain.rpc.block_number())
    assert isinstance(unfrozen, Unfrozen)
    assert unfrozen.head == chain.ledger.head(document)
    with pytest.raises(NoRecord):
        chain.send(KEYS.guardian, "freeze", keccak(b"none"), until, ZERO)


# --- parties --------------------------------------------------------------------------------------------------------


def test_a_party_is_read_back_as_it_was_registered(chain: Chain) -> None:
    member = chain.register(Role.BANK, accounts=3, threshold=2)
    party = chain.ledger.party(member.id)
    assert party is not None
    assert (party.roles, party.epoch, party.threshold, party.accounts) == (Role.BANK, 1, 2, 3)
    assert chain.ledger.last_party() == member.id
    assert chain.ledger.profile(member.id) == member.registration.profile
    assert chain.ledger.encryption_key(member.id) == member.registration.encryption_key
    assert chain.ledger.party_nonce(member.id) == 0
    for address in member.addresses:
        account = chain.ledger.account(address)
        assert account is not None
        assert (account.party, account.active, account.full) == (member.id, True, True)
    (event,) = chain.events(chain.rpc.block_number())
    assert isinstance(event, PartyChanged)
    assert event.state() == party
    assert event.account() is None
    assert event.head == chain.ledger.party_head(member.id)
    assert event.call[:4] == call("register", ((bytes(32), 0, bytes(32), 0, False, [], [], [])))[:4]
    assert chain.ledger.party(member.id + 1) is None
    assert chain.ledger.account(bytes([1]) * 20) is None


def test_a_change_is_proposed_vetoed_and_enacted(chain: Chain) -> None:
    member = chain.register(Role.CARRIER)
    head = chain.ledger.party_head(member.id)
    value = int(Role.CARRIER | Role.NVOCC).to_bytes(32, "big")
    expected = change_id(member.id, PartyAct.SET_ROLES, value, head)
    assert chain.ledger.change(expected) is None
    chain.send(KEYS.registrar, "propose", member.id, int(PartyAct.SET_ROLES), value)
    proposed, changed = chain.events(chain.rpc.block_number())
    ready = chain.now() + 7 * DAY
    assert proposed == ChangeProposed(proposed.where, member.id, expected, 11, int(Source.REGISTRAR), value, ready)
    assert isinstance(changed, PartyChanged)
    assert chain.ledger.open_change(member.id, Source.REGISTRAR, PartyAct.SET_ROLES) == expected
    change = chain.ledger.change(expected)
    assert change is not None
    assert (change.party, change.what, change.source, change.ready_at) == (member.id, 11, Source.REGISTRAR, ready)
    assert (change.value, change.dead, change.proposed_at) == (value, False, chain.now())
    chain.advance(7 * DAY)
    chain.send(KEYS.relayer, "enact", expected, b"")
    enacted, _ = chain.events(chain.rpc.block_number())
    assert enacted == ChangeEnacted(enacted.where, member.id, expected)
    assert chain.ledger.party(member.id).roles == Role.CARRIER | Role.NVOCC
    assert chain.ledger.change(expected).dead


def test_a_veto_is_told(chain: Chain) -> None:
    from portledger.domain.actions import Veto
    from portledger.domain.signatures import sign

    member = chain.register(Role.CARRIER)
    value = account_value(address_of(key("newcomer")), 0xFF)
    expected = change_id(member.id, PartyAct.ADD_ACCOUNT, value, chain.ledger.party_head(member.id))
    chain.send(KEYS.registrar, "propose", member.id, int(PartyAct.ADD_ACCOUNT), value)
    veto = sign(Veto(member.id, expected).digest(chain.domain), member.keys[0])
    chain.send(KEYS.relayer, "veto", expected, veto)
    told, _ = chain.events(chain.rpc.block_number())
    assert told == ChangeVetoed(told.where, member.id, expected)


def test_a_power_is_missing_in_the_ledgers_own_words(chain: Chain) -> None:
    with pytest.raises(PowerMissing) as raised:
        chain.send(KEYS.relayer, "suspend", 1, chain.now() + DAY)
    assert raised.value == PowerMissing(power=2, sender=address_of(KEYS.relayer))


def test_the_kinds_definitions_are_told_with_their_tables(chain: Chain) -> None:
    defined = [event for event in chain.events() if isinstance(event, KindDefined)]
    assert {event.kind: event.kind_digest for event in defined} == chain.deployment.kinds
    for event in defined:
        assert event.call == call("defineKind", *resources.kinds()[event.kind].define_arguments())


def test_the_ledgers_running_hash_follows_from_the_events_alone(chain: Chain, carrier: Member, shipper: Member) -> None:
    signed = issue(chain, carrier, shipper)
    chain.execute_batch([signed, signed, issue(chain, carrier, shipper, 2)])
    chain.send(KEYS.guardian, "freeze", signed.action.document, chain.now() + DAY, ZERO)
    chain.send(KEYS.governor, "appoint", int(Power.GUARDIAN), bytes([9]) * 20)
    chain.send(KEYS.registrar, "propose", carrier.id, int(PartyAct.SET_ROLES), bytes(32))
    assert ledger_head(ZERO, chain.events()) == chain.ledger.ledger_head()


# --- the node's answers ---------------------------------------------------------------------------------------------


def test_a_transaction_that_is_not_mined_is_said(chain: Chain, carrier: Member, shipper: Member) -> None:
    tx = chain.ledger.send(KEYS.relayer, encoding.execute(issue(chain, carrier, shipper)), gas=10**6)
    with pytest.raises(NotMined):
        chain.ledger.wait(tx, seconds=0.1)
    chain.mine()
    assert chain.ledger.wait(tx)["status"] == "0x1"


def test_block_times_are_asked_for_where_the_engine_does_not_send_them(chain: Chain, carrier: Member) -> None:
    logs = chain.rpc.logs(chain.deployment.ledger, 0, "latest")
    bare = [{name: value for name, value in log.items() if name != "blockTimestamp"} for log in logs]
    assert events.decode_all(chain.rpc, bare) == events.decode_all(chain.rpc, logs)
    assert len(logs) > 5


def test_a_node_that_mines_by_itself_serves_the_same_client(live_chain: Chain) -> None:
    carrier, shipper = live_chain.register(Role.CARRIER), live_chain.register(Role.SHIPPER_OR_CONSIGNEE)
    signed = issue(live_chain, carrier, shipper)
    receipt = live_chain.execute(signed)
    assert live_chain.ledger.record(signed.action.document) is not None
    with pytest.raises(LedgerError):
        live_chain.execute(signed)
    assert live_chain.node.saved_block >= int(receipt["blockNumber"], 16)


def test_a_storage_proof_names_the_ledgers_own_root(chain: Chain) -> None:
    proof = chain.rpc.proof(chain.deployment.ledger, [9, 10])
    assert [int(item["key"], 16) for item in proof["storageProof"]] == [9, 10]
    assert bytes.fromhex(proof["codeHash"][2:]) == chain.deployment.code_digest
    assert chain.rpc.storage(chain.deployment.ledger, 9) == chain.ledger.ledger_head()
