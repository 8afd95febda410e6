#!/usr/bin/env bash
# Measures remaster on a Linux machine with a GPU, CUDA 13, cuDNN 9 and no network.
#   bench/gpu.sh pack FOLDER [ARCHITECTURE...]   here, after `npm run build`: three packages of at most 64 MiB; 90 (H100, H200) by default
#   bench/gpu.sh run FOLDER                      there, with FOLDER alone (it has a copy of this script): prints the table, at most 4 minutes
# Environment of run: PROVIDERS="cuda webgpu", SIZE=720x576, BUDGET=220 (seconds), OUT (a folder for the log)
set -euo pipefail

LIMIT=$((64 * 1024 * 1024))

pack() {
  local folder=$1
  shift
  local architectures=("$@")
  [ ${#architectures[@]} -gt 0 ] || architectures=(90)
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  [ -f dist/bench/gpu.js ] || { echo "Run npm run build first." >&2; exit 1; }
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064 -- the folder of now
  trap "rm -rf '$work'" EXIT
  local ort=node_modules/onnxruntime-node/bin/napi-v6/linux/x64

  echo "1 of 3: the CUDA provider of onnxruntime"
  local version
  version=$(node -p "require('onnxruntime-node/package.json').version")
  local wheels=node_modules/.cache/onnxruntime-gpu-$version
  [ -d "$wheels" ] || pip download "onnxruntime-gpu==$version" --no-deps --only-binary=:all: -d "$wheels"
  mkdir -p "$work/cuda/$ort"
  unzip -q -j -o "$wheels"/onnxruntime_gpu-"$version"-*.whl \
    'onnxruntime/capi/libonnxruntime_providers_cuda.so' 'onnxruntime/capi/libonnxruntime_providers_shared.so' -d "$work/cuda/$ort"
  python3 bench/gpuPrune.py "$work/cuda/$ort/libonnxruntime_providers_cuda.so" "$work/pruned.so" "${architectures[@]}"
  mv "$work/pruned.so" "$work/cuda/$ort/libonnxruntime_providers_cuda.so"
  compress "$folder/1-cuda.tar.xz" "$work/cuda" .

  echo "2 of 3: node and ffmpeg"
  mkdir -p "$work/programs/programs"
  cp "$(node -p process.execPath)" "$work/programs/programs/node"
  # Built without shared libraries: the machine need not have them.
  cp "${FFMPEG:-$(node -p "require('@ffmpeg-installer/ffmpeg').path")}" "$work/programs/programs/ffmpeg"
  local vulkan
  vulkan=$(ls /usr/lib/x86_64-linux-gnu/libvulkan.so.1 2>/dev/null || true)
  if [ -n "$vulkan" ]; then
    mkdir -p "$work/programs/libraries"
    cp -L "$vulkan" "$work/programs/libraries/"
  else
    echo "no Vulkan loader here (libvulkan1): WebGPU needs the one of the other machine" >&2
  fi
  compress "$folder/2-programs.tar.xz" "$work/programs" .

  echo "3 of 3: the project, built, with what it needs at run time"
  mkdir -p "$work/app"
  git ls-files -z | xargs -0 cp -a --parents -t "$work/app"
  cp -a --parents dist/src dist/bench -t "$work/app"
  local packages
  packages=$(npm ls --omit=dev --omit=optional --all --parseable 2>/dev/null | sed -n "s#^$PWD/##p" | grep '^node_modules/')
  # shellcheck disable=SC2086 -- a list of folders without spaces
  cp -a --parents $packages -t "$work/app"
  cp -a --parents node_modules/onnxruntime-common node_modules/onnxruntime-node/package.json node_modules/onnxruntime-node/dist -t "$work/app"
  mkdir -p "$work/app/$ort"
  cp -a "$ort"/libonnxruntime.so.1 "$ort"/onnxruntime_binding.node "$work/app/$ort/"
  compress "$folder/3-project.tar.xz" "$work/app" .
  cp "${BASH_SOURCE[0]}" "$folder/gpu.sh"
  ls -l "$folder"
}

compress() {
  tar -C "$2" -cf - "$3" | xz -6 -T0 >"$1"
  local bytes
  bytes=$(stat -c %s "$1")
  [ "$bytes" -le "$LIMIT" ] || { echo "$1 has $bytes bytes, more than $LIMIT" >&2; exit 1; }
}

run() {
  local folder
  folder=$(cd "$1" && pwd)
  local app
  app=$(mktemp -d)
  # shellcheck disable=SC2064 -- the folder of now
  trap "rm -rf '$app'" EXIT
  for package in "$folder"/?-*.tar.xz; do tar -C "$app" -xJf "$package"; done
  cd "$app"
  export HOME=${HOME:-$app} PATH="$app/programs:${PATH:-/usr/bin:/bin}" REMASTER_FFMPEG="$app/programs/ffmpeg" REMASTER_FFPROBE=none
  export REMASTER_CACHE="$app/cache"
  # CUDA and cuDNN where NVIDIA's packages and PyTorch have them, and the Vulkan loader that was carried along.
  local places=("$app/libraries")
  local place
  for place in /usr/local/cuda*/lib64 /usr/lib/python3*/*-packages/nvidia/*/lib /usr/local/lib/python3*/*-packages/nvidia/*/lib /opt/*/lib/python3*/site-packages/nvidia/*/lib; do
    [ ! -d "$place" ] || places+=("$place")
  done
  LD_LIBRARY_PATH=$(IFS=:; echo "${places[*]}")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
  for place in /usr/local/nvidia/share/vulkan/icd.d /usr/share/vulkan/icd.d /etc/vulkan/icd.d; do
    [ ! -f "$place/nvidia_icd.json" ] || { export VK_DRIVER_FILES="${VK_DRIVER_FILES:-$place/nvidia_icd.json}"; }
  done
  command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || echo "no nvidia-smi"
  node dist/src/cli/main.js doctor 2>&1 | grep -A4 -E "machine|ffmpeg|onnxruntime|provider" | grep -v "model " || true
  node dist/bench/gpu.js "${PROVIDERS:-cuda webgpu}" "${SIZE:-720x576}" "${BUDGET:-220}"
}

case "${1:-}" in
  pack) shift; pack "$@" ;;
  run)
    shift
    if [ -n "${OUT:-}" ]; then run "$@" 2>&1 | tee "$OUT/gpu.log"; else run "$@"; fi
    ;;
  *) sed -n '2,5p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
