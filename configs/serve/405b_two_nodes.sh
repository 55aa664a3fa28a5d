#!/usr/bin/env bash
# CoALM 405B behind vLLM in bf16, on two machines of eight GPUs.
#
# Requirements:
#   - Hardware: 2x8xH100-80GB
#   - coalm-oumi with its extra `gpu` (vllm) on both, in the `python` on the path or in $PYTHON
#   - the merged model at the same path on both
#   - a network between them that NCCL can use, and port 29501 (or $MASTER_PORT) of the first
#
# Usage:
#   bash configs/serve/405b_two_nodes.sh head HEAD_IP [MODEL]    # on the first machine
#   bash configs/serve/405b_two_nodes.sh worker HEAD_IP [MODEL]  # on the second
#   # STATE_DATE=true for a model that was trained with today's date in CRA's prompts, as
#   # all are but those of *_train.yaml (state_date in its recipe): notation cra states it
#
# See Also:
#   - configs/serve/client.py (a dialogue with tools)
#   - recipes/405b_infer.yaml, recipes/405b_evaluate.yaml (engine REMOTE_VLLM)
set -euo pipefail

if [[ ! "${1:-}" =~ ^(head|worker)$ || -z "${2:-}" ]]; then
  first=$(hostname -I 2>/dev/null | cut -d ' ' -f 1)
  echo "two machines serve together: name the role and the first machine's address." >&2
  echo "  on the first:  bash $0 head ${2:-${first:-HEAD_IP}} [MODEL]" >&2
  echo "  on the second: bash $0 worker ${2:-${first:-HEAD_IP}} [MODEL]" >&2
  echo "(${first:-HEAD_IP} is this machine's own address.)" >&2
  exit 2
fi
model=${3:-output/405b_merged}
node=(--nnodes 2 --node-rank 0 --master-addr "$2" --master-port "${MASTER_PORT:-29501}")
if [ "$1" = worker ]; then
  node[3]=1
  node+=(--headless) # no address of its own: the first machine answers
fi
tools=$("${PYTHON:-python}" -c 'import coalm_oumi.serving as s; print(s.__path__[0])')
# vLLM's own processes (mp), not Ray's, which no extra installs.
exec vllm serve "$model" --served-model-name "$model" \
  --host 127.0.0.1 --port "${PORT:-8000}" --dtype bfloat16 --max-model-len 8192 \
  --tensor-parallel-size 8 --pipeline-parallel-size 2 --distributed-executor-backend mp \
  --gpu-memory-utilization 0.92 "${node[@]}" \
  --enable-auto-tool-choice --tool-call-parser coalm \
  --tool-parser-plugin "$tools/vllm_tool_parser.py" --chat-template "$tools/coalm_tools.jinja" \
  --default-chat-template-kwargs "{\"state_date\": ${STATE_DATE:-false}}"
