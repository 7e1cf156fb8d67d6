"""The domain of the web service: the catalogue, and who looks at it."""
