"""Measures models on still images and on videos."""
