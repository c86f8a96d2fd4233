"""The routes, by what they speak about."""
