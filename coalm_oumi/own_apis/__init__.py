"""A user's own APIs: OpenAPI or a list of tools as functions, and seed dialogues."""
