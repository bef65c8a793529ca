// Package artefact holds what was acquired: immutable, addressed by content, made of units.
// It knows nothing of what the content means. Right of it nothing touches network, clock or environment.
package artefact

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"path"
	"strings"
	"time"
)

// A Digest identifies content.
type Digest [sha256.Size]byte

// MarshalText writes d as sha256:HEX.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	x, err := ParseDigest(string(text))
	*d = x
	return err
}

// ParseDigest reads sha256:HEX.
func ParseDigest(s string) (d Digest, err error) {
	x, ok := strings.CutPrefix(s, "sha256:")
	b, err := hex.DecodeString(x)
	if !ok || err != nil || len(b) != len(d) {
		return Digest{}, errors.New("not a digest: " + s)
	}
	return Digest(b), nil
}

func (d Digest) String() string { return "sha256:" + hex.EncodeToString(d[:]) }

// Hash returns the digest of a list of parts. Each part is preceded by its length, so that no two lists read alike.
func Hash(parts ...string) Digest {
	n := 0
	for _, p := range parts {
		n += 8 + len(p)
	}
	var room [1 << 10]byte // what is hashed most is short
	if n > len(room) {
		return hashLong(parts)
	}
	b := room[:0]
	for _, p := range parts {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(p))), p...)
	}
	return sha256.Sum256(b)
}

func hashLong(parts []string) Digest {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return Digest(h.Sum(nil))
}

// A Family says what sort of thing a unit is, and so which predicates it could carry.
type Family string

const (
	Source      Family = "source"      // a programming language: it can import libraries, open sockets, hold secrets
	Script      Family = "script"      // shell, batch, SQL: it runs, but imports no library
	Markup      Family = "markup"      // pages, styles, templates
	Config      Family = "config"      // settings that a program reads
	Schema      Family = "schema"      // interface descriptions: proto, OpenAPI, GraphQL, DDL
	Manifest    Family = "manifest"    // a build file, written by people
	Lock        Family = "lock"        // a build file, written by a resolver
	Deployment  Family = "deployment"  // compose, Kubernetes, Helm, Kustomize, skaffold
	Recipe      Family = "recipe"      // how an image is made: a Dockerfile
	Pipeline    Family = "pipeline"    // continuous integration
	Declaration Family = "declaration" // assay.yaml
	Probe       Family = "probe"       // what a probe saw
	Advisory    Family = "advisory"    // what a database of vulnerabilities says of one library
	Statement   Family = "statement"   // what somebody says of a vulnerability: VEX
	Brought     Family = "brought"     // a record of evidence that somebody brings
	Image       Family = "image"       // a container image: its configuration, packages and files
	Document    Family = "document"    // prose and pictures
	Data        Family = "data"        // inert data, and what no family fits
)

// A Class says what a unit is for. The zero Class is Production: what nobody classified is production.
type Class int

const (
	Production Class = iota
	Build
	Test
	Example
	Vendored
	Generated
	DevProfile
)

func (c Class) String() string {
	return [...]string{"production", "build", "test", "example", "vendored", "generated", "dev-profile"}[c]
}

// A Part is one file of a unit that is made of several: a chart, a set of manifests that are rendered together. Path is
// relative to the directory of the unit's own path, slash-separated, and may climb with "..": never out of the root.
type Part struct {
	Path   string
	Digest Digest
}

// A Unit is the grain of obligation: a file, a chart, an image layer, a capture. Path begins with the name of its root, so
// that it is unique in the ToE. Fault, if not "", says why its content could not be taken (too large, unreadable, not a
// regular file); such a unit pays for nothing.
type Unit struct {
	Path     string
	Family   Family
	Language string
	Class    Class
	Digest   Digest // of its content, and of its parts if it has any
	Content  Digest // of the file itself, if there are parts
	Parts    []Part
	Fault    string
}

// Seal sets u's digest from its content and parts, so that it changes when any of them does.
func (u *Unit) Seal(content Digest) {
	u.Digest = content
	if len(u.Parts) == 0 {
		return
	}
	u.Content = content
	all := []string{"bundle", string(content[:])}
	for _, p := range u.Parts {
		all = append(all, p.Path, string(p.Digest[:]))
	}
	u.Digest = Hash(all...)
}

// File returns the digest of the unit's own file.
func (u Unit) File() Digest {
	if len(u.Parts) > 0 {
		return u.Content
	}
	return u.Digest
}

// Dir returns the directory of path, with its root; of a file in a root, the root.
func Dir(p string) string { return path.Dir(p) }

// An Artefact is one thing acquired: a directory, a revision, a resolved closure. Obtained is not part of its identity.
type Artefact struct {
	Kind, Root string
	Revision   string // of a version control system, if known
	Obtained   time.Time
	Units      []Unit
	LeftOut    []LeftOut // what was seen and not taken
}

// LeftOut counts what acquisition did not take, by reason: ignored by git, excluded by assay.yaml.
type LeftOut struct {
	Why   string
	Files int
}

// Identity returns the digest of what a holds: its kind, root and units.
func (a Artefact) Identity() Digest {
	parts := []string{"artefact", a.Kind, a.Root}
	for _, u := range a.Units {
		parts = append(parts, u.Path, string(u.Family), u.Language, u.Class.String(), u.Fault, string(u.Digest[:]))
	}
	return Hash(parts...)
}

// A Store gives content by digest. Get returns ErrMissing for what it does not hold, or no longer holds unchanged.
type Store interface{ Get(Digest) (string, error) }

// A Memory is a Store of what was put into it.
type Memory map[Digest]string

var ErrMissing = errors.New("not in the store")

func (s Memory) Put(data string) Digest {
	d := Hash(data)
	s[d] = data
	return d
}

// Get returns the content d names. It checks it: a store is not trusted.
func (s Memory) Get(d Digest) (string, error) {
	if data, ok := s[d]; ok && Hash(data) == d {
		return data, nil
	}
	return "", ErrMissing
}
