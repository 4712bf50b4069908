"""Questions: reading an answer, and judging it."""
