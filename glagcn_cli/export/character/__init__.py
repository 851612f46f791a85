"""A motion on the user's own rigged character."""
