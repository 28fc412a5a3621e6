#!/usr/bin/env bash
# Runs a command whose processes share one GPU, and lets their small kernels run side by side where
# CUDA's multi-process service can be had: `benchmarks/shared_gpu.sh python -m benchmarks.leg`.
#
# No setting of the GPU is changed; without the service the processes take turns.
set -uo pipefail

export CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
CUDA_MPS_PIPE_DIRECTORY=$(mktemp -d)
CUDA_MPS_LOG_DIRECTORY=$(mktemp -d)
PYTHON=${PYTHON:-python3}

answers() { timeout 30 "$PYTHON" -c 'import torch; print(torch.ones(8, device="cuda").sum().item())'; }

quit() { echo quit | timeout 10 nvidia-cuda-mps-control >/dev/null 2>&1; }

if timeout 10 nvidia-cuda-mps-control -d >/dev/null 2>&1 && answers >/dev/null 2>&1; then
  trap quit EXIT
  echo "shared_gpu: side by side"
else
  quit
  unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
  echo "shared_gpu: taking turns"
fi
"$@"
