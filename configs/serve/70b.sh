#!/usr/bin/env bash
# CoALM 70B behind vLLM, on four GPUs (GPUS=2 takes less cache).
#
# Requirements:
#   - Hardware: 4xH100-80GB
#   - coalm-oumi with its extra `gpu` (vllm), in the `python` on the path or in $PYTHON
#   - the merged model: coalm merge
#
# Usage:
#   bash configs/serve/70b.sh [MODEL]
#   # then --engine REMOTE_VLLM with http://localhost:8000/v1/chat/completions, or, with
#   # tools, configs/serve/client.py
#   # STATE_DATE=true for a model that was trained with today's date in CRA's prompts, as
#   # all are but those of *_train.yaml (state_date in its recipe): notation cra states it
#
# See Also:
#   - configs/serve/client.py (a dialogue with tools)
#   - recipes/70b_infer.yaml, recipes/70b_evaluate.yaml (engine REMOTE_VLLM)
set -euo pipefail

model=${1:-output/70b_merged}
tools=$("${PYTHON:-python}" -c 'import coalm_oumi.serving as s; print(s.__path__[0])')
exec vllm serve "$model" --served-model-name "$model" \
  --host 127.0.0.1 --port "${PORT:-8000}" --dtype bfloat16 --max-model-len 8192 \
  --tensor-parallel-size "${GPUS:-4}" --gpu-memory-utilization 0.9 --enable-prefix-caching \
  --enable-auto-tool-choice --tool-call-parser coalm \
  --tool-parser-plugin "$tools/vllm_tool_parser.py" --chat-template "$tools/coalm_tools.jinja" \
  --default-chat-template-kwargs "{\"state_date\": ${STATE_DATE:-false}}"
