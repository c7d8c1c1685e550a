"""A request, to a person, or to a refusal."""
