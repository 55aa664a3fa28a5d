#!/usr/bin/env bash
# CoALM 405B behind vLLM in bf16, on two machines of eight GPUs, over Ray.
#
# Requirements:
#   - Hardware: 2x8xH100-80GB
#   - the vllm and ray packages on both; the merged model at the same path on both
#   - a network between them that NCCL can use
#
# Usage:
#   bash configs/serve/405b_two_nodes.sh head [MODEL]     # on the first machine
#   bash configs/serve/405b_two_nodes.sh worker HEAD_IP   # on the second
#   # STATE_DATE=true for a model that was trained with today's date in CRA's prompts, as
#   # all are but those of *_train.yaml (state_date in its recipe): notation cra states it
#
# See Also:
#   - configs/serve/client.py (a dialogue with tools)
#   - recipes/405b_infer.yaml, recipes/405b_evaluate.yaml (engine REMOTE_VLLM)
set -euo pipefail

role=${1:-}
case "$role" in
  worker)
    exec ray start --block --address "${2:?the first machine address}:6379"
    ;;
  head) ;;
  *)
    echo "usage: $0 head [MODEL] | $0 worker HEAD_IP" >&2
    exit 2
    ;;
esac
model=${2:-output/405b_merged}
tools=$("${PYTHON:-python}" -c 'import coalm_oumi.serving as s; print(s.__path__[0])')
ray start --head --port 6379
trap 'ray stop' EXIT
until [ "$(ray status 2>/dev/null | grep -c '^ 1 node_')" -ge 2 ]; do
  echo "waiting for the second machine" >&2
  sleep 5
done
vllm serve "$model" --served-model-name "$model" \
  --host 127.0.0.1 --port "${PORT:-8000}" --dtype bfloat16 --max-model-len 8192 \
  --tensor-parallel-size 8 --pipeline-parallel-size 2 \
  --distributed-executor-backend ray --gpu-memory-utilization 0.92 \
  --enable-auto-tool-choice --tool-call-parser coalm \
  --tool-parser-plugin "$tools/vllm_tool_parser.py" --chat-template "$tools/coalm_tools.jinja" \
  --default-chat-template-kwargs "{\"state_date\": ${STATE_DATE:-false}}"
