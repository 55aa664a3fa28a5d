"""CRA read: replies of models, files of generated dialogues, rows of samples."""
