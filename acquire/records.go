package acquire

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"assay/artefact"
)

// Where records lie below a root. A record is named by the SHA-256 of its bytes, so that one that was changed is none.
const (
	RecordsDir   = ".assay"
	DecisionsDir = RecordsDir + "/decisions"
	EvidenceDir  = RecordsDir + "/evidence"
)

// Bounds of records. What is beyond them is no record, and stays what it would be without them: a file of the ToE.
const (
	maxRecords     = 10_000    // of a root, of each sort
	maxDecision    = 4 << 20   // bytes
	maxEvidence    = 256 << 10 // bytes of a record
	MaxContent     = 32 << 20  // bytes of a file that is kept with its record
	maxRecordBytes = 4 << 30   // of all records of a root with their files
)

// Payload types and forms that records are told by. What is in them is for others to read.
const (
	decisionType = "application/vnd.assay.decision+json"
	evidenceType = "application/vnd.assay.evidence+json"
	evidenceForm = "assay.evidence/1"
)

// parted are the kinds of evidence whose file a collector reads, so that it becomes a part of the record's unit.
var parted = []string{"resilience level"}

// A RecordFile is one record as it lies below .assay/: Name is that of the file without its directory.
type RecordFile struct {
	Name string
	Data []byte
}

// An EvidenceFile is a record of evidence that somebody brought. Fault says why the file that it is about is not had although it should be; of a Sensitive
// one the file is kept elsewhere, and that is no fault.
type EvidenceFile struct {
	RecordFile
	Sensitive bool
	SHA256    string // of the file
	Fault     string

	kind, component string
	content         func() ([]byte, error)
}

// Content returns the file that e is about, or nil if it is kept elsewhere.
func (e EvidenceFile) Content() ([]byte, error) {
	switch {
	case e.Fault != "":
		return nil, errors.New(e.Fault)
	case e.content == nil:
		return nil, nil
	}
	data, err := e.content()
	if err == nil && hexSum(data) != e.SHA256 {
		err = errors.New("the file is not the one that the record is about")
	}
	return data, err
}

// RecordsFound are the records of a root, sorted by name.
type RecordsFound struct {
	Decisions []RecordFile
	Evidence  []EvidenceFile
	Beyond    int // decisions beyond the bound, which were not read

	paths map[string]bool
}

// Is says whether a path of the root, relative and slash-separated, is a record or the file of one.
func (r *RecordsFound) Is(p string) bool { return r != nil && r.paths[p] }

// LeftOut counts the files that are records, for the account of what of a root is no unit of it; it is empty if there are none.
func (r *RecordsFound) LeftOut() []artefact.LeftOut {
	if r == nil || len(r.paths) == 0 {
		return nil
	}
	return []artefact.LeftOut{{Why: "records of assay", Files: len(r.paths)}}
}

// Artefact returns the evidence as an artefact with a unit for each record, or false if there is none. The unit of evidence for one component lies in a
// directory that is named after it (escaped like a path of a URL), which is how it finds its way to that component. Root is that whose records they are.
func (r *RecordsFound) Artefact(store *Store, root string, obtained time.Time) (artefact.Artefact, bool) {
	a := artefact.Artefact{Kind: "evidence", Root: "evidence-" + cmp.Or(root, "main"), Obtained: obtained}
	if r == nil || len(r.Evidence) == 0 {
		return a, false
	}
	for _, e := range r.Evidence {
		u := artefact.Unit{Path: path.Join(a.Root, segment(e.component), e.Name), Family: artefact.Brought, Language: "record"}
		data, err := e.Content()
		switch {
		case err != nil:
			u.Fault, u.Digest = err.Error(), artefact.Hash("unread", err.Error(), string(e.Data))
		case data != nil && slices.Contains(parted, e.kind):
			u.Parts = []artefact.Part{{Path: e.SHA256 + ".bin", Digest: store.Put(string(data))}}
			fallthrough
		default:
			u.Seal(store.Put(string(e.Data)))
		}
		a.Units = append(a.Units, u)
	}
	slices.SortFunc(a.Units, func(x, y artefact.Unit) int { return strings.Compare(x.Path, y.Path) })
	return a, true
}

// maxSegment bounds the name of a component in a path, in bytes; a record with a longer one is none that its collector reads.
const maxSegment = 500

// segment spells the name of a component as one segment of a path.
func segment(component string) string {
	s := url.PathEscape(component)
	switch {
	case len(component) > maxSegment:
		return ""
	case s != "" && strings.Trim(s, ".") == "":
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return s
}

// Records reads the records below dir: decisions and evidence with its files. A link is not followed, and what is not of the form of a record, whatever
// it is called, is none. It is no error if there are none.
func Records(dir string) (*RecordsFound, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %s", dir, reason(err))
	}
	// The root stays open: content is read through it.
	var entries []entry
	for _, d := range []string{RecordsDir, DecisionsDir, EvidenceDir} {
		info, err := root.Lstat(d)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %s", d, reason(err))
		} else if !info.IsDir() && d == RecordsDir {
			break // a link, or no directory: then nothing below it is a record
		} else if !info.IsDir() || d == RecordsDir {
			continue
		}
		f, err := root.Open(d)
		if err != nil {
			return nil, fmt.Errorf("read %s: %s", d, reason(err))
		}
		list, err := f.ReadDir(maxRecords*2 + 1)
		f.Close()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read %s: %s", d, reason(err))
		} else if len(list) > maxRecords*2 {
			return nil, fmt.Errorf("%s holds more than %d files", d, maxRecords*2)
		}
		for _, x := range list {
			info, err := root.Lstat(path.Join(d, x.Name()))
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			name := path.Join(d, x.Name())
			entries = append(entries, entry{path: name, size: info.Size(), read: func() ([]byte, error) { return regular(root, name, MaxContent) }})
		}
	}
	_, found := sift(entries)
	return found, nil
}

var (
	recordName  = lazy(`^\.assay/(decisions|evidence)/([0-9a-f]{64})\.json$`)
	unfinished  = lazy(`^\.assay/(decisions|evidence)/\.tmp-[0-9a-f]{64}$`) // what a killed writer leaves
	contentName = lazy(`^\.assay/evidence/([0-9a-f]{64})\.bin$`)
)

// sift takes the records out of entries. What it leaves is everything that is not of their form: a file that only lies where they do is a file like any other.
func sift(entries []entry) (rest []entry, found *RecordsFound) {
	found = &RecordsFound{paths: map[string]bool{}}
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.path, b.path) }) // bounds cut the same off, in whatever order they are listed
	var left int64 = maxRecordBytes
	read := func(e entry, limit int64, name string) ([]byte, bool) {
		if e.fault != "" || e.size > limit || e.size > left {
			return nil, false
		}
		data, err := e.read()
		if err != nil || int64(len(data)) > limit || hexSum(data) != name {
			return nil, false
		}
		left -= int64(len(data))
		return data, true
	}
	wanted := map[string]bool{} // files that a record is about and that should lie beside it
	contents := map[string]entry{}
	seen := map[string]int{}
	for _, e := range entries {
		seen[e.path]++
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.path, RecordsDir+"/") || seen[e.path] > 1 {
			continue
		}
		if m := contentName().FindStringSubmatch(e.path); m != nil {
			contents[m[1]] = e
			continue
		}
		m := recordName().FindStringSubmatch(e.path)
		switch {
		case m == nil:
		case m[1] == "decisions":
			data, ok := read(e, maxDecision, m[2])
			if ok = ok && payloadType(data) == decisionType; ok && len(found.Decisions) >= maxRecords {
				found.Beyond++ // one that is passed over could be to the contrary
			} else if ok {
				found.Decisions = append(found.Decisions, RecordFile{path.Base(e.path), data})
				found.paths[e.path] = true
			}
		default:
			data, ok := read(e, maxEvidence, m[2])
			if !ok || len(found.Evidence) >= maxRecords {
				continue
			}
			if x, ok := evidence(data); ok {
				x.Name = path.Base(e.path)
				found.Evidence = append(found.Evidence, x)
				found.paths[e.path] = true
				wanted[x.SHA256] = wanted[x.SHA256] || !x.Sensitive
			}
		}
	}
	held := map[string]bool{}
	for _, sum := range slices.Sorted(maps.Keys(contents)) {
		e := contents[sum]
		if !wanted[sum] {
			continue // nobody speaks of it, so nobody would see it if it were left out
		}
		if _, ok := read(e, MaxContent, sum); ok {
			held[sum], found.paths[e.path] = true, true
		}
	}
	for i := range found.Evidence {
		switch x := &found.Evidence[i]; {
		case x.Sensitive:
		case held[x.SHA256]:
			x.content = contents[x.SHA256].read
		default:
			x.Fault = "the file that it is about does not lie beside it, is another, or is too large"
		}
	}
	for _, e := range entries {
		if unfinished().MatchString(e.path) {
			found.paths[e.path] = true
		}
		if !found.paths[e.path] {
			rest = append(rest, e)
		}
	}
	byName := func(a, b RecordFile) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(found.Decisions, byName)
	slices.SortFunc(found.Evidence, func(a, b EvidenceFile) int { return byName(a.RecordFile, b.RecordFile) })
	return rest, found
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// payloadType returns what an envelope says that it holds; "" if it is none.
func payloadType(data []byte) string {
	var e struct {
		PayloadType string `json:"payloadType"`
	}
	if json.Unmarshal(data, &e) != nil {
		return ""
	}
	return e.PayloadType
}

// evidence reads of a record as much as it takes to find its file. It does not judge it: a record that says anything in a way that it must not is found
// out by its collector, and is a gap then.
func evidence(data []byte) (x EvidenceFile, ok bool) {
	x.Data = data
	if payloadType(data) == evidenceType {
		var e struct {
			Payload string `json:"payload"`
		}
		var err error
		if json.Unmarshal(data, &e) != nil {
			return x, false
		} else if data, err = base64.StdEncoding.DecodeString(e.Payload); err != nil {
			return x, false
		}
	}
	var r struct {
		Format    string `json:"format"`
		Kind      string `json:"kind"`
		Component string `json:"component"`
		SHA256    string `json:"sha256"`
		Sensitive bool   `json:"sensitive"`
	}
	if json.Unmarshal(data, &r) != nil || r.Format != evidenceForm {
		return x, false
	}
	x.kind, x.component, x.SHA256, x.Sensitive = r.Kind, r.Component, r.SHA256, r.Sensitive
	return x, true
}
