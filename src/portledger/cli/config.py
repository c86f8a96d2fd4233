"""portledger config: the few things that commands may leave out."""

from __future__ import annotations

from typing import Annotated

import typer

from portledger.cli import output, settings
from portledger.cli.command import Run, command, group

app = group("Your defaults: gateway, party, node.")


@command(app, "show", example="portledger config show")
def show(run: Run) -> None:
    """Show the settings in force, wherever they come from."""
    value = {
        "home": str(run.settings.home),
        "gateway": run.settings.gateway,
        "party": run.settings.party,
        "node": run.settings.node,
    }
    run.show(value, output.pairs({name: text or "-" for name, text in value.items()}))


@command(app, "set", example="portledger config set party shipper")
def set_(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="gateway|party|node")],
    value: Annotated[str, typer.Argument(metavar="VALUE")],
) -> None:
    """Set a default in your folder's config.toml."""
    settings.write_config(run.settings.config_path, name, value)
    run.show({name: value}, f"{name} = {value}")
