#!/usr/bin/env bash
# CoALM smol behind `transformers serve`: OpenAI's protocol on a laptop CPU.
#
# Requirements:
#   - Hardware: a CPU, 2 GB of memory
#   - coalm-oumi with its extra `serve`
#   - the model that recipes/smol_train.yaml leaves in output/smol
#
# Usage:
#   bash configs/serve/smol.sh [MODEL]
#   python configs/serve/cra_client.py --model output/smol
#   # or --engine REMOTE_VLLM with http://127.0.0.1:8000/v1/chat/completions
#
# See Also:
#   - configs/serve/cra_client.py (a dialogue in CRA's notation)
#   - coalm export (for llama.cpp's server and Ollama)
set -euo pipefail

exec transformers serve "${1:-output/smol}" --host 127.0.0.1 --port "${PORT:-8000}" \
  --device cpu --dtype float32 --attn-implementation sdpa
