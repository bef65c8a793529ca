package cert

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"

	"assay/seal"
)

func written(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writeParts(&b, parts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(data []byte) (*Bundle, error) { return OpenBundle(bytes.NewReader(data), int64(len(data))) }

func noise(n int) []byte {
	data := make([]byte, n)
	rand.New(rand.NewSource(1)).Read(data)
	return data
}

// What is written is read back, in whatever order it was given, and what packs too well is stored.
func TestBundle(t *testing.T) {
	zeros := make([]byte, 1<<20)
	packed, err := pack(noise(5000))
	if err != nil {
		t.Fatal(err)
	}
	parts := []part{bytesPart(NameDocument, []byte("{}")), bytesPart(NameFacts, packed), bytesPart("evidence/"+seal.Digest(zeros)+".bin", zeros), bytesPart("evidence/"+seal.Digest([]byte(""))+".json", nil)}
	data := written(t, parts...)
	parts[0], parts[3] = parts[3], parts[0]
	if !bytes.Equal(data, written(t, parts...)) {
		t.Error("another order gives other bytes")
	}
	b, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Read("evidence/" + seal.Digest(zeros) + ".bin"); err != nil || !bytes.Equal(got, zeros) {
		t.Error(err)
	}
	if got, err := b.Facts(); err != nil || !bytes.Equal(got, noise(5000)) {
		t.Error(err)
	}
	if got, err := b.Read("evidence/" + seal.Digest(nil) + ".json"); err != nil || len(got) != 0 {
		t.Error(err)
	}
	_, err = b.Read(NameStatus)
	failure(t, err, 5, "bundle")
	z, _ := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	for _, f := range z.File {
		if !f.Modified.IsZero() && f.Modified.Year() > 1980 {
			t.Errorf("%s has a time", f.Name)
		}
	}
}

// A bundle that is not byte for byte as this package writes one is refused, or its content is what it was.
func TestEveryByteOfBundle(t *testing.T) {
	document, facts := []byte(strings.Repeat(`{"a":"some words","b":[1,2,3]}`, 20)), []byte("facts of a kind\n")
	packed, _ := pack(facts)
	d := []byte(`{"decision":1}`)
	data := written(t, bytesPart(NameDocument, document), bytesPart(NameFacts, packed), bytesPart("decisions/"+seal.Digest(d)+".json", d))
	s := &Statement{}
	s.Predicate.Evidence = Evidence{Document: seal.Digest(document), Facts: seal.Digest(facts), Records: []string{}}
	s.Predicate.Decisions = []string{seal.Digest(d)}
	holds := func(data []byte) error {
		b, err := open(data)
		if err == nil {
			err = b.Holds(s)
		}
		return err
	}
	if err := holds(data); err != nil {
		t.Fatal(err)
	}
	b, _ := open(data)
	at, _ := b.files[NameDocument].DataOffset()
	start, size := int(at), int(b.files[NameDocument].CompressedSize64)
	for i := range data {
		for _, x := range []byte{1, 0x80} {
			bad := bytes.Clone(data)
			bad[i] ^= x
			if holds(bad) != nil {
				continue
			}
			b, _ := open(bad) // the last byte of a packed file has bits that nobody reads
			if got, err := b.Read(NameDocument); err != nil || !bytes.Equal(got, document) || i < start || i >= start+size {
				t.Errorf("byte %d changed, and the bundle holds", i)
			}
		}
	}
	for n := range data {
		if holds(data[:n]) == nil {
			t.Errorf("cut off at %d, and the bundle holds", n)
		}
	}
	failure(t, holds(append(bytes.Clone(data), 0)), 5, "bundle")
	failure(t, holds(append([]byte("MZ"), data...)), 5, "bundle")
}

// What a bundle lacks of its certificate, or has beside it, shows.
func TestBundleHolds(t *testing.T) {
	document, facts, d, r := []byte("{}"), []byte("f"), []byte("decision"), []byte("record")
	packed, _ := pack(facts)
	other, _ := pack([]byte("g"))
	decision, record := bytesPart("decisions/"+seal.Digest(d)+".json", d), bytesPart("evidence/"+seal.Digest(r)+".json", r)
	s := &Statement{}
	s.Predicate.Evidence = Evidence{Document: seal.Digest(document), Facts: seal.Digest(facts), Records: []string{seal.Digest(r)}, Index: seal.Digest([]byte("index"))}
	s.Predicate.Decisions = []string{seal.Digest(d)}
	doc, fact := bytesPart(NameDocument, document), bytesPart(NameFacts, packed)
	for name, parts := range map[string][]part{
		"":                               {doc, fact, decision, record},
		" with artefacts":                {doc, fact, decision, record, bytesPart(NameIndex, []byte("index")), bytesPart("artefacts/"+seal.Digest(d), d)},
		"no document":                    {fact, decision, record},
		"another document":               {bytesPart(NameDocument, []byte("{} ")), fact, decision, record},
		"no facts":                       {doc, decision, record},
		"other facts":                    {doc, bytesPart(NameFacts, other), decision, record},
		"facts that are not packed":      {doc, bytesPart(NameFacts, facts), decision, record},
		"no decision":                    {doc, fact, record},
		"another decision beside":        {doc, fact, decision, record, bytesPart("decisions/"+seal.Digest(r)+".json", r)},
		"a decision of another name":     {doc, fact, bytesPart("decisions/"+seal.Digest(r)+".json", d), record},
		"no record":                      {doc, fact, decision},
		"a file that is not its name":    {doc, fact, decision, record, bytesPart("evidence/"+seal.Digest(r)+".bin", d)},
		"another list of artefacts":      {doc, fact, decision, record, bytesPart(NameIndex, []byte("indeX"))},
		"content of artefacts, no list":  {doc, fact, decision, record, bytesPart("artefacts/"+seal.Digest(d), d)},
		"content that is not its digest": {doc, fact, decision, record, bytesPart(NameIndex, []byte("index")), bytesPart("artefacts/"+seal.Digest(r), d)},
	} {
		b, err := open(written(t, parts...))
		if err == nil {
			err = b.Holds(s)
		}
		if name == "content that is not its digest" { // found by whoever reads it: verifying does not read all content
			_, err = b.Read("artefacts/" + seal.Digest(r))
		}
		if good := name == "" || name[0] == ' '; good != (err == nil) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Names, order, sizes and packing that bundles do not have are refused before anything is unpacked.
func TestHostileBundle(t *testing.T) {
	raw := func(headers ...zip.FileHeader) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, h := range headers {
			w, err := z.CreateRaw(&h)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, strings.Repeat("x", int(min(h.CompressedSize64, 100))))
		}
		z.Close()
		return b.Bytes()
	}
	h := func(name string, size uint64) zip.FileHeader {
		return zip.FileHeader{Name: name, CompressedSize64: 1, UncompressedSize64: size}
	}
	timed := raw(h(NameDocument, 1))
	binary.LittleEndian.PutUint16(timed[12:], 0x5a21) // the day in the local header
	extra := h(NameDocument, 1)
	extra.Extra = []byte{1, 2, 0, 0}
	comment := h(NameDocument, 1)
	comment.Comment = "hello"
	attributes := h(NameDocument, 1)
	attributes.ExternalAttrs = 0o120777 << 16
	method := h(NameDocument, 1)
	method.Method = 12
	streamed := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, _ := z.Create(NameDocument)
		io.WriteString(w, "{}")
		z.Close()
		return b.Bytes()
	}()
	many := func() []byte {
		var hs []zip.FileHeader
		for i := range maxFiles + 1 {
			hs = append(hs, h(fmt.Sprintf("evidence/%064x.bin", i), 1))
		}
		return raw(hs...)
	}
	for name, data := range map[string][]byte{
		"a path that climbs":          raw(h("../x", 1)),
		"an absolute path":            raw(h("/certificate.json", 1)),
		"a directory":                 raw(zip.FileHeader{Name: "log/"}),
		"an unknown name":             raw(h("notes.txt", 1)),
		"a name in another case":      raw(h("Certificate.json", 1)),
		"a digest in capitals":        raw(h("decisions/"+strings.Repeat("A", 64)+".json", 1)),
		"a line end in a name":        raw(h("document.json\n", 1)),
		"a name twice":                raw(h(NameDocument, 1), h(NameDocument, 1)),
		"another order":               raw(h(NameFacts, 1), h(NameDocument, 1)),
		"unpacks to too much":         raw(h(NameDocument, maxFile+1)),
		"unpacks to far more":         raw(h(NameDocument, 201)),
		"a time":                      timed,
		"an extra field":              raw(extra),
		"a comment":                   raw(comment),
		"attributes":                  raw(attributes),
		"another way to pack":         raw(method),
		"sizes behind the data":       streamed,
		"too many files":              many(),
		"no zip file":                 []byte("hello"),
		"nothing":                     nil,
		"a central directory of 4 GB": append(raw(h(NameDocument, 1))[:40], 0),
	} {
		b, err := open(data)
		if err == nil {
			t.Errorf("%s: accepted %v", name, b.Names())
			continue
		}
		failure(t, err, 5, "bundle")
	}
	// A size that lies is found when it is read.
	good := written(t, bytesPart(NameDocument, []byte(strings.Repeat("ab", 500))))
	for _, at := range []int{22, len(good) - 22 - 46 - len(NameDocument) + 24} { // in the local and in the central header
		binary.LittleEndian.PutUint32(good[at:], 900)
	}
	b, err := open(good)
	if err == nil {
		_, err = b.Read(NameDocument)
	}
	failure(t, err, 5, "bundle")
	_, _, err = OpenBundleFile(t.TempDir())
	failure(t, err, 2, "bundle")
	if err := writeParts(io.Discard, []part{bytesPart("x", nil)}); err == nil {
		t.Error("a bundle with a name of its own was written")
	}
	if err := writeParts(io.Discard, []part{bytesPart(NameStatus, nil), bytesPart(NameStatus, nil)}); err == nil {
		t.Error("a bundle with a name twice was written")
	}
}

// Facts that unpack without end stop at a bound.
func TestFactsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks much")
	}
	for name, data := range map[string][]byte{"cut off": func() []byte { p, _ := pack(noise(1000)); return p[:len(p)-3] }(), "no frame": []byte("hello")} {
		if _, err := unpack(data); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzOpenBundle(f *testing.F) {
	packed, _ := pack([]byte("f"))
	var b bytes.Buffer
	if err := writeParts(&b, []part{bytesPart(NameDocument, bytes.Repeat([]byte("{}"), 200)), bytesPart(NameFacts, packed)}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		b, err := open(data)
		if err != nil {
			return
		}
		var parts []part
		for _, name := range b.Names() {
			parts = append(parts, part{name: name, raw: b.files[name]})
			_, _ = b.Read(name)
		}
		var again bytes.Buffer
		if err := writeParts(&again, parts); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Errorf("a bundle that is not written as it was read: %v", err)
		}
	})
}

func FuzzParsers(f *testing.F) {
	f.Add([]byte("log.example\n1\nAAAA\n\n\u2014 log.example AAAA\n"))
	f.Add([]byte(`{"index":0,"tree_size":1,"hashes":[]}`))
	verifier := "log.example+3d2e5e3c+AWM2gQY5Wq3yHqfOWMbUgGz8bTnBPpB4a/D0yS9L7mUJ"
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ParseCheckpoint(data, verifier)
		if p, err := ParseProof(data); err == nil && (p.Index < 0 || p.Index >= p.Size) {
			t.Error("a proof of nothing")
		}
		if s, err := ParseStatement(data); err == nil {
			if again, err := s.Encode(); err != nil || !bytes.Equal(again, data) {
				t.Error("a statement that reads otherwise than it is written")
			}
		}
	})
}
