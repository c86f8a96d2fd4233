"""The named points of the code, by the test that kills there. test_every_point_is_killed.py holds them to the code."""

ACTING = [
    "submit.before_commit",
    "submit.inside_commit",
    "submit.after_commit",
    "party.before_commit",
    "party.inside_commit",
    "party.after_commit",
    "registration.before_commit",
    "registration.inside_commit",
    "registration.after_commit",
    "relay.before_store",
    "relay.inside_store",
    "relay.before_send:2",
    "relay.after_send",
    "relay.before_outcome",
    "relay.inside_outcome",
    "relay.after_outcome",
    "node.before_mine",
    "node.after_mine",
    "node.after_journal",
    "index.before_commit",
    "index.inside_commit",
    "index.after_commit",
]
"""Between an act's acceptance and its final state."""

UPLOADING = ["blob.after_put"]

MAKING = [
    "credential.inside_commit",
    "credential.after_commit",
    "webhook.inside_commit",
    "webhook.after_commit",
    "secret.inside_commit",
    "secret.after_commit",
]
"""While something is made that no digest names: an API key, a webhook, a webhook's secret."""

BEGINNING = [
    "node.before_checkpoint",
    "node.after_checkpoint",
    "system.before_deployment_kept",
    "system.after_deployment_kept",
    "system.after_kinds",
]
"""In the order in which a system on a new folder passes them."""

STOPPING = ["node.before_checkpoint", "node.after_checkpoint"]

RESTORING = ["restore.before_checkpoint", "restore.after_checkpoint", "system.after_kinds"]
"""When a system starts again on a folder whose journal has blocks."""

ROTATING = ["rotate.noticed", "rotate.before_change", "rotate.inside_change", "rotate.after_change"]
"""Between the naming of another key of the relayer's and its first transaction."""


def killed() -> set[str]:
    """Every name, without the count of passings."""
    return {
        step.partition(":")[0] for step in (*ACTING, *UPLOADING, *MAKING, *BEGINNING, *STOPPING, *RESTORING, *ROTATING)
    }
