"""The command line: one file per group of commands; data goes to stdout, talk to stderr."""
