"""CRA, conversational ReAct dialogues: made, written, checked."""
