"""Event source mappings of Kinesis streams and DynamoDB Streams, polled with AWS's semantics.

The decisions are pure and know no engine: `settings` (what a mapping asks for), `filters` (which records it
wants), `answers` (what a function's response means), `decisions` (what follows from it) and `shard` (one
shard's work, in order). What touches the engine is around them: `sources` reads, `functions` invokes,
`destinations` delivers what was given up, `poller` turns the wheel and `api` is the mapping's own door.
"""
