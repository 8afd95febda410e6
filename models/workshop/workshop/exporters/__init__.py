"""Exports bundles: of the embedded models, and of the official checkpoints of ResShift, OSEDiff and DoSSR, which it compares with the official code."""
