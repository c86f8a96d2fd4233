"""A desk that locked by itself loses nothing that was typed: each long form, sent too late, is there again."""

from __future__ import annotations

import html
import re
import time
from typing import Any

import httpx
import pytest
from starlette.concurrency import run_in_threadpool
from tests.desk.conftest import PASSPHRASE, Office, Visitor, browsing, summary_of
from tests.desk.test_attached import FILE
from tests.desk.test_attached import put as put_file
from tests.desk.test_importing import table
from tests.desk.test_writing import INVOICE, begun, fields_of

from portledger.desk import drafts, writing
from portledger.desk.again import _NAMES, _Sent, sent_again
from portledger.desk.app import build
from portledger.sdk.errors import GatewayUnreachable
from portledger.sdk.party import PartySession

KEPT = "The desk had locked before your form came."
SECRET = "a word that nobody else may read"


def idle(visitor: Visitor) -> None:
    """Nobody used the desk for an hour."""
    visitor.desk._used -= 3_600


def sent(visitor: Visitor, path: str, files: Any = None, **fields: str) -> httpx.Response:
    return visitor.http.post(
        path, data={"token": visitor.desk.form_token, **fields}, files=files, headers={"Origin": visitor.origin}
    )


def unlocked(visitor: Visitor, key: str, answer: httpx.Response) -> str:
    """The page that unlocking leads to, after a form that came too late."""
    assert answer.url.path == "/unlock"
    assert KEPT in answer.text
    assert f"<option selected>{key}</option>" in answer.text
    return visitor.unlock(key)


def again(visitor: Visitor, key: str, page: str, do: str = "send") -> httpx.Response:
    (token,) = re.findall(r'name="form" value="([^"]+)"', page)
    return sent(visitor, f"/as/{key}/again", form=token, do=do)


def test_a_document_that_was_being_written_is_there_again(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    given = INVOICE | {"/header/invoiceNumber": "LATE-1", "/header/contractNumber": SECRET}
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, place, do="save", **given))
    assert SECRET in page
    assert fields_of(visitor.get(place))["/header/contractNumber"] == "", "nothing was done yet"
    answer = again(visitor, "shipper", page)
    assert answer.url.path == place
    kept = {at: html.unescape(text) for at, text in fields_of(answer.text).items()}
    assert {at: kept[at] for at in given} == given
    assert visitor.http.get("/as/shipper/again").url.path == "/as/shipper/", "it is kept no longer"


def test_a_check_that_came_too_late_leads_to_the_summary_at_its_own_address(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    (carrier,) = re.findall(r'value="(\d+)">Example Line', visitor.get(place))
    given = INVOICE | {"/header/invoiceNumber": "LATE-2"}
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, place, do="check", endorsee=carrier, **given))
    answer = again(visitor, "shipper", page)
    assert answer.url.path.startswith("/shown/")
    assert "Signed, and on the ledger." in visitor.post(f"{place}/sign", summary=summary_of(answer.text))


def test_an_imported_file_is_there_again(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    idle(visitor)
    files = {"file": ("rows.csv", table("LATE-3", "LATE-4").encode())}
    page = unlocked(visitor, "shipper", sent(visitor, "/as/shipper/import", files, kind="commercial-invoice"))
    assert "rows.csv" in page
    answer = again(visitor, "shipper", page)
    assert re.fullmatch(r"/as/shipper/jobs/[0-9a-f]{32}", answer.url.path)
    assert "送り状番号" in answer.text


def test_a_file_put_to_a_draft_is_there_again(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    idle(visitor)
    answer = again(visitor, "shipper", unlocked(visitor, "shipper", put_file(visitor, place, *FILE)))
    assert answer.url.path == f"{place}/files"
    assert FILE[0] in answer.text


def test_the_answers_of_an_act_are_there_again_and_lead_to_its_summary(office: Office, visitor: Visitor) -> None:
    form = f"/as/carrier/documents/{office.bill()}/NOTICE"
    visitor.unlock("carrier")
    idle(visitor)
    page = unlocked(visitor, "carrier", sent(visitor, form, reasonCode="LIEN", comments=SECRET))
    answer = again(visitor, "carrier", page)
    assert SECRET in answer.text
    assert summary_of(answer.text)


def test_a_signature_that_came_too_late_signs_nothing_and_its_page_is_made_anew_with_what_was_typed(
    office: Office, visitor: Visitor
) -> None:
    document = office.bill()
    place = f"/as/carrier/documents/{document}"
    visitor.unlock("carrier")
    shown = visitor.post(f"{place}/NOTICE", reasonCode="LIEN", comments=SECRET)
    before = len(office.carrier.history(document))
    idle(visitor)
    late = sent(visitor, f"{place}/sign", summary=summary_of(shown), signature="0x" + "ab" * 65)
    page = unlocked(visitor, "carrier", late)
    assert "Nothing was signed" in page
    assert "ab" * 65 not in page
    answer = again(visitor, "carrier", page)
    assert len(office.carrier.history(document)) == before
    assert answer.url.path == f"{place}/NOTICE"
    assert f'value="{SECRET}"' in answer.text
    shown = visitor.post(f"{place}/NOTICE", reasonCode="LIEN", comments=SECRET)
    visitor.post(f"{place}/sign", summary=summary_of(shown))
    assert len(office.carrier.history(document)) == before + 1


def test_a_late_signature_of_a_draft_leads_to_the_draft(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, f"{place}/sign", summary="made up"))
    assert again(visitor, "shipper", page).url.path == place


A, B = "a" * 64, "b" * 32
ACTS = {
    f"changes/{A}/veto": f"changes/{A}",
    f"changes/{A}/enact": f"changes/{A}",
    f"waiting/{A}/sign": f"waiting/{A}",
    f"waiting/{A}/withdraw": f"waiting/{A}",
    f"waiting/{A}/files/1": f"waiting/{A}",
    f"jobs/{B}/sign": f"jobs/{B}",
    f"jobs/{B}/continue": f"jobs/{B}",
    f"jobs/{B}/delete": f"jobs/{B}",
    f"many/{B}/continue": f"many/{B}",
    f"many/{B}/delete": f"many/{B}",
    "many/sign": "many",
    f"cosigned/{B}/continue": f"cosigned/{B}",
    f"cosigned/{B}/delete": f"cosigned/{B}",
    "waiting/sign": "waiting",
    f"drafts/{B}/sign": f"drafts/{B}",
    f"drafts/{B}/delete": f"drafts/{B}",
    f"drafts/{B}/files/remove": f"drafts/{B}/files",
    f"documents/{A}/sign": f"documents/{A}",
    f"files/{A}/check": f"files/{A}",
    f"files/{A}/1": f"files/{A}",
    f"out/{A}/evidence": f"out/{A}",
    f"out/{A}/pdf": f"out/{A}",
    f"out/{A}/message": f"out/{A}",
    f"out/{A}/present": f"out/{A}",
    "audit": "",
    **{f"officers/{one}": "officers" for one in ("new", "file", "threshold", "remove", "sign", "bring")},
}
"""What is never sent again -> the page that it leads to, below /as/NAME/."""
WITH_FILE = ("officers/bring",)
TYPED = ("new", "import", "many", "waiting", "search", "statement", "audit/holdings", f"documents/{A}/OFFER",
         f"compare/{A}", f"drafts/{B}", f"drafts/{B}/files", f"drafts/{B}/prefill", f"jobs/{B}",
         f"out/{A}/disclose")  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_what_does_something_is_never_sent_again_and_leads_to_its_page(visitor: Visitor, act: str) -> None:
    visitor.unlock("shipper")
    idle(visitor)
    files = {"file": ("keys.json", SECRET.encode())} if act in WITH_FILE else None
    page = unlocked(visitor, "shipper", sent(visitor, f"/as/shipper/{act}", files, comments=SECRET))
    assert "Nothing was signed, sent or deleted" in page
    assert SECRET not in page
    assert "Send it now" not in page
    answer = again(visitor, "shipper", page)
    assert answer.request.method == "GET"
    led = [one.headers["location"] for one in answer.history]
    assert led[0] == f"/as/shipper/{ACTS[act]}"
    assert not visitor.desk.held._forms


def test_every_form_of_a_party_is_one_or_the_other(visitor: Visitor) -> None:
    """A new one that is not named here is not sent again, and must be thought about."""
    posts = [
        route.path_regex
        for route in build(visitor.desk, visitor.origin).app.router.routes  # type: ignore[attr-defined]
        if "POST" in (getattr(route, "methods", None) or ()) and route.path.startswith("/as/")
    ]
    known = {f"/as/shipper/{one}" for one in (*ACTS, *TYPED, "again")}
    unknown = [one.pattern for one in posts if not any(one.fullmatch(path) for path in known)]
    assert unknown == []
    assert [one for one in ACTS if sent_again(f"/as/shipper/{one}")] == []
    assert [one for one in TYPED if not sent_again(f"/as/shipper/{one}")] == []


def test_every_form_s_page_has_a_name(visitor: Visitor) -> None:
    steps = {one.split("/")[0] for one in (*ACTS, *TYPED)}
    assert steps - set(_NAMES) == set()
    visitor.unlock("shipper")
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, "/as/shipper/officers/threshold", threshold="2"))
    assert "<strong>Officers and signatures</strong>" in page


def test_a_form_is_kept_until_it_has_its_answer(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.unlock("shipper")
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, "/as/shipper/new", kind="commercial-invoice"))
    with monkeypatch.context() as broken:
        broken.setattr(writing, "kind_of", unreachable)
        assert again(visitor, "shipper", page).status_code == 409
    idle(visitor)
    assert again(visitor, "shipper", page).url.path == "/unlock"
    assert len(visitor.desk.held._forms) == 1, "kept once, though it came too late twice"
    answer = again(visitor, "shipper", visitor.unlock("shipper"))
    assert "/drafts/" in answer.url.path
    assert not visitor.desk.held._forms


def test_two_clicks_make_one_draft(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.unlock("shipper")
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, "/as/shipper/new", kind="commercial-invoice"))
    send, second = _Sent.__call__, list[httpx.Response]()

    async def clicked_again(self: _Sent, *asked: Any) -> None:
        """Before what the first click sends is worked on, the second one comes."""
        monkeypatch.setattr(_Sent, "__call__", send)
        second.append(await run_in_threadpool(again, visitor, "shipper", page))
        await send(self, *asked)

    monkeypatch.setattr(_Sent, "__call__", clicked_again)
    session = visitor.desk.session("shipper")
    assert session is not None
    shelf = visitor.desk.shelf(session, drafts.SORT)
    before = len(shelf.names())
    assert "/drafts/" in again(visitor, "shipper", page).url.path
    assert len(shelf.names()) == before + 1
    assert (second[0].status_code, "it was sent, or forgotten" in second[0].text) == (410, True)


def test_a_form_that_was_being_sent_when_a_person_locked_the_desk_is_forgotten_too(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, "/as/shipper/new", kind="commercial-invoice"))

    def locked(*_: object) -> None:
        visitor.desk.held.clear()
        raise GatewayUnreachable("no answer", "a running gateway")

    monkeypatch.setattr(writing, "kind_of", locked)
    assert again(visitor, "shipper", page).status_code == 409
    assert not visitor.desk.held._forms


def unreachable(*_: object) -> None:
    raise GatewayUnreachable("no answer", "a running gateway")


def late(visitor: Visitor, key: str = "shipper") -> tuple[str, str]:
    """(a draft's page, the token of a form of it that came too late)."""
    visitor.unlock(key)
    place = begun(visitor, key, "commercial-invoice")
    idle(visitor)
    sent(visitor, place, do="save", **{"/header/contractNumber": SECRET})
    return place, next(iter(visitor.desk.held._forms))


def test_a_draft_that_was_saved_since_is_replaced_only_after_that_was_said(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, token = late(visitor)
    page = visitor.unlock("shipper")
    assert "after this form came" not in page
    with monkeypatch.context() as later:
        later.setattr(PartySession, "now", lambda _: int(time.time()) + 60)
        visitor.post(place, do="save", **{"/header/contractNumber": "NEWER"})
    answer = again(visitor, "shipper", page)
    assert answer.status_code == 409
    assert "after this form came. Sending the form puts what you wrote in it in the place" in answer.text
    assert f'<a href="{place}">' in answer.text
    assert fields_of(visitor.get(place))["/header/contractNumber"] == "NEWER"
    (saved,) = re.findall(r'name="saved" value="(\d+)"', answer.text)
    assert sent(visitor, "/as/shipper/again", form=token, do="send", saved=saved).url.path == place
    assert fields_of(visitor.get(place))["/header/contractNumber"] == SECRET


def test_while_locked_nothing_of_it_can_be_read_and_no_other_party_gets_it(visitor: Visitor) -> None:
    place, token = late(visitor)
    assert SECRET.encode() not in b"".join(sealed for _, sealed in visitor.desk.held._forms.values())
    assert SECRET not in repr(visitor.desk.held._forms) + repr(vars(visitor.desk))
    assert SECRET not in sent(visitor, "/unlock", key="shipper", passphrase="wrong").text
    assert visitor.http.get("/as/shipper/again").url.path == "/unlock"
    visitor.unlock("carrier")
    assert visitor.http.get("/as/carrier/again").url.path == "/as/carrier/"
    assert sent(visitor, "/as/carrier/again", form=token, do="send").status_code == 410
    visitor.unlock("shipper")
    assert SECRET not in visitor.get(place)
    assert SECRET in visitor.get("/as/shipper/again")


def test_locking_by_hand_and_forgetting_leave_nothing(visitor: Visitor) -> None:
    late(visitor)
    visitor.post("/lock")
    assert not visitor.desk.held._forms
    visitor.unlock("shipper")
    assert visitor.http.get("/as/shipper/again").url.path == "/as/shipper/"
    place, _ = late(visitor)
    answer = again(visitor, "shipper", visitor.unlock("shipper"), "forget")
    assert answer.url.path == "/as/shipper/"
    assert SECRET not in visitor.get(place)
    assert not visitor.desk.held._forms


def test_a_form_that_is_not_of_this_desk_or_of_no_party_here_is_not_kept(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    idle(visitor)
    fields = {"do": "save", "/header/contractNumber": SECRET}
    assert sent(visitor, place, **{**fields, "token": "made up"}).status_code == 403
    assert sent(visitor, place.replace("shipper", "nobody"), **fields).url.path == "/unlock"
    foreign = visitor.http.post(
        place, data={"token": visitor.desk.form_token, **fields}, headers={"Origin": "http://evil.example"}
    )
    assert foreign.status_code == 403
    assert not visitor.desk.held._forms


def test_the_page_speaks_japanese(office: Office) -> None:
    with (
        office.desk("ja") as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        visitor = Visitor(http, origin, desk)
        late(visitor)
        page = visitor.unlock("shipper")
    assert "ロックされた所から続ける" in page


@pytest.mark.parametrize("path", ["/as/shipper/again", "/unlock"])
def test_what_was_typed_is_in_no_address(visitor: Visitor, path: str) -> None:
    late(visitor)
    page = visitor.unlock("shipper")
    answer = again(visitor, "shipper", page)
    trail = [str(one.url) for one in (*answer.history, answer, visitor.http.get(path))]
    assert not [one for one in trail if "word" in one or PASSPHRASE in one]


def test_an_act_on_several_documents_that_came_too_late_begins_anew_in_the_inbox(
    office: Office, visitor: Visitor
) -> None:
    visitor.unlock("shipper")
    bills = [office.bill() for _ in range(2)]
    page = visitor.post("/as/shipper/many", act="ACCEPT", **{f"pick.{one}": "1" for one in bills})
    idle(visitor)
    page = unlocked(visitor, "shipper", sent(visitor, "/as/shipper/many/sign", summary=summary_of(page)))
    assert "/as/shipper/many/sign" in page, "it says which form it was"
    answer = again(visitor, "shipper", page)
    assert (answer.status_code, answer.url.path) == (200, "/as/shipper/")
    assert {office.carrier.record(one).possessor for one in bills} == {office.carrier.party}
