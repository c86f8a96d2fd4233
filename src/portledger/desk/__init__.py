"""The party's desk: a local web application where a person reads, checks and signs."""
