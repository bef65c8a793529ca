package image

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"math/bits"
	"net/url"

	_ "modernc.org/sqlite" // the driver that databases of RPM are read with
)

// census counts the headers of packages in a database of RPM, and says what is wrong with it if anything is. It is asked before the
// library that reads them, which follows chains without end, takes lengths on trust and passes over what it does not know: what
// passes here can be read, and what the library makes of it can be held against the number.
func census(data []byte, file string) (int, error) {
	switch {
	case bytes.HasPrefix(data, []byte("SQLite format 3\x00")):
		return censusSQLite(file)
	case bytes.HasPrefix(data, []byte("RpmP")):
		return censusNDB(data)
	}
	return censusBerkeley(data)
}

// Bounds of a header, beyond which the library would be busy for too long: entries of its index, of which packages have some hundred.
const maxTags = 1000

// header says whether a header of a package is as long as it says. Its index has 16 bytes for each of il entries, its data dl bytes.
func header(b []byte) error {
	if len(b) < 8 {
		return errors.New("a header in it is cut off")
	}
	word := func(at uint64) uint64 { return uint64(binary.BigEndian.Uint32(b[at:])) }
	il, dl := word(0), word(4)
	if il == 0 || il > maxTags || 8+16*il+dl != uint64(len(b)) {
		return errors.New("a header in it is cut off, or is none")
	}
	values := uint64(0)
	for i := range il {
		values += word(8 + 16*i + 12)
	}
	if values > dl { // each has a byte at least
		return errors.New("a header in it is damaged")
	}
	return nil
}

// censusSQLite asks the database whether it is whole, and whether all packages are there that the index of names knows.
func censusSQLite(file string) (n int, err error) {
	damaged := errors.New("it is damaged")
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: file, RawQuery: "mode=ro&immutable=1"}).String())
	if err != nil {
		return 0, damaged
	}
	defer db.Close()
	var word string
	if db.QueryRow(`PRAGMA quick_check(1)`).Scan(&word) != nil || word != "ok" {
		return 0, damaged
	}
	var tables int
	if db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('Packages', 'Name') AND sql NOT LIKE '%VIRTUAL%'`).Scan(&tables) != nil || tables != 2 {
		return 0, errors.New("it has no table of packages with their names")
	}
	rows, err := db.Query(`SELECT blob FROM Packages`)
	if err != nil {
		return 0, damaged
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if rows.Scan(&b) != nil {
			return 0, damaged
		}
		if err := header(b); err != nil {
			return 0, err
		}
		n++
	}
	if rows.Err() != nil {
		return 0, damaged
	}
	var lost int
	if db.QueryRow(`SELECT count(*) FROM (SELECT hnum FROM Name EXCEPT SELECT hnum FROM Packages)`).Scan(&lost) != nil {
		return 0, damaged
	}
	if lost > 0 {
		return 0, fmt.Errorf("its index knows %d packages that are not in it", lost)
	}
	return n, nil
}

// censusNDB follows the slots of a Packages.db. Each names a block of 16 bytes at which a blob begins: its head, the header of a
// package, and a tail with a checksum.
func censusNDB(data []byte) (n int, err error) {
	le := binary.LittleEndian
	word := func(at uint64) uint32 { return le.Uint32(data[at:]) }
	if len(data) < 4096 || word(4) != 0 {
		return 0, errors.New("it is damaged, or of a later version")
	}
	pages := uint64(word(12))
	if pages == 0 || pages > 2048 || pages*4096 > uint64(len(data)) {
		return 0, errors.New("it is damaged: its slots are not all there")
	}
	size, total := uint64(len(data)), uint64(0)
	seen := map[uint32]bool{}
	for at := uint64(32); at < pages*4096; at += 16 {
		if word(at) != 0x746f6c53 { // Slot
			return 0, errors.New("it is damaged: a slot in it is none")
		}
		id, block, blocks := word(at+4), uint64(word(at+8))*16, uint64(word(at+12))*16
		if id == 0 {
			continue
		}
		if seen[id] || block < pages*4096 || blocks < 32 || block+blocks > size {
			return 0, errors.New("it is damaged: a slot in it leads nowhere")
		}
		seen[id] = true
		length, tail := uint64(word(block+12)), block+blocks-12
		total += length
		if word(block) != 0x53626c42 || word(block+4) != id || 16+length+12 > blocks || total > size { // BlbS
			return 0, errors.New("it is damaged: a package in it is not where its slot says")
		}
		if word(tail+8) != 0x45626c42 || uint64(word(tail+4)) != length || word(tail) != adler32.Checksum(data[block:tail]) { // BlbE
			return 0, errors.New("it is damaged: a package in it is not what was written")
		}
		if err := header(data[block+16 : block+16+length]); err != nil {
			return 0, err
		}
		n++
	}
	// Blobs that no slot leads to are what was deleted, and are overwritten when they are.
	return n, nil
}

// Types of pages and of items of Berkeley DB.
const (
	pageInvalid, pageHashOld, pageOverflow, pageMeta, pageHash = 0, 2, 7, 8, 13
	itemInline, itemOffpage                                    = 1, 3
)

// censusBerkeley walks the hash table in a file of Berkeley DB, bucket by bucket, as a look-up does: each bucket is a chain of pages, each
// page has pairs of key and value, and a value that is large lies on a chain of pages of its own. A page that no walk comes to, though it
// holds something, is what a damaged page should have led to.
func censusBerkeley(data []byte) (n int, err error) {
	damaged := func(what string) error { return errors.New("it is damaged: " + what) }
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(data) < 512:
		return 0, errors.New("it is none of the kinds that are known")
	case binary.BigEndian.Uint32(data[12:]) == 0x061561:
		order = binary.BigEndian
	case binary.LittleEndian.Uint32(data[12:]) != 0x061561:
		return 0, errors.New("it is none of the kinds that are known")
	}
	size, last := order.Uint32(data[20:]), order.Uint32(data[32:])
	if size < 512 || size > 32768 || size&(size-1) != 0 || uint64(len(data)) < (uint64(last)+1)*uint64(size) {
		return 0, damaged("pages of it are missing")
	}
	if data[24] != 0 || data[25] != pageMeta {
		return 0, damaged("it does not begin as it should")
	}
	page := func(no uint32) []byte { return data[uint64(no)*uint64(size):][:size] }
	next := func(p []byte) uint32 { return order.Uint32(p[16:]) }
	seen := make([]bool, last+1)
	seen[0] = true

	// value returns a value that lies on pages of its own, and nothing for one that does not.
	value := func(p []byte, at uint16) (out []byte, err error) {
		if uint32(at) < 26 || uint32(at)+12 > size {
			return nil, damaged("an item lies outside of its page")
		}
		if p[at] != itemOffpage {
			return nil, nil
		}
		no, left := order.Uint32(p[at+4:]), uint64(order.Uint32(p[at+8:]))
		for no != 0 {
			if no > last || seen[no] || page(no)[25] != pageOverflow {
				return nil, damaged("a package's pages do not follow each other")
			}
			seen[no] = true
			q := page(no)
			used := uint64(size - 26)
			if next(q) == 0 {
				used = uint64(order.Uint16(q[22:]))
			}
			if used > uint64(size-26) || used > left {
				return nil, damaged("a package's pages hold another length than is said")
			}
			out = append(out, q[26:26+used]...)
			left -= used
			no = next(q)
		}
		if left != 0 || out == nil {
			return nil, damaged("a package is cut off")
		}
		return out, nil
	}

	buckets := order.Uint32(data[72:])
	if buckets > last {
		return 0, damaged("it does not say how it is laid out")
	}
	for b := range buckets + 1 {
		no := b + order.Uint32(data[96+4*bits.Len32(b):]) // where the pages of each doubling of the table begin
		for {
			if no == 0 || no > last || seen[no] {
				return 0, damaged("a bucket of it has no page")
			}
			seen[no] = true
			p := page(no)
			if p[25] != pageHash && p[25] != pageHashOld {
				return 0, damaged("a bucket of it has no page")
			}
			items := uint32(order.Uint16(p[20:]))
			if items%2 != 0 || 26+2*items > size {
				return 0, damaged("a page of it is torn")
			}
			for i := uint32(0); i < items; i += 2 {
				key, at := order.Uint16(p[26+2*i:]), order.Uint16(p[28+2*i:])
				if uint32(key) < 26 || uint32(key)+5 > size || p[key] != itemInline {
					return 0, damaged("an item lies outside of its page")
				}
				if order.Uint32(p[key+1:]) == 0 {
					continue // RPM keeps its own number there
				}
				n++
				if b, err := value(p, at); err != nil {
					return 0, err
				} else if b == nil {
					continue // it is counted, and the library passes over it
				} else if err := header(b); err != nil {
					return 0, err
				}
			}
			if no = next(p); no == 0 {
				break
			}
		}
	}
	for no := range last + 1 {
		if seen[no] {
			continue
		}
		switch p := page(no); p[25] {
		case pageInvalid:
		case pageHash, pageHashOld:
			if order.Uint16(p[20:]) != 0 {
				return 0, damaged("a page of it with packages belongs to no bucket")
			}
		default:
			return 0, damaged("a page of it belongs to nothing")
		}
	}
	return n, nil
}
