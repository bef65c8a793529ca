package acquire

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/artefact"
)

// laid writes files below a new directory. A name that ends in .json or .bin and begins with # is spelt by its digest.
func laid(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		name = strings.Replace(name, "#", hexSum([]byte(data)), 1)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func recordOf(content, kind, component string, sensitive bool) string {
	return fmt.Sprintf(`{"format":"assay.evidence/1","kind":%q,"component":%q,"sha256":%q,"sensitive":%t}`, kind, component, hexSum([]byte(content)), sensitive)
}

const decision = `{"payloadType":"application/vnd.assay.decision+json","payload":"e30=","signatures":[]}`

// Decisions and evidence under their own digests are records; whatever else lies there is not.
func TestRecords(t *testing.T) {
	log, level := "GET /", "{}"
	dir := laid(t, map[string]string{
		".assay/decisions/#.json":      decision,
		".assay/decisions/#x.json":     decision + " ",
		".assay/decisions/note.json":   decision,
		".assay/evidence/#.json":       recordOf(log, "log sample", "orders/eu", false),
		".assay/evidence/#.bin":        log,
		".assay/evidence/sub/#.json":   recordOf(log, "log sample", "", false),
		".assay/cache/#.json":          recordOf(log, "log sample", "x", false),
		".assay/evidence/readme.txt":   "about",
		"src/.assay/evidence/#.json":   recordOf(log, "log sample", "y", false),
		".assay/evidence/wrong.json":   recordOf(log, "log sample", "z", false),
		".assay/evidence/unspoken.bin": "x",
	})
	add := func(data, ext string) {
		if err := os.WriteFile(filepath.Join(dir, EvidenceDir, hexSum([]byte(data))+ext), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	add(recordOf(level, "resilience level", "", false), ".json")
	add(level, ".bin")
	add(recordOf("gone", "memory dump", "..", false), ".json")
	add(recordOf("secret", "memory dump", "", true), ".json")
	add("secret", ".bin") // nobody says that it lies there
	add(`{"format":"another"}`, ".json")
	add("nobody speaks of it", ".bin")
	os.Symlink(filepath.Join(dir, ".assay/evidence/readme.txt"), filepath.Join(dir, EvidenceDir, hexSum([]byte("about"))+".json"))

	found, err := Records(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Decisions) != 1 || len(found.Evidence) != 4 {
		t.Fatalf("%d decisions, %d records of evidence", len(found.Decisions), len(found.Evidence))
	}
	if left := found.LeftOut(); len(left) != 1 || left[0].Why != "records of assay" || left[0].Files != 7 {
		t.Errorf("left out: %v", left)
	}
	for p, want := range map[string]bool{
		EvidenceDir + "/" + hexSum([]byte(log)) + ".bin":      true,
		EvidenceDir + "/" + hexSum([]byte("secret")) + ".bin": false,
		EvidenceDir + "/readme.txt":                           false,
		"src/" + EvidenceDir + "/x.json":                      false,
	} {
		if found.Is(p) != want {
			t.Errorf("%s is a record: %t", p, !want)
		}
	}

	store := NewStore()
	a, ok := found.Artefact(store, "", time.Unix(0, 0))
	if !ok || a.Kind != "evidence" || a.Root != "evidence-main" || len(a.Units) != 4 {
		t.Fatalf("%t %+v", ok, a)
	}
	var told []string
	for _, u := range a.Units {
		told = append(told, fmt.Sprintf("%s %s %s parts %d fault %t", filepath.Dir(u.Path), u.Family, u.Language, len(u.Parts), u.Fault != ""))
		if _, err := store.Get(u.File()); err != nil && u.Fault == "" {
			t.Errorf("%s: %v", u.Path, err)
		}
	}
	slices.Sort(told)
	want := []string{
		"evidence-main brought record parts 0 fault false", // sensitive
		"evidence-main brought record parts 1 fault false", // the measurement, whose file is read
		"evidence-main/%2E%2E brought record parts 0 fault true",
		"evidence-main/orders%2Feu brought record parts 0 fault false",
	}
	if !slices.Equal(told, want) {
		t.Errorf("got  %q\nwant %q", told, want)
	}
}

// A file that is changed after it was recorded is had no more, and the record says so.
func TestRecordChanged(t *testing.T) {
	dir := laid(t, map[string]string{".assay/evidence/#.json": recordOf("one", "log sample", "", false), ".assay/evidence/#.bin": "one"})
	name := filepath.Join(dir, EvidenceDir, hexSum([]byte("one"))+".bin")
	before, err := Records(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("two"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := before.Evidence[0].Content(); err == nil {
		t.Error("a file that changed since is returned")
	}
	after, err := Records(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(after.Evidence) != 1 || after.Evidence[0].Fault == "" || after.Is(EvidenceDir+"/"+filepath.Base(name)) {
		t.Errorf("%+v", after.Evidence)
	}
}

// Directories that are links hold no records, and one without any has none.
func TestRecordsElsewhere(t *testing.T) {
	other := laid(t, map[string]string{"decisions/#.json": decision})
	dir := t.TempDir()
	if found, err := Records(dir); err != nil || len(found.Decisions) != 0 || found.LeftOut() != nil {
		t.Errorf("%+v %v", found, err)
	}
	if err := os.Symlink(other, filepath.Join(dir, ".assay")); err != nil {
		t.Fatal(err)
	}
	if found, err := Records(dir); err == nil && len(found.Decisions) != 0 {
		t.Errorf("followed a link: %+v", found)
	}
	var none *RecordsFound
	if none.Is("x") || none.LeftOut() != nil {
		t.Error("nothing was found, and it is a record")
	}
}

// Of two files of one name none is a record, a fault is none, and what is no record stays.
func TestSift(t *testing.T) {
	text := func(path, data string) entry {
		return entry{path: path, size: int64(len(data)), read: func() ([]byte, error) { return []byte(data), nil }}
	}
	name := DecisionsDir + "/" + hexSum([]byte(decision)) + ".json"
	broken := text(name, decision)
	broken.fault = "no"
	for what, tt := range map[string]struct {
		in      []entry
		records int
	}{
		"one":       {[]entry{text(name, decision), text("main.go", "")}, 1},
		"twice":     {[]entry{text(name, decision), text(name, decision)}, 0},
		"a fault":   {[]entry{broken}, 0},
		"too large": {[]entry{{path: name, size: maxDecision + 1, read: text(name, decision).read}}, 0},
		"grew":      {[]entry{text(DecisionsDir+"/"+hexSum(make([]byte, maxDecision+1))+".json", string(make([]byte, maxDecision+1)))}, 0},
	} {
		rest, found := sift(tt.in)
		if len(found.Decisions) != tt.records || len(rest)+tt.records != len(tt.in) {
			t.Errorf("%s: %d records, %d files stay", what, len(found.Decisions), len(rest))
		}
	}
}

// Whatever lies there, every file is either a record or stays, and a unit never leaves its artefact's root.
func FuzzSift(f *testing.F) {
	f.Add("log sample", "orders", "x", false, 0)
	f.Add("resilience level", "..", "{}", false, 1)
	f.Add("memory dump", "../../../etc", "", true, 2)
	f.Fuzz(func(t *testing.T, kind, component, content string, sensitive bool, mutate int) {
		data := recordOf(content, kind, component, sensitive)
		if mutate > 0 {
			data = content
		}
		in := []entry{
			{path: EvidenceDir + "/" + hexSum([]byte(data)) + ".json", size: int64(len(data)), read: func() ([]byte, error) { return []byte(data), nil }},
			{path: EvidenceDir + "/" + hexSum([]byte(content)) + ".bin", size: int64(len(content)), read: func() ([]byte, error) { return []byte(content), nil }},
		}
		rest, found := sift(in)
		n := 0
		for _, l := range found.LeftOut() {
			n = l.Files
		}
		if len(rest)+n != len(in) {
			t.Errorf("%d stay and %d are records, of %d", len(rest), n, len(in))
		}
		a, _ := found.Artefact(NewStore(), "main", time.Time{})
		for _, u := range a.Units {
			if !strings.HasPrefix(u.Path, a.Root+"/") || u.Family != artefact.Brought {
				t.Errorf("%q", u.Path)
			}
		}
	})
}
