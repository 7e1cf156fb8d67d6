"""The engine for those who outgrow the embedded one: an OpenSearch domain, docs/services/search.md.

`mapping` has what is in the index, `queries` how it is asked, `index` the engine.
"""
