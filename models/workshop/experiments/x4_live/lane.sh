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

until [[ -e $base/shards/soft2/00000.npy ]]; do sleep 20; done
case $lane in
  live)
    pairs=(--shards "$base/shards/halo" "$base/shards/usual" --films "$base/shards/film1" "$base/shards/film2" --alex 1.2 --vgg 1.6 --batch 8 --vgg-items 3 --lr 6e-4)
    stage d2 "$here/x4-live-clean.pt" "${pairs[@]}" --steps 500 --halo .6 --truth .3 --detail 1 --keep 100 --seed 12 --end 1
    stage d3 "$base/runs/d2/net-500.pt" "${pairs[@]}" --steps 1000 --halo 1.5 --truth .6 --detail .35 --keep 200 --seed 13
    pairs+=(--films "$base/shards/film1" "$base/shards/film2" "$base/shards/soft1" "$base/shards/soft2" --halo 1.2) # the last --films counts
    stage f1 "$base/runs/d3/net-1000.pt" "${pairs[@]}" --steps 1200 --truth .7 --detail .45 --added .7 --lr 7e-4 --keep 200 --seed 16
    stage f2 "$base/runs/f1/net-1200.pt" "${pairs[@]}" --steps 1500 --truth .6 --alex 1.4 --vgg 1.8 --detail .6 --added .5 --vgg-items 4 --lr 8e-4 --keep 300 --seed 17
    stage f3 "$base/runs/f2/net-1500.pt" "${pairs[@]}" --steps 2000 --truth .5 --alex 1.5 --vgg 2 --detail .8 --added .5 --vgg-items 4 --lr 8e-4 --keep 400 --seed 18
    ;;
  *)
    echo "no lane $lane" >&2
    exit 2
    ;;
esac
