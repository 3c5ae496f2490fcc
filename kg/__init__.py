"""Knowledge graph of machine-learning papers."""
