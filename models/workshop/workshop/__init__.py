"""Trains, exports and measures the models that come with remaster."""
