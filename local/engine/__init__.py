"""The local engine: ministack, with the gaps between it and AWS filled."""
