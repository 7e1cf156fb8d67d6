"""The Lens as an executable review: every row, its answer, and the tests that prove it."""
