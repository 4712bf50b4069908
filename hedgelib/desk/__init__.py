"""The day after: positions held, what to trade, when to act, and what changed since last time."""
