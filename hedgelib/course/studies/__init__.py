"""What each lesson computes."""
