"""Bring the application from its sources onto a running engine: build, deploy, check, settle, seed, tell."""
