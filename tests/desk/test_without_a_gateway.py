"""A gateway that is silent or lies costs a person nothing that was typed, and no lie goes unsaid."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk.conftest import Office, Visitor
from tests.desk.test_writing import begun

from portledger.sdk import trust
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable
from portledger.sdk.party import PartySession


def gone(*_: Any, **__: Any) -> Any:
    raise GatewayUnreachable("no answer", "one")


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("documents/{}/NOTICE", {"reasonCode": "LIEN", "comments": "a long reason"}),
        ("out/{}/disclose", {"audience": "a long reason", "purpose": "import", "days": "7"}),
    ],
)
def test_what_was_typed_is_there_again_when_the_gateway_is(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, form: str, typed: dict[str, str]
) -> None:
    path = "/as/carrier/" + form.format(office.bill())
    visitor.unlock("carrier")
    visitor.get(path)
    with monkeypatch.context() as patch:
        patch.setattr(visitor.desk.session("carrier").client, "_request", gone)  # type: ignore[union-attr]
        visitor.post(path, 409, **typed)
    assert 'value="a long reason"' in visitor.get(path)


def test_a_draft_is_kept_although_the_gateway_renews_no_session(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    draft = begun(visitor, "shipper", "commercial-invoice")
    session = visitor.desk.session("shipper")
    assert session is not None
    with monkeypatch.context() as patch:
        patch.setattr(session, "signed_in_until", 0)
        patch.setattr(PartySession, "sign_in", gone)
        fields = {"token": visitor.desk.form_token, "do": "save", "/header/invoiceNumber": "KEPT-ALL-THE-SAME"}
        visitor.http.post(draft, data=fields, headers={"Origin": visitor.origin})
    assert "KEPT-ALL-THE-SAME" in visitor.get(draft)


def test_a_party_of_whom_the_gateway_shows_another_profile_is_shown_with_a_warning(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*_: Any) -> Any:
        raise GatewayProblem("a profile with digest 00", "11, the one in the party's log", "do not rely on it")

    visitor.unlock("shipper")
    path = f"/as/shipper/parties/{office.carrier.party}"
    assert 'role="alert"' not in visitor.get(path)
    monkeypatch.setattr(trust, "profile", other)
    assert "do not rely on it" in visitor.get(path)
