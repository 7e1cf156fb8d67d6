"""Search over members' posts: one port (`ports`), two engines (`embedded`, `opensearch`).

docs/services/search.md compares them.
"""
