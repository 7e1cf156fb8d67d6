"""The domain of the stream service: posts, the hashtags in them, and how often each was posted when."""
