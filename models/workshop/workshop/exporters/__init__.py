"""Makes bundles of the official checkpoints of ResShift, OSEDiff and DoSSR, and checks them against the official code."""
