"""Sealed contents: canonical values, field trees, datasets under their own keys, grants, references, key files."""
