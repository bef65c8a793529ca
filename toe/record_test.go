package toe

import (
	"encoding/json"
	"strings"
	"testing"

	"assay/seal"
)

func record() Record {
	sum := strings.Repeat("ab", 32)
	return Record{Format: RecordFormat, Kind: "log sample", Requirements: []string{"DATA.2"}, Component: "orders", File: "orders.log", Size: 3, SHA256: sum,
		Digest: "sha256:" + sum, Observed: "2026-11-01", Received: "2026-11-02T08:00:00Z", By: "anna"}
}

// A record is read as it was written, signed or not, and says which key it claims.
func TestRecord(t *testing.T) {
	key, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*seal.Key{nil, key} {
		data, err := record().Write(k)
		if err != nil {
			t.Fatal(err)
		}
		r, id, err := ReadRecord(data)
		if err != nil || r.File != "orders.log" || (k == nil) != (id == "") || k != nil && id != k.Public.ID {
			t.Errorf("read %+v by %q: %v", r, id, err)
		}
	}
}

// What a record must not say is refused when it is written and when it is read.
func TestRecordRefused(t *testing.T) {
	for what, change := range map[string]func(*Record){
		"another form":                func(r *Record) { r.Format = "assay.evidence/2" },
		"no kind":                     func(r *Record) { r.Kind = "" },
		"for nothing":                 func(r *Record) { r.Requirements = nil },
		"requirements out of order":   func(r *Record) { r.Requirements = []string{"QUAL.1", "DATA.2"} },
		"a requirement twice":         func(r *Record) { r.Requirements = []string{"DATA.2", "DATA.2"} },
		"a path for a name":           func(r *Record) { r.File = "../orders.log" },
		"observed after receipt":      func(r *Record) { r.Observed = "2026-11-03" },
		"no day":                      func(r *Record) { r.Observed = "yesterday" },
		"no time":                     func(r *Record) { r.Received = "2026-11-02" },
		"another time zone":           func(r *Record) { r.Received = "2026-11-02T08:00:00+01:00" },
		"no digest":                   func(r *Record) { r.SHA256 = "" },
		"a digest in capitals":        func(r *Record) { r.SHA256 = strings.ToUpper(r.SHA256) },
		"an excerpt of what is there": func(r *Record) { r.Excerpt = "x" },
		"a line that is two":          func(r *Record) { r.By = "anna\nberta" },
		"too long":                    func(r *Record) { r.Note = strings.Repeat("x", 5000) },
	} {
		r := record()
		change(&r)
		if _, err := r.Write(nil); err == nil {
			t.Errorf("%s: written", what)
		}
		data, err := seal.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ReadRecord(data); err == nil {
			t.Errorf("%s: read", what)
		}
	}
	data, _ := record().Write(nil)
	for what, text := range map[string]string{
		"something behind": string(data) + "\n",
		"a key twice":      strings.Replace(string(data), `"kind":`, `"kind":"memory dump","kind":`, 1),
		"another case":     strings.Replace(string(data), `"kind":`, `"Kind":`, 1),
		"an unknown key":   strings.Replace(string(data), `"kind":`, `"extra":1,"kind":`, 1),
		"nothing":          "",
	} {
		if _, _, err := ReadRecord([]byte(text)); err == nil {
			t.Errorf("%s: read", what)
		}
	}
}

// A measurement is read from any JSON that can be read in one way only.
func TestLevel(t *testing.T) {
	good := map[string]string{"format": LevelFormat, "value": "1.25", "scale": "ratio", "method": "indicators", "version": "2", "inputs": strings.Repeat("0c", 32), "observed": "2026-11-01"}
	write := func(m map[string]string) string {
		data, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if l, err := ReadLevel([]byte(write(good) + "\n")); err != nil || l.Value != "1.25" || l.Component != "" {
		t.Fatalf("%+v: %v", l, err)
	}
	for _, bad := range []map[string]string{{"value": "1e3"}, {"value": "NaN"}, {"value": ""}, {"value": "1,5"}, {"value": "+2"}, {"value": "1."}, {"method": " "}, {"version": ""}, {"scale": ""},
		{"inputs": "abc"}, {"observed": "soon"}, {"format": "assay.resilience/2"}, {"unit": "points"}} {
		m := map[string]string{}
		for k, v := range good {
			m[k] = v
		}
		for k, v := range bad {
			m[k] = v
		}
		if _, err := ReadLevel([]byte(write(m))); err == nil {
			t.Errorf("%v: read", bad)
		}
	}
	for what, text := range map[string]string{
		"a value twice":  strings.Replace(write(good), `"value":`, `"value": "9", "value":`, 1),
		"another case":   strings.Replace(write(good), `"value":`, `"Value":`, 1),
		"a number":       strings.Replace(write(good), `"1.25"`, `1.25`, 1),
		"two documents":  write(good) + write(good),
		"an array":       "[" + write(good) + "]",
		"cut off":        write(good)[:40],
		"a nested value": strings.Replace(write(good), `"1.25"`, `{"value": "1.25"}`, 1),
	} {
		if _, err := ReadLevel([]byte(text)); err == nil {
			t.Errorf("%s: read", what)
		}
	}
}

// Evidence that assay.yaml names is a file of the system, of a kind, of a day.
func TestDeclaredEvidence(t *testing.T) {
	for entry, want := range map[string]string{
		"{kind: network capture, observed: 2026-11-01}":                         "needs its file and its kind",
		"{file: a.pcap, observed: 2026-11-01}":                                  "needs its file and its kind",
		"{file: ../a.pcap, kind: network capture, observed: 2026-11-01}":        "must lie in the directory of the file",
		"{file: a.pcap, kind: network capture}":                                 "no day like",
		"{file: a.pcap, kind: network capture, observed: last week}":            "no day like",
		"{file: a.pcap, kind: network capture, observed: 2026-11-01T10:00:00Z}": "no day like",
	} {
		_, err := Parse("assay.yaml", []byte("version: 1\nevidence: ["+entry+"]"))
		if err == nil || !strings.HasPrefix(err.Error(), "assay.yaml:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", entry, err)
		}
	}
}
