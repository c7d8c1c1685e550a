"""The models of answers: names that stay, each with what it means; nothing of a stored message passes unnamed."""
