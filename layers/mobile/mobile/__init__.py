"""The domain of the mobile backend: members' content, the search over it, and what they are told."""
