#!/usr/bin/env bash
# CoALM 8B behind vLLM, on one GPU.
#
# Requirements:
#   - Hardware: 1xH100-80GB
#   - coalm-oumi with its extra `gpu` (vllm), or beside any vLLM (configs/README.md), in
#     the `python` on the path or in $PYTHON
#   - the merged model: coalm merge; or an adapter as it was trained
#
# Usage:
#   bash configs/serve/8b.sh [MODEL]
#   ADAPTER=output/8b_fast bash configs/serve/8b.sh [BASE]  # an adapter beside its base
#   # The adapter is in use where both hold: /v1/models lists it with the base as `parent`,
#   # and the request's `model` is its name. The base's name is answered without it:
#   #   curl -s http://127.0.0.1:8000/v1/models
#   #   python configs/serve/client.py --model output/8b_fast
#   # then --engine REMOTE_VLLM with http://localhost:8000/v1/chat/completions, or, with
#   # tools, configs/serve/client.py
#   # STATE_DATE=true for a model that was trained with today's date in CRA's prompts, as
#   # all are but those of *_train.yaml (state_date in its recipe): notation cra states it
#
# See Also:
#   - configs/serve/client.py (a dialogue with tools)
#   - recipes/8b_infer.yaml, recipes/8b_evaluate.yaml (engine REMOTE_VLLM)
set -euo pipefail

model=${1:-output/8b_merged}
lora=()
if [ -n "${ADAPTER:-}" ]; then
  # Its base, and the least of the ranks that vLLM knows that is no less than its own.
  found=$("${PYTHON:-python}" -c 'import json, sys
with open(sys.argv[1] + "/adapter_config.json") as file: config = json.load(file)
ranks = (1, 8, 16, 32, 64, 128, 256, 320, 512)
print(min(r for r in ranks if r >= config["r"]), config["base_model_name_or_path"])' "$ADAPTER")
  model=${1:-${found#* }}
  lora=(--enable-lora --max-lora-rank "${found%% *}" --lora-modules "$ADAPTER=$ADAPTER")
fi
tools=$("${PYTHON:-python}" -c 'import coalm_oumi.serving as s; print(s.__path__[0])')
exec vllm serve "$model" --served-model-name "$model" \
  --host 127.0.0.1 --port "${PORT:-8000}" --dtype bfloat16 --max-model-len 8192 \
  --tensor-parallel-size 1 --gpu-memory-utilization 0.9 --enable-prefix-caching "${lora[@]}" \
  --enable-auto-tool-choice --tool-call-parser coalm \
  --tool-parser-plugin "$tools/vllm_tool_parser.py" --chat-template "$tools/coalm_tools.jinja" \
  --default-chat-template-kwargs "{\"state_date\": ${STATE_DATE:-false}}"
