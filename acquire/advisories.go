package acquire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/artefact"
)

// Advisories is a local database of known vulnerabilities, in the format of OSV: for each ecosystem one file that answers which
// entries name a library. It is filled by ImportAdvisories and UpdateAdvisories, and it is a snapshot: what is imported while it
// is open does not show in it.
//
// What it says is frozen like everything that is acquired. A name without entries is knowledge, and a unit; an ecosystem that
// the database does not have is none, and has no unit; what is damaged is a unit with a fault.
type Advisories struct {
	files     map[string]*advisoryFile // by ecosystem
	faults    map[string]string        // of ecosystems whose file is there and cannot be used
	exploited *exploitedList           // nil if there is none
	listFault string
}

// Names of the database's files.
const (
	advisorySuffix = ".advisories"
	exploitedName  = "known-exploited.json"
	lockName       = "lock"
)

// Bounds of what one assessment asks of the database.
const (
	maxWanted  = 200_000
	maxAnswers = 1 << 30 // bytes of all answers
)

// ecosystems are those that assay knows, with the name that OSV has for each.
var ecosystems = map[string]string{
	"maven": "Maven", "npm": "npm", "go": "Go", "pypi": "PyPI", "nuget": "NuGet", "cargo": "crates" + ".io", "composer": "Packagist",
	"conan": "ConanCenter", "gem": "RubyGems", "debian": "Debian", "alpine": "Alpine",
	"redhat": "Red Hat", "rocky": "Rocky Linux", "almalinux": "AlmaLinux", "suse": "SUSE", "opensuse": "openSUSE", "azurelinux": "Azure Linux",
}

// Ecosystem returns how assay spells an ecosystem that OSV or assay has a name for, and which release of it is meant, if one is:
// "Debian:12" is debian, 12.
func Ecosystem(name string) (ecosystem, release string, ok bool) {
	name, release, _ = strings.Cut(name, ":")
	for e, osv := range ecosystems {
		if name == osv || strings.EqualFold(name, e) {
			return e, release, true
		}
	}
	return "", "", false
}

// KnownEcosystems returns the ecosystems that a database may have, in assay's spelling.
func KnownEcosystems() (out []string) {
	for e := range ecosystems {
		out = append(out, e)
	}
	slices.Sort(out)
	return out
}

// lookupName is a library's name as its ecosystem compares names.
func lookupName(ecosystem, name string) string {
	switch ecosystem {
	case "pypi": // PEP 503
		words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
		return strings.Join(words, "-")
	case "nuget", "composer":
		return strings.ToLower(name)
	}
	return name
}

// OpenAdvisories opens the database in dir. A directory that is not there is an empty database. Files that are there and cannot
// be read are no error here: they are faults of what is asked of them. The caller closes it.
func OpenAdvisories(dir string) (*Advisories, error) {
	a := &Advisories{files: map[string]*advisoryFile{}, faults: map[string]string{}}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	} else if err != nil {
		return nil, fmt.Errorf("open the vulnerability database: %s", reason(err))
	}
	defer root.Close()
	for _, e := range KnownEcosystems() {
		f, err := openAdvisoryFile(root, e)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			a.faults[e] = damage(e, err)
		default:
			a.files[e] = f
		}
	}
	list, err := readExploited(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		a.listFault = "the list of known exploited vulnerabilities cannot be read: " + reason(err) + "; import it again with assay db update or assay db import"
	default:
		a.exploited = list
	}
	return a, nil
}

func damage(ecosystem string, err error) string {
	return fmt.Sprintf("the vulnerability database's data of %s cannot be read: %s; replace it with assay db update %[1]s or assay db import", ecosystem, reason(err))
}

// Close closes the database's files.
func (a *Advisories) Close() error {
	var errs []error
	for _, f := range a.files {
		errs = append(errs, f.file.Close())
	}
	return errors.Join(errs...)
}

// An AdvisorySource is where data of an ecosystem came from. Day is the day up to which it tells what was known.
type AdvisorySource struct {
	Name     string `json:"name"`
	Revision string `json:"revision,omitempty"` // of a version control system
	Day      string `json:"day"`
	Entries  int    `json:"entries"`        // that it had when it was read
	Lost     int    `json:"lost,omitempty"` // files that could not be read at all
	// For asking again whether it changed.
	URL          string `json:"url,omitempty"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// EcosystemData describes what a database has of one ecosystem.
type EcosystemData struct {
	Ecosystem string
	Day       string // of the oldest of its sources
	Sources   []AdvisorySource
	Entries   int
	Malformed int      // of these, of which only the library's name could be read
	Names     int      // libraries that have entries
	Releases  []string // of a system, that entries are about
	Size      int64    // in bytes, of its file
	Fault     string
}

// Source names where the data came from, and what of it was left out.
func (e EcosystemData) Source() string {
	var out []string
	for _, s := range e.Sources {
		name := s.Name
		if s.Revision != "" {
			name += "@" + s.Revision
		}
		if s.Lost > 0 {
			name += fmt.Sprintf(" (%d unreadable entries left out)", s.Lost)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// Ecosystems lists what the database has, by ecosystem.
func (a *Advisories) Ecosystems() (out []EcosystemData) {
	for e, f := range a.files {
		out = append(out, f.describe(e))
	}
	for e, fault := range a.faults {
		out = append(out, EcosystemData{Ecosystem: e, Fault: fault})
	}
	slices.SortFunc(out, func(a, b EcosystemData) int { return strings.Compare(a.Ecosystem, b.Ecosystem) })
	return out
}

// Exploited returns the source and the length of the list of known exploited vulnerabilities. Its name is "" if there is no
// list, and fault says why one that is there cannot be used.
func (a *Advisories) Exploited() (s AdvisorySource, fault string) {
	if a.exploited == nil {
		return s, a.listFault
	}
	return a.exploited.Source, ""
}

// A Wanted is a library that is looked up. Ecosystem and Name are spelt as in fact.Library.
type Wanted struct{ Ecosystem, Name string }

// Freeze looks names up. Of each ecosystem that is wanted and that the database has there is one unit that describes the data,
// and of each name one that holds its entries. Units do not depend on the order of wanted, nor on when this is done.
func (a *Advisories) Freeze(ctx context.Context, store *Store, wanted []Wanted) (artefact.Artefact, error) {
	out := artefact.Artefact{Kind: "advisories", Root: "advisories"}
	wanted = slices.Clone(wanted)
	slices.SortFunc(wanted, func(a, b Wanted) int {
		return cmp.Or(strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name))
	})
	wanted = slices.Compact(wanted)
	if len(wanted) > maxWanted {
		return out, fmt.Errorf("%d libraries are wanted of the vulnerability database; at most %d are looked up", len(wanted), maxWanted)
	}
	add := func(p, language string, content []byte, fault string) {
		u := artefact.Unit{Path: "advisories/" + p, Family: artefact.Advisory, Language: language, Fault: fault}
		if fault != "" {
			u.Digest = artefact.Hash("unread", fault)
		} else {
			u.Digest = store.Put(string(content))
		}
		out.Units = append(out.Units, u)
	}
	total, last := 0, ""
	for _, w := range wanted {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		file, fault := a.files[w.Ecosystem], a.faults[w.Ecosystem]
		if file == nil && fault == "" {
			continue
		}
		if w.Ecosystem != last {
			last = w.Ecosystem
			content, f := a.data(w.Ecosystem)
			add(w.Ecosystem+"/(data).json", "osv-data", content, cmp.Or(fault, f))
		}
		var content []byte
		switch {
		case fault != "":
		case w.Name == "":
			fault = "a library without a name cannot be looked up"
		case total > maxAnswers:
			fault = fmt.Sprintf("what the vulnerability database says of all libraries is more than %d bytes; this one was not looked up", maxAnswers)
		default:
			var err error
			if content, err = a.answer(file, w); err != nil {
				fault = damage(w.Ecosystem, err)
			}
			total += len(content)
		}
		add(w.Ecosystem+"/"+escape(w.Name)+".json", "osv", content, fault)
	}
	return out, nil
}

// data is the content of the unit that describes an ecosystem's data.
func (a *Advisories) data(ecosystem string) (content []byte, fault string) {
	file := a.files[ecosystem]
	if file == nil || a.listFault != "" {
		return nil, a.listFault
	}
	d := file.describe(ecosystem)
	var list string
	if a.exploited != nil {
		list = a.exploited.Source.Day
	}
	return compact(struct {
		Ecosystem string `json:"ecosystem"`
		Source    string `json:"source"`
		Day       string `json:"day"`
		List      string `json:"known_exploited,omitempty"`
		Entries   int    `json:"entries"`

		Releases []string `json:"releases,omitempty"`
	}{ecosystem, d.Source(), d.Day, list, d.Entries, d.Releases}), ""
}

// answer is the content of the unit of one name.
func (a *Advisories) answer(file *advisoryFile, w Wanted) ([]byte, error) {
	entries, err := file.lookup(lookupName(w.Ecosystem, w.Name))
	if err != nil {
		return nil, err
	}
	if entries == nil {
		entries = []byte("[]")
	}
	content := struct {
		Ecosystem string          `json:"ecosystem"`
		Name      string          `json:"name"`
		Entries   json.RawMessage `json:"entries"`
		Exploited *[]string       `json:"exploited,omitempty"`
	}{w.Ecosystem, w.Name, entries, nil}
	if a.exploited != nil {
		var named []struct {
			ID                string
			Aliases, Upstream []string
		}
		if err := json.Unmarshal(entries, &named); err != nil {
			return nil, errors.New("entries of a library are not what was written")
		}
		hits := []string{}
		for _, e := range named {
			for _, id := range slices.Concat([]string{e.ID}, e.Aliases, e.Upstream) {
				if _, ok := slices.BinarySearch(a.exploited.IDs, id); ok {
					hits = append(hits, id)
				}
			}
		}
		slices.Sort(hits)
		hits = slices.Compact(hits)
		content.Exploited = &hits
	}
	return compact(content), nil
}

// compact writes x, which is always writable, without escaping what pages of HTML would need.
func compact(x any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// escape makes a name one part of a path.
func escape(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._@-", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// AdvisoryDir returns where the user's database lies, or "" if that cannot be told.
func AdvisoryDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "assay", "advisories")
}
