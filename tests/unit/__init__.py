"""Tests that need nothing but the tree: no network, no account, no engine."""
