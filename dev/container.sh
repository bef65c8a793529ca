#!/bin/sh
# Builds the Containerfile with buildah, and holds what the image says of lab/shop against what the program says outside a container.
#
#   dev/container.sh BASE      (an image with Go and a C compiler that buildah has or can get)
#
# Needs buildah and no daemon: RUN and the trial are isolated by chroot. The tests are left to .ci/run.
set -eu
base=$1
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
buildah bud --isolation chroot --build-arg GO_IMAGE="$base" --build-arg TESTS=no --build-arg VERSION=trial -t assay-trial -f Containerfile . > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
box=$(buildah from localhost/assay-trial)
trap 'buildah rm "$box" > /dev/null; buildah rmi localhost/assay-trial > /dev/null; rm -rf "$work"' EXIT
cp -R lab/shop "$work/toe"
chmod -R a+rX "$work"
buildah config --user 65532:65532 "$box"
# Exit codes 0 to 3 say what was found, not that anything failed.
buildah run --isolation chroot -v "$work/toe:/toe:ro" "$box" -- /assay assess . -o csv > "$work/inside.csv" 2> "$work/inside.err" || true
go build -o "$work/assay" ./cmd/assay
mkdir "$work/home" # as within: without a local repository of Maven or a cache of modules
(cd "$work/toe" && env -i PATH=/nowhere HOME="$work/home" "$work/assay" assess . -o csv > "$work/outside.csv" 2> "$work/outside.err" || true)
lines=$(wc -l < "$work/outside.csv")
if [ "$lines" -lt 35 ] || ! cmp -s "$work/inside.csv" "$work/outside.csv"; then
	diff "$work/outside.csv" "$work/inside.csv" | head -20 >&2
	cat "$work/inside.err" >&2
	echo "the image does not say what the program says" >&2
	exit 1
fi
if [ -s "$work/inside.err" ]; then cat "$work/inside.err" >&2; fi
echo "the image says of the example what the program says outside: $lines lines, equal"
