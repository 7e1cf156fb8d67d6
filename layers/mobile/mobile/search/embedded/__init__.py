"""The embedded engine: a tantivy index whose files are in S3, docs/services/search.md.

`files` has what is in the bucket, `schema` what is in the index, `queries` how it is asked, and `index` the
engine.
"""
