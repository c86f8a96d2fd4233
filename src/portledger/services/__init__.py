"""The use cases: the only room that joins the rules, the chain and the store."""
