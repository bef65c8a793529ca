#!/bin/sh
# Makes a directory that holds some of Debian's packages as they are installed, for a layer: debian.sh DIR PACKAGE …
# Needs apt-get and dpkg-deb, and the packages' mirror. Nothing of the packages is executed.
set -eu
out=$1
shift
mkdir -p "$out/var/lib/dpkg/info"
debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT
(cd "$debs" && apt-get download -q "$@")
for deb in "$debs"/*.deb; do
	dpkg-deb --extract "$deb" "$out"
	name=$(dpkg-deb --field "$deb" Package)
	dpkg-deb --field "$deb" | sed '/^Package:/a Status: install ok installed' >>"$out/var/lib/dpkg/status"
	echo >>"$out/var/lib/dpkg/status"
	dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's|^\.||; s|/$||; s|^$|/.|' >"$out/var/lib/dpkg/info/$name.list"
done
