"""The HTTP interface, and the system that runs it beside a node."""
