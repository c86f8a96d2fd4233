"""The demo's last part: what is left when gateway and node are gone, and that it can be checked without them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from portledger import resources
from portledger.cli.demo_cast import Cast
from portledger.cli.demo_story import Story
from portledger.cli.demo_voice import DemoFailed, Voice
from portledger.evidence import bundle, presentation
from portledger.evidence.presentation import Presentation
from portledger.evidence.verdict import Class, Verdict
from portledger.sdk import disclosing, proving
from portledger.sdk.audit import ArchiveSource, audit, export
from portledger.sdk.client import Client
from portledger.sdk.disclosing import Chosen, place_of
from portledger.sdk.evidence_files import read_policy, verify_file
from portledger.sdk.ledger_node import LedgerNode
from portledger.vault import canonical

BUNDLE: Final = "bill.evidence.json"
SHOWN: Final = "for-customs.presentation.json"
ARCHIVE: Final = "ledger.archive"
POLICY: Final = "policy.toml"
_AUDIENCE: Final = "Customs of the port of discharge"


@dataclass(frozen=True, slots=True)
class Files:
    """folder: where they lie; url: the gateway's address, which answers no more when they are checked."""

    folder: Path
    url: str


def write(voice: Voice, cast: Cast, story: Story, folder: Path, url: str, node_url: str) -> Files:
    """While all still runs: the bill's evidence, a presentation of three fields, the whole ledger as an archive."""
    voice.title(
        "Evidence that needs nobody",
        """Everything that proves the bill goes into files: its history with all signatures, the registry of its
        parties, and the ledger's own storage proof. Whoever has a file can check it years later, offline.""",
    )
    folder.mkdir()
    consignee = cast["consignee"]
    made = voice.does(
        "The consignee writes the bill's evidence, with the number opened",
        lambda: proving.prove(consignee, story.document, opened=["header"]),
    )
    size = _save(folder / BUNDLE, bundle.dump(made))
    voice.note(
        f"{BUNDLE}, {size}: {len(made.entries)} acts, {len(made.parties)} parties, {len(made.proof)} nodes of proof."
    )
    chosen = Chosen(
        audience=_AUDIENCE,
        purpose="import declaration",
        valid=7 * disclosing.DAY,
        fields=[place_of("route:/pol/UNLocationCode"), place_of("route:/pod/UNLocationCode"), place_of("route:/eta")],
    )
    shown = voice.does(
        "It shows three fields of the bill to the customs, and proves them",
        lambda: disclosing.disclose(consignee, story.document, chosen),
    )
    size = _save(folder / SHOWN, presentation.dump(shown))
    fields = len(shown.fields) - len(chosen.fields)
    voice.note(f"{SHOWN}, {size}: the three, and {fields} that nobody may hide. The price stays closed.")
    ledger = made.domain.ledger
    with LedgerNode(node_url, ledger) as node:
        header, _ = voice.does(
            "The auditor copies the whole ledger into one file", lambda: export(node, folder / ARCHIVE)
        )
    voice.note(f"{ARCHIVE}: every event of blocks {header.first_block} to {header.last_block}.")
    (folder / POLICY).write_text(
        f'# What is trusted: this demo\'s ledger, whose blocks nobody seals.\nschema = "portledger/policy/1"\n\n'
        f'[[ledger]]\nchain_id = {made.domain.chain_id}\naddress = "0x{ledger.hex()}"\n'
        'engine = "none"\ncode = "release"\n'
    )
    return Files(folder, url)


def check(voice: Voice, files: Files) -> list[dict[str, Any]]:
    """With gateway and node switched off. The verdicts, as JSON has them."""
    voice.title(
        "Gateway and chain are switched off",
        "From here on there are only the files, and a policy file that says which ledger is trusted.",
    )
    with Client(files.url, pause=lambda _: None) as gone:
        voice.refused("Somebody asks the gateway, to be sure", "GatewayUnreachable", gone.ledger)
    policy = read_policy(files.folder / POLICY)
    court = voice.does(
        "A court verifies the bill's evidence, offline",
        _holding(files.folder / BUNDLE, lambda path: verify_file(path, policy)),
    )
    assert court.result is not None  # it holds
    voice.note(f"Every step holds as of {court.result.as_of}: bill {court.result.number}, {court.result.state}.")
    voice.note("Unsealed, it says: on a consortium's chain the validators' seals on the block are checked as well.")
    customs = voice.does(
        "The customs verify what they were shown, offline",
        _holding(files.folder / SHOWN, lambda path: verify_file(path, policy)),
    )
    assert isinstance(customs.shown, Presentation)
    chosen = {one.path: one.value for _, one in customs.shown.fields}
    voice.note(
        f"Every step holds: from {chosen['/pol/UNLocationCode']} to {chosen['/pod/UNLocationCode']}, arriving "
        f"{chosen['/eta']}; shown to {customs.shown.audience}, and to nobody else."
    )
    _forged(voice, files)
    _audited(voice, files)
    return [court.to_dict(), customs.to_dict()]


def _holding(path: Path, judge: Callable[[Path], Verdict]) -> Callable[[], Verdict]:
    def judged() -> Verdict:
        verdict = judge(path)
        if verdict.failure is not None:
            raise verdict.failure
        if verdict.verdict is not Class.UNSEALED:
            raise DemoFailed(f"{path.name}: {verdict.verdict}")
        return verdict

    return judged


def _forged(voice: Voice, files: Files) -> None:
    """One field of the presentation is changed; the signature and the proof both notice."""
    value = json.loads((files.folder / SHOWN).read_bytes())
    shown = next(one for one in value["fields"] if one["path"] == "/pod/UNLocationCode")
    shown["value"] = "USNYC"
    forged = files.folder / ("forged-" + SHOWN)
    forged.write_bytes(canonical.encode(value))
    policy = read_policy(files.folder / POLICY)
    voice.refused(
        "A forwarder changes the port of discharge in the customs' file",
        "VerificationError",
        _holding(forged, lambda path: verify_file(path, policy)),
    )


def _audited(voice: Voice, files: Files) -> None:
    with ArchiveSource(files.folder / ARCHIVE) as source:
        found = voice.does(
            "The auditor replays the whole ledger from its first block", lambda: audit(source, resources.kinds())
        )
    if found.failure is not None:
        raise DemoFailed(f"the archive does not replay: {found.failure}")
    report = found.report
    acts = sum(count for name, count in report.events.items() if name in ("ActionApplied", "NoteApplied"))
    voice.note(
        f"{acts} acts and notes, {report.parties} parties, {sum(report.documents.values())} documents: every "
        "signature, rule and hash holds, and they lead to the ledger's own head."
    )


def _save(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return f"{len(data) / 1000:.0f} kB"
