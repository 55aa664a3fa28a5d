#!/usr/bin/env bash
# CoALM 405B behind vLLM in FP8, on one machine of eight GPUs.
#
# Requirements:
#   - Hardware: 8xH100-80GB
#   - coalm-oumi with its extra `gpu` (vllm), in the `python` on the path or in $PYTHON
#   - the merged model: coalm merge
#
# Usage:
#   bash configs/serve/405b_fp8.sh [MODEL]
#   # then --engine REMOTE_VLLM with http://localhost:8000/v1/chat/completions, or, with
#   # tools, configs/serve/client.py
#   # STATE_DATE=true for a model that was trained with today's date in CRA's prompts, as
#   # all are but those of *_train.yaml (state_date in its recipe): notation cra states it
#
# See Also:
#   - configs/serve/client.py (a dialogue with tools)
#   - recipes/405b_infer.yaml, recipes/405b_evaluate.yaml (engine REMOTE_VLLM)
set -euo pipefail

model=${1:-output/405b_merged}
tools=$("${PYTHON:-python}" -c 'import coalm_oumi.serving as s; print(s.__path__[0])')
exec vllm serve "$model" --served-model-name "$model" \
  --host 127.0.0.1 --port "${PORT:-8000}" --dtype bfloat16 --quantization fp8 \
  --max-model-len 8192 --tensor-parallel-size 8 --gpu-memory-utilization 0.92 \
  --enable-prefix-caching \
  --enable-auto-tool-choice --tool-call-parser coalm \
  --tool-parser-plugin "$tools/vllm_tool_parser.py" --chat-template "$tools/coalm_tools.jinja" \
  --default-chat-template-kwargs "{\"state_date\": ${STATE_DATE:-false}}"
