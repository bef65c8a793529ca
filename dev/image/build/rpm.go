package build

import (
	"cmp"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // for NewSQLite
)

// An RPM is a package as a database of RPM has it installed. Version is [epoch:]version-release; Source is the file of the source package.
type RPM struct {
	Name, Version, Arch, Source, Vendor, License string
	Provides, Requires                           []string
	Files                                        []string // with their directories, absolute
}

// Header returns the package's header: two numbers, an index of tags, and their values, sealed as one region.
func (p RPM) Header() []byte {
	type tag struct {
		id, kind, count int
		data            []byte
	}
	const number, text, list = 4, 6, 8
	var tags []tag
	str := func(id int, s string) {
		if s != "" {
			tags = append(tags, tag{id, text, 1, append([]byte(s), 0)})
		}
	}
	strs := func(id int, all []string) {
		if len(all) > 0 {
			tags = append(tags, tag{id, list, len(all), []byte(strings.Join(all, "\x00") + "\x00")})
		}
	}
	nums := func(id int, all ...int) {
		var b []byte
		for _, n := range all {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		tags = append(tags, tag{id, number, len(all), b})
	}
	version, release, _ := strings.Cut(p.Version, "-")
	str(1000, p.Name)
	if e, rest, ok := strings.Cut(version, ":"); ok {
		n, err := strconv.Atoi(e)
		if err != nil {
			panic(err)
		}
		version = rest
		nums(1003, n)
	}
	str(1001, version)
	str(1002, release)
	str(1004, p.Name)
	str(1011, p.Vendor)
	str(1014, cmp.Or(p.License, "MIT"))
	str(1021, "linux")
	str(1022, cmp.Or(p.Arch, "x86_64"))
	str(1044, p.Source)
	strs(1047, append(slices.Clone(p.Provides), p.Name))
	strs(1049, p.Requires)
	if len(p.Files) > 0 {
		var dirs, bases []string
		var at []int
		for _, f := range p.Files {
			dir, base := path.Split(f)
			i := slices.Index(dirs, dir)
			if i < 0 {
				i, dirs = len(dirs), append(dirs, dir)
			}
			bases, at = append(bases, base), append(at, i)
		}
		nums(1116, at...)
		strs(1117, bases)
		strs(1118, dirs)
	}
	slices.SortFunc(tags, func(a, b tag) int { return cmp.Compare(a.id, b.id) })
	var index, data []byte
	entry := func(to []byte, id, kind, offset, count int) []byte {
		for _, n := range []int{id, kind, offset, count} {
			to = binary.BigEndian.AppendUint32(to, uint32(int32(n)))
		}
		return to
	}
	for _, t := range tags {
		for t.kind == number && len(data)%4 != 0 {
			data = append(data, 0)
		}
		index = entry(index, t.id, t.kind, len(data), t.count)
		data = append(data, t.data...)
	}
	const region, binaryData = 63, 7
	head := binary.BigEndian.AppendUint32(nil, uint32(len(tags)+1))
	head = binary.BigEndian.AppendUint32(head, uint32(len(data)+16))
	head = entry(head, region, binaryData, len(data), 16)
	return slices.Concat(head, index, entry(data, region, binaryData, -16*(len(tags)+1), 16))
}

// NewNDB returns a Packages.db of these packages, as SUSE has it.
func NewNDB(ps ...RPM) []byte {
	var headers [][]byte
	for _, p := range ps {
		headers = append(headers, p.Header())
	}
	return NDBOf(headers...)
}

// NDBOf returns a Packages.db of headers, whatever they are; at most 254.
func NDBOf(headers ...[]byte) []byte {
	le := binary.LittleEndian
	const page = 4096
	out := make([]byte, page)
	copy(out, "RpmP")
	le.PutUint32(out[8:], 1)  // generation
	le.PutUint32(out[12:], 1) // pages of slots
	le.PutUint32(out[16:], uint32(len(headers)+1))
	for at := 32; at < page; at += 16 {
		copy(out[at:], "Slot")
	}
	for i, h := range headers {
		start := len(out)
		out = append(out, "BlbS"...)
		for _, n := range []int{i + 1, 1, len(h)} {
			out = le.AppendUint32(out, uint32(n))
		}
		out = append(out, h...)
		for (len(out)+12)%16 != 0 {
			out = append(out, 0)
		}
		out = le.AppendUint32(out, adler32.Checksum(out[start:]))
		out = le.AppendUint32(out, uint32(len(h)))
		out = append(out, "BlbE"...)
		slot := out[32+16*i:]
		for j, n := range []int{i + 1, start / 16, (len(out) - start) / 16} {
			le.PutUint32(slot[4+4*j:], uint32(n))
		}
	}
	return out
}

// NewSQLite returns an rpmdb.sqlite of these packages, as Red Hat and Fedora have it. Of its indices only that of names is filled.
func NewSQLite(ps ...RPM) (out []byte, err error) {
	dir, err := os.MkdirTemp("", "rpmdb-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "rpmdb.sqlite")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	do := func(query string, args ...any) {
		if err == nil {
			_, err = db.Exec(query, args...)
		}
	}
	do(`CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)`)
	for index := range strings.FieldsSeq("Name Basenames Group Requirename Providename Conflictname Obsoletename Triggername Dirnames Installtid Sigmd5 Sha1header Filetriggername " +
		"Transfiletriggername Recommendname Suggestname Supplementname Enhancename") {
		do(`CREATE TABLE '` + index + `' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum))`)
	}
	for i, p := range ps {
		do(`INSERT INTO Packages VALUES (?, ?)`, i+1, p.Header())
		do(`INSERT INTO Name VALUES (?, ?, 0)`, p.Name, i+1)
	}
	if err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}
