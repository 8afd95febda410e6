"""Photographs, scenes and their degradations: what a training reads."""
