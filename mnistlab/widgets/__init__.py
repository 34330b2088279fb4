"""What a learner touches: the shared digit with its picker, and the explorers."""
