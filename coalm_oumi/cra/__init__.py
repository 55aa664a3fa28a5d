"""CRA, conversational ReAct dialogues.

`write` makes them from annotations, `generate` by a model; `read` reads stored ones;
`check` finds defects, `validate` reports on files; people rate them in `review`.
"""
