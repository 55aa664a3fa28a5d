"""A model's folder as one GGUF file, which llama.cpp and Ollama run.

`coalm export` uses it. llama.cpp's own converter knows more models, but is a script of its
repository: what the package index has under its name overwrites the `gguf` package.
"""
