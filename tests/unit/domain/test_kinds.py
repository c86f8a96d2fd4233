"""What a kind file says once it is read."""

import pytest

from portledger import resources
from portledger.domain import kinds
from portledger.domain.codes import Role, Who
from portledger.domain.errors import InvalidInput, KindError
from portledger.domain.hashing import keccak

EBL = resources.kind("ebl-negotiable")
CERTIFICATE = resources.kind("certificate-of-origin")


def test_all_five_kinds_load_in_the_order_of_their_numbers() -> None:
    assert [(number, kind.id) for number, kind in resources.kinds().items()] == [
        (0x0101, "ebl-negotiable"),
        (0x0102, "ebl-straight"),
        (0x0201, "certificate-of-origin"),
        (0x0301, "shipping-instruction"),
        (0x0401, "commercial-invoice"),
    ]


@pytest.mark.parametrize("which", [0x0101, "ebl-negotiable", "0x0101", "0X0101", "257"])
def test_a_kind_is_found_by_number_or_id(which: int | str) -> None:
    assert resources.kind(which) is EBL


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="ebl-straight"):
        resources.kind("waybill")


def test_variants_of_a_family_share_their_names_and_numbers() -> None:
    assert kinds.lint_family(resources.kinds().values()) == []
    straight = resources.kind("ebl-straight")
    assert EBL.family == straight.family == 1
    assert EBL.verb("ACCEPT").number == straight.verb("ACCEPT").number


def test_numbers_and_names_lead_to_each_other() -> None:
    assert EBL.state_name(EBL.state("ISSUED").number) == "ISSUED"
    assert EBL.verb_name(EBL.verb("OFFER").number) == "OFFER"
    assert EBL.state_name(kinds.NONE) == "NONE"
    assert (EBL.state_name(200), EBL.verb_name(200)) == ("200", "200")


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    for ask in (EBL.state, EBL.verb, EBL.dataset):
        with pytest.raises(InvalidInput, match="ebl-negotiable"):
            ask("NOWHERE")
    with pytest.raises(InvalidInput):
        EBL.intent(200)


def test_a_wallet_shows_the_verb_in_words() -> None:
    assert EBL.intent(EBL.verb("SURRENDER_FOR_DELIVERY").number) == "Bill of lading: SURRENDER FOR DELIVERY"
    assert resources.kind(0x0401).intent(1) == "Commercial invoice: SUBMIT"


def test_the_verbs_of_a_state_are_those_with_a_row() -> None:
    assert [EBL.verb_name(verb) for verb in EBL.verbs_in(EBL.state("AMENDED").number)] == ["ACCEPT", "DECLINE"]
    assert EBL.verbs_in(EBL.state("VOIDED").number) == ()
    assert EBL.rule(EBL.state("VOIDED").number, 1) is None


def test_only_endings_are_final_and_every_state_has_a_progress() -> None:
    assert EBL.final(EBL.state("SURRENDERED_FOR_DELIVERY").number)
    assert not EBL.final(EBL.state("ISSUED").number)
    assert EBL.progress(EBL.state("VOIDED").number) == "cancelled"
    assert EBL.progress(kinds.NONE) == "todo"


def test_readers_come_in_at_their_first_state_and_stay() -> None:
    applied, issued, used = (CERTIFICATE.state(name).number for name in ("APPLIED", "ISSUED", "USED"))
    assert "customs" not in CERTIFICATE.readers_of("goods", applied)
    assert "customs" in CERTIFICATE.readers_of("goods", issued)
    assert "customs" in CERTIFICATE.readers_of("goods", used)
    assert CERTIFICATE.datasets_for(["bank"], applied) == ()
    assert "basis" not in CERTIFICATE.datasets_for(["customs", "endorsee"], issued)
    assert "basis" in CERTIFICATE.datasets_for(["issuer"], applied)


def test_who_is_offered_a_bill_may_read_all_of_it() -> None:
    assert set(EBL.datasets_for(["offeree"], EBL.state("OFFERED").number)) == {d.name for d in EBL.datasets}


def test_every_document_must_name_its_ledger() -> None:
    for kind in resources.kinds().values():
        assert {"/chainId", "/ledger"} <= set(kind.mandatory_in("header"))


def test_mandatory_pointers_are_given_per_dataset() -> None:
    assert "/blNumber" in EBL.mandatory_in("header")
    assert EBL.mandatory_in("cargo") == ()


def test_the_upload_is_sorted_and_hashes_to_the_kind_digest() -> None:
    number, file_digest, keys, words, verbs, intents = EBL.define_arguments()
    assert number == 0x0101
    assert keys == sorted(set(keys))
    assert verbs == sorted(set(verbs))
    assert len(keys) == len(words) == 40
    assert intents[0] == keccak(b"Bill of lading: ISSUE")
    assert kinds.kind_digest(file_digest, keys, words, verbs, intents) == EBL.kind_digest
    words[3] ^= 1
    assert kinds.kind_digest(file_digest, keys, words, verbs, intents) != EBL.kind_digest


def test_comments_do_not_change_the_file_digest_but_a_title_does() -> None:
    raw = resources.read("kinds/ebl_negotiable.toml")
    assert kinds.load(raw + b"\n# a comment\n").file_digest == EBL.file_digest
    assert kinds.load(raw.replace("発行済".encode(), "発行".encode())).kind_digest != EBL.kind_digest


def test_bytes_that_are_no_kind_file_are_refused() -> None:
    for raw, why in ((b"\xff", "UTF-8"), (b"states = [", "TOML")):
        with pytest.raises(KindError, match=why):
            kinds.load(raw, "bad.toml")


def test_the_roles_file_agrees_with_the_codes() -> None:
    roles = resources.roles()
    assert {name: role.mask for name, role in roles.items()} == {name: Role.from_names([name]) for name in roles}
    assert len(roles) == len(Role)
    assert roles["customs"].title["ja"] == "税関"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("bit = 10,", "bit = 11,"), "bit 11"),
        (("bank = ", "banker = "), "banker|no role bank"),
        (('title = { en = "Bank", ja = "銀行" }', "title = 3"), "title"),
    ],
)
def test_a_roles_file_that_differs_from_the_codes_is_refused(change: tuple[str, str], why: str) -> None:
    text = resources.read("roles.toml").decode()
    assert change[0] in text
    with pytest.raises(KindError, match=why):
        kinds.parse_roles(text.replace(*change).encode())


def test_only_the_titleholder_takes_a_negotiable_bill_elsewhere_or_to_its_end() -> None:
    issued = EBL.state("ISSUED").number
    for verb in ("SURRENDER_FOR_DELIVERY", "SURRENDER_FOR_AMENDMENT", "SWITCH_TO_PAPER", "SWITCH_PLATFORM"):
        rule = EBL.rule(issued, EBL.verb(verb).number)
        assert rule is not None
        assert rule.who == Who.TITLEHOLDER
        assert rule.critical
