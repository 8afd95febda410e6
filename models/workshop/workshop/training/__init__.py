"""Trains the embedded models: diffusion processes, losses and the loop."""
