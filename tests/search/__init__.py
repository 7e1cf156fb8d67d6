"""What is asked of every search engine, and the engines to ask it of."""
