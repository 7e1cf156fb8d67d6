"""Sends posts to a Kinesis stream as the Kinesis Producer Library does: `python -m loadtests.producer`."""
