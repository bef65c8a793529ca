package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"assay/cert"
)

// openBundle opens the bundle that a user named. A file that is none's bundle ends with code 4, as everything does from which nothing can be made: it says nothing of any
// certificate. Code 5, that something does not hold, would tell a pipeline that a certificate was forged where somebody named the wrong file. What was a bundle and is
// damaged keeps code 5: whoever breaks one gains nothing by it. Within an issuing directory package cert knows what must be a bundle, and asks nobody.
func openBundle(path string) (*cert.Bundle, io.Closer, error) {
	if why := noBundle(path); why != "" {
		return nil, nil, nothing(fmt.Errorf("%s is no bundle of a certificate: %s", path, why))
	}
	b, f, err := cert.OpenBundleFile(path)
	return b, f, ofCert(err)
}

// bundled matches names that stand in bundles.
var bundled = regexp.MustCompile(`^(` + regexp.QuoteMeta(cert.NameCertificate) + `|` + regexp.QuoteMeta(cert.NameStatus) + `|` + regexp.QuoteMeta(cert.NameDocument) + `|` +
	regexp.QuoteMeta(cert.NameFacts) + `|log/.+|decisions/.+|evidence/.+|artefacts/.+)$`)

// largeList bounds the files, in bytes, whose list of entries is read to see whether they are bundles.
const largeList = 64 << 20

// noBundle says why the file at path is no bundle of any certificate; "" if it may be one, or cannot be opened. It is none if it has neither the beginning nor
// the end of a zip file, or is one of other things.
func noBundle(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	if info.Size() == 0 {
		return "it is empty"
	}
	head := make([]byte, 4)
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	const longest = 64<<10 + 22 // the mark of the end, and the longest comment behind it
	tail := make([]byte, min(info.Size(), longest))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	if !bytes.Equal(head, []byte("PK\x03\x04")) && !bytes.Contains(tail, []byte("PK\x05\x06")) {
		return "it is no zip file"
	}
	if info.Size() > largeList {
		return ""
	}
	z, err := zip.NewReader(f, info.Size())
	if err == nil && len(z.File) > 0 && !slices.ContainsFunc(z.File, func(x *zip.File) bool { return bundled.MatchString(x.Name) }) {
		return fmt.Sprintf("it is a zip file of other things, such as %.100q", z.File[0].Name)
	}
	return ""
}
