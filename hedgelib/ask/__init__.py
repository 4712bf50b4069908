"""How anything is asked, and how an answer is judged."""
