#!/usr/bin/env bash
# Trains the stages of one lane after another; started again, it goes on where it was stopped. After prepare.sh:
#
#   setsid nohup nice -n 19 bash lane.sh live FOLDER [PYTHON] &
#
# Every stage is a folder runs/STAGE of FOLDER. WAIT_FOR=FILE pauses the training while FILE exists.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lane=$1 base=$(cd "$2" && pwd) python=${3:-python3}
export PYTHONPATH="$here/../.." OMP_NUM_THREADS=1
grep -q -E 'avx512_bf16|amx_bf16' /proc/cpuinfo && bf16=--bf16 || bf16=
# Only the processor time that nothing else wants.
[[ -w /proc/$$/autogroup ]] && echo 19 > "/proc/$$/autogroup" || true

# stage NAME INIT OPTION…: INIT is a file of weights.
stage() {
  local name=$1 init=$2
  shift 2
  "$python" "$here/train.py" --run "$base/runs/$name" --init "$init" --weights "$base/weights" --threads 1 $bf16 \
    ${WAIT_FOR:+--pause "$WAIT_FOR"} "$@"
}

until [[ -e $base/shards/film2/00000.npy ]]; do sleep 20; done
case $lane in
  live)
    films=(--shards "$base/shards/halo" "$base/shards/film1" "$base/shards/film2")
    stage c1 "$here/x4-live-clean.pt" "${films[@]}" "$base/shards/usual" --steps 1200 --halo .3 --truth .3 --alex 1.2 --vgg 1.6 --batch 8 --vgg-items 3 --lr 5e-4 --keep 300 --seed 10
    stage c2 "$base/runs/c1/net-1200.pt" "${films[@]}" --steps 3000 --halo .15 --truth .6 --alex 1.2 --vgg 1.4 --batch 8 --vgg-items 3 --lr 8e-4 --keep 500 --seed 11
    ;;
  *)
    echo "no lane $lane" >&2
    exit 2
    ;;
esac
