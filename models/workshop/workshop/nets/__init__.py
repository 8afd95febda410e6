"""The networks of the embedded models, and their weights."""
