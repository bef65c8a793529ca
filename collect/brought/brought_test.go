package brought

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
	"assay/fact"
	"assay/seal"
	"assay/toe"
)

const level125 = `{"format": "assay.resilience/1", "value": "1.25", "scale": "ratio", "method": "indicators", "version": "2",
 "inputs": "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "observed": "2026-11-01"}`

// written returns the input of a record about content, which change may spoil.
func written(t testing.TB, content string, key *seal.Key, change func(*toe.Record)) collect.Input {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	r := toe.Record{Format: toe.RecordFormat, Kind: resilience, Requirements: []string{"ENVI.5"}, File: "level.json", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
		Digest: artefact.Hash(content).String(), Observed: "2026-11-01", Received: "2026-11-02T08:00:00Z", By: "anna"}
	change(&r)
	data, err := r.Write(key)
	if err != nil {
		t.Fatal(err)
	}
	in := collect.Input{Family: artefact.Brought, Language: "record", Data: string(data)}
	if !r.Sensitive {
		in.Parts = map[string]string{r.SHA256 + ".bin": content}
	}
	return in
}

// A record is a word for each requirement that it names, and nothing more; of a measurement of resilience its file is read.
func TestRecord(t *testing.T) {
	key, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	const other = `{"format": "assay.resilience/1", "value": "2", "scale": "s", "method": "m", "version": "1", "inputs": "0c", "observed": "2026-11-01"}`
	for _, tt := range []struct {
		what, content string
		key           *seal.Key
		change        func(*toe.Record)
		want          []string // facts and gaps
	}{
		{"a measurement", level125, nil, func(r *toe.Record) {}, []string{"declared Brought ENVI.5", "static Resilience 1.25"}},
		{"a signed measurement", level125, key, func(r *toe.Record) {}, []string{"declared Brought ENVI.5 signed", "static Resilience 1.25 signed"}},
		{"a log for two requirements", "x", nil, func(r *toe.Record) { r.Kind, r.Requirements = "log sample", []string{"DATA.2", "QUAL.1"} }, []string{"declared Brought DATA.2", "declared Brought QUAL.1"}},
		{"a measurement that is kept elsewhere", level125, nil, func(r *toe.Record) { r.Sensitive = true }, []string{"declared Brought ENVI.5", "gap Resilience unresolved"}},
		{"a measurement that is none", other, nil, func(r *toe.Record) {}, []string{"declared Brought ENVI.5", "gap Resilience unparsed"}},
		{"a measurement of another day", level125, nil, func(r *toe.Record) { r.Observed = "2026-10-31" }, []string{"declared Brought ENVI.5", "gap Resilience unresolved"}},
		{"a measurement of another component", level125, nil, func(r *toe.Record) { r.Component = "orders" }, []string{"declared Brought ENVI.5", "gap Resilience unresolved"}},
	} {
		if got := told(t, written(t, tt.content, tt.key, tt.change)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
	changed := written(t, level125, nil, func(*toe.Record) {})
	for name := range changed.Parts {
		changed.Parts[name] = strings.Replace(level125, "1.25", "9.25", 1)
	}
	if got := told(t, changed); !slices.Equal(got, []string{"declared Brought ENVI.5", "gap Resilience unresolved"}) {
		t.Errorf("a file that was changed: %q", got)
	}
	broken := written(t, level125, nil, func(*toe.Record) {})
	broken.Data += " "
	if got := told(t, broken); !slices.Equal(got, []string{"gap Brought failed", "gap Resilience failed"}) {
		t.Errorf("a record that is not canonical: %q", got)
	}
}

func told(t *testing.T, in collect.Input) (out []string) {
	t.Helper()
	x := cases.Extract(t, Record, in)
	if err := collect.Check(Record, in, collect.Run(t.Context(), Record, in)); err != nil {
		t.Error(err)
	}
	for _, r := range x.Rows {
		switch f := r.Fact.(type) {
		case fact.Brought:
			out = append(out, strings.TrimSpace(r.Grade.String()+" Brought "+f.Requirement+map[bool]string{true: " signed"}[f.Key != ""]))
		case fact.Resilience:
			out = append(out, strings.TrimSpace(r.Grade.String()+" Resilience "+f.Value+map[bool]string{true: " signed"}[f.Key != ""]))
		}
	}
	for _, g := range x.Gaps {
		out = append(out, "gap "+g.Predicate+" "+g.Kind)
	}
	return out
}

// Secrets that people write into a note stay out of the facts.
func TestSecrets(t *testing.T) {
	in := written(t, "x", nil, func(r *toe.Record) {
		r.Kind, r.Requirements, r.Note, r.Tool = "log sample", []string{"DATA.2"}, "taken with PASSWORD=hunter2hunter2", "curl -u anna:Xk29sd8f7s9d8f7"
	})
	for _, r := range cases.Extract(t, Record, in).Rows {
		if text := fact.Words(r.Fact); strings.Contains(text, "hunter2") || strings.Contains(text, "Xk29") {
			t.Errorf("it says %s", text)
		}
	}
}

// Whatever a record and its file hold, reading ends, twice in the same, and a level comes of a measurement alone.
func FuzzRecord(f *testing.F) {
	in := written(f, level125, nil, func(*toe.Record) {})
	f.Add(in.Data, level125)
	f.Add(`{"payloadType":"application/vnd.assay.evidence+json","payload":"","signatures":[{"keyid":"","sig":""}]}`, "")
	f.Add(strings.Replace(in.Data, `"for"`, `"component":".."`, 1), "{}")
	f.Fuzz(func(t *testing.T, data, content string) {
		sum := sha256.Sum256([]byte(content))
		in := collect.Input{Family: artefact.Brought, Language: "record", Data: data, Parts: map[string]string{hex.EncodeToString(sum[:]) + ".bin": content}}
		first := cases.Extract(t, Record, in)
		if again := cases.Show(cases.Extract(t, Record, in)); again != cases.Show(first) {
			t.Errorf("twice the same is not the same:\n%s\n%s", cases.Show(first), again)
		}
		if err := collect.Check(Record, in, collect.Run(t.Context(), Record, in)); err != nil {
			t.Error(err)
		}
		for _, r := range first.Rows {
			if l, ok := r.Fact.(fact.Resilience); ok && (!toe.Decimal(l.Value) || l.Observed == "") {
				t.Errorf("a level %+v", l)
			}
		}
	})
}
