#!/bin/sh
# Makes the databases of RPM beside it, by RPM itself: rpmdb.sqlite.gz, and Packages.gz, which Berkeley DB writes with the headers of the
# same packages, since RPM no longer does. Needs rpm, rpmbuild, perl with DB_File, sqlite3 in python3, and gzip. Nothing of them is
# installed. They hold days and names of files, so that they are not the same each time; what the tests ask of them is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

package() { # name epoch version release vendor requires file, and its subpackage
	cat >"$tmp/$1.spec" <<-SPEC
	Name: $1
	Epoch: $2
	Version: $3
	Release: $4
	Summary: A package of a test
	License: MIT AND Apache-2.0
	Vendor: $5
	BuildArch: noarch
	$6
	%description
	It is of a test.
	%package libs
	Summary: Libraries of it
	Provides: lib$1.so.1()(64bit)
	%description libs
	Libraries of it.
	%install
	mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/lib64 %{buildroot}/etc
	echo one >%{buildroot}/usr/bin/$1
	echo two >%{buildroot}/usr/lib64/lib$1.so.1
	echo three >%{buildroot}/etc/$1.conf
	%files
	/usr/bin/$1
	%config /etc/$1.conf
	%files libs
	/usr/lib64/lib$1.so.1
	SPEC
	SOURCE_DATE_EPOCH=1700000000 rpmbuild --quiet -bb --define '_buildhost build.example' --define 'use_source_date_epoch_as_buildtime 1' --define "_topdir $tmp/top" --define '_build_id_links none' "$tmp/$1.spec" >/dev/null 2>&1
}
package openssl 1 3.0.7 27.el9 'Red Hat, Inc.' 'Requires: libopenssl.so.1()(64bit)'
package zlib 0 1.2.11 40.el9 'Red Hat, Inc.' 'Requires: /usr/bin/openssl'
package nodejs 2 20.11.0 1nodesource 'Somebody else' ''
rpm --dbpath "$tmp/db" --define '_db_backend sqlite' --initdb
rpm --dbpath "$tmp/db" --define '_db_backend sqlite' -i --justdb --nodeps --nosignature --noscripts "$tmp"/top/RPMS/noarch/*.rpm
rpm --dbpath "$tmp/db" --define '_db_backend sqlite' -qa | sort
python3 - "$tmp/db/rpmdb.sqlite" "$tmp/headers" <<'PYTHON'
import sqlite3, struct, sys
db = sqlite3.connect(sys.argv[1])
with open(sys.argv[2], "wb") as f:
    for n, b in db.execute("SELECT hnum, blob FROM Packages"):
        f.write(struct.pack("<II", n, len(b)) + b)
db.execute("PRAGMA journal_mode=DELETE"); db.execute("VACUUM")
PYTHON
perl -MDB_File -MFcntl -e '
	$DB_HASH->{bsize} = 4096; $DB_HASH->{lorder} = 1234;
	tie %h, "DB_File", $ARGV[1], O_RDWR | O_CREAT, 0644, $DB_HASH or die $!;
	open F, "<:raw", $ARGV[0] or die $!;
	while (read(F, $head, 8) == 8) { ($n, $size) = unpack("VV", $head); read(F, $b, $size) == $size or die; $h{pack("V", $n)} = $b; $max = $n }
	$h{pack("V", 0)} = pack("V", $max); untie %h' "$tmp/headers" "$tmp/Packages"
gzip -9nc "$tmp/db/rpmdb.sqlite" >"$here/rpmdb.sqlite.gz"
gzip -9nc "$tmp/Packages" >"$here/Packages.gz"
