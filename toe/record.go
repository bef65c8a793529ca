package toe

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"assay/seal"
)

// RecordType is the payload type of a signed record of evidence, RecordFormat the form of every record.
const (
	RecordType   = "application/vnd.assay.evidence+json"
	RecordFormat = "assay.evidence/1"
)

// MaxRecord bounds a record in bytes, signed or not.
const MaxRecord = 256 << 10

// A Record says of a file that somebody brings what it is evidence of, and who saw it when. It lies below .assay/evidence/ under the SHA-256 of its own
// bytes; the file lies beside it under the SHA-256 of its content, unless it is sensitive. It is a person's word about the file: what the file itself
// shows is for whoever reads it.
type Record struct {
	Format       string   `json:"format"`
	Kind         string   `json:"kind"`         // a kind of evidence, in the scheme's words
	Requirements []string `json:"requirements"` // that it is for, sorted
	Component    string   `json:"component"`    // "" is the whole ToE
	File         string   `json:"file"`         // its name, without a directory
	Size         int64    `json:"size"`         // bytes
	SHA256       string   `json:"sha256"`       // of its content, hexadecimal
	Digest       string   `json:"digest"`       // of its content, as artefacts have it: sha256:HEX
	Observed     string   `json:"observed"`     // 2006-01-02, the day on which it was seen or measured
	Received     string   `json:"received"`     // RFC 3339 in UTC
	By           string   `json:"by,omitempty"`
	Tool         string   `json:"tool,omitempty"`
	Note         string   `json:"note,omitempty"`
	Sensitive    bool     `json:"sensitive,omitempty"` // the content is kept elsewhere
	Excerpt      string   `json:"excerpt,omitempty"`   // of what is sensitive: its first lines, redacted
}

// Bounds of what people write in a record, in bytes.
const (
	maxRecordLine = 500
	maxRecordText = 4 << 10
	maxRecordFor  = 34
)

// Check reports what makes r no record, whoever wrote it. Whether its kind and requirements are the scheme's is not known here.
func (r Record) Check() error {
	received, at := time.Parse(time.RFC3339, r.Received)
	_, day := time.Parse(time.DateOnly, r.Observed)
	sum, sumErr := hex.DecodeString(r.SHA256)
	digest, digestErr := hex.DecodeString(strings.TrimPrefix(r.Digest, "sha256:"))
	switch {
	case r.Format != RecordFormat:
		return fmt.Errorf("its format is %q; this program reads %s", r.Format, RecordFormat)
	case r.Kind == "" || len(r.Requirements) == 0 || len(r.Requirements) > maxRecordFor:
		return errors.New("it does not say of which kind it is, or what it is for")
	case !slices.IsSorted(r.Requirements) || len(slices.Compact(slices.Clone(r.Requirements))) != len(r.Requirements) || slices.Contains(r.Requirements, ""):
		return errors.New("its requirements are not in order, or one stands twice")
	case r.File == "" || r.File == "." || r.File == ".." || strings.ContainsAny(r.File, `/\`):
		return fmt.Errorf("%q is no name of a file", r.File)
	case r.Size < 0 || sumErr != nil || len(sum) != 32 || strings.ToLower(r.SHA256) != r.SHA256:
		return errors.New("it does not say what the file holds")
	case digestErr != nil || len(digest) != 32 || !strings.HasPrefix(r.Digest, "sha256:") || strings.ToLower(r.Digest) != r.Digest:
		return errors.New("it does not say what the file holds")
	case at != nil || !strings.HasSuffix(r.Received, "Z"):
		return fmt.Errorf("it was received at %q, which is no time in UTC", r.Received)
	case day != nil:
		return fmt.Errorf("it was observed on %q, which is no day", r.Observed)
	case r.Observed > received.Format(time.DateOnly):
		return fmt.Errorf("it was observed on %s, after it was received (%s)", r.Observed, r.Received)
	case r.Excerpt != "" && !r.Sensitive:
		return errors.New("it quotes a file that lies beside it")
	}
	for _, s := range append([]string{r.Kind, r.Component, r.File, r.By, r.Tool}, r.Requirements...) {
		if len(s) > maxRecordLine || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			return errors.New("one of its lines is too long, or has characters that are not printed")
		}
	}
	if len(r.Note) > maxRecordText || len(r.Excerpt) > maxRecordText {
		return errors.New("it is too long")
	}
	return nil
}

// Write returns the bytes of r: its canonical encoding or, with a key, that in an envelope.
func (r Record) Write(key *seal.Key) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	data, err := seal.Encode(r)
	if err != nil || key == nil {
		return data, err
	}
	return seal.Sign(RecordType, data, key)
}

// ReadRecord reads a record, and says which key it claims to be signed with ("" for none). Nothing is verified: whose key that is, only a policy knows.
func ReadRecord(data []byte) (r Record, key string, err error) {
	if len(data) > MaxRecord {
		return r, "", fmt.Errorf("the record is larger than %d bytes", MaxRecord)
	}
	if strings.HasPrefix(string(data), `{"payloadType":`) {
		e, err := seal.Open(data)
		if err != nil {
			return r, "", err
		}
		if e.PayloadType != RecordType || len(e.Signatures) != 1 {
			return r, "", errors.New("the envelope holds no record of evidence, or is not signed by one key")
		}
		if data, err = e.Bytes(); err != nil {
			return r, "", err
		}
		key = e.Signatures[0].KeyID
	}
	if err := seal.Decode(data, &r); err != nil {
		return r, "", fmt.Errorf("the record cannot be read: %w", err)
	}
	return r, key, r.Check()
}

// A Level is a measurement of resilience that somebody brings: the scheme gives neither a formula nor a scale (ruling resilience-strict), so a level says
// by which method, on which scale and from which inputs it was measured, and is compared with the limit alone.
type Level struct {
	Format    string `json:"format"`
	Value     string `json:"value"` // decimal
	Scale     string `json:"scale"`
	Method    string `json:"method"`
	Version   string `json:"version"` // of the method
	Inputs    string `json:"inputs"`  // SHA-256 of what it was computed from, hexadecimal
	Observed  string `json:"observed"`
	Component string `json:"component"` // "" is the whole ToE
}

// LevelFormat is the form of a Level.
const LevelFormat = "assay.resilience/1"

// ReadLevel reads a measurement of resilience: one JSON document, whose keys are those of Level in that spelling, each once, without any other.
func ReadLevel(data []byte) (l Level, err error) {
	if len(data) > MaxRecord {
		return l, fmt.Errorf("the measurement is larger than %d bytes", MaxRecord)
	}
	fields, err := flatJSON(data)
	if err != nil {
		return l, err
	}
	for _, f := range []struct {
		name string
		to   *string
		may  bool // be left out
	}{{"format", &l.Format, false}, {"value", &l.Value, false}, {"scale", &l.Scale, false}, {"method", &l.Method, false}, {"version", &l.Version, false},
		{"inputs", &l.Inputs, false}, {"observed", &l.Observed, false}, {"component", &l.Component, true}} {
		value, ok := fields[f.name]
		if !ok && !f.may {
			return l, fmt.Errorf("it has no %q", f.name)
		}
		*f.to = value
		delete(fields, f.name)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		return l, fmt.Errorf("it has a key %q, which no measurement has", name)
	}
	_, day := time.Parse(time.DateOnly, l.Observed)
	inputs, hexErr := hex.DecodeString(l.Inputs)
	switch {
	case l.Format != LevelFormat:
		return l, fmt.Errorf("its format is %q; this program reads %s", l.Format, LevelFormat)
	case !Decimal(l.Value):
		return l, fmt.Errorf("its value is %q, which is no decimal number like 1.25", l.Value)
	case strings.TrimSpace(l.Method) == "" || strings.TrimSpace(l.Version) == "" || strings.TrimSpace(l.Scale) == "":
		return l, errors.New("it does not say by which method, which version of it and on which scale it was measured")
	case hexErr != nil || len(inputs) != 32 || strings.ToLower(l.Inputs) != l.Inputs:
		return l, fmt.Errorf("its inputs are %q, which is no SHA-256 in hexadecimal", l.Inputs)
	case day != nil:
		return l, fmt.Errorf("it was observed on %q, which is no day", l.Observed)
	}
	for _, s := range []string{l.Scale, l.Method, l.Version, l.Component} {
		if len(s) > maxRecordLine || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			return l, errors.New("one of its lines is too long, or has characters that are not printed")
		}
	}
	return l, nil
}

// flatJSON reads an object of strings, in which no key stands twice and behind which nothing comes: what could be read in two ways is not read.
func flatJSON(data []byte) (map[string]string, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	bad := errors.New("it is no JSON object of strings")
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, bad
	}
	out := map[string]string{}
	for dec.More() {
		key, err := dec.Token()
		name, isName := key.(string)
		if err != nil || !isName {
			return nil, bad
		}
		value, err := dec.Token()
		text, isText := value.(string)
		if err != nil || !isText {
			return nil, fmt.Errorf("its %q is no string", name)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("its %q stands twice", name)
		}
		out[name] = text
	}
	if _, err := dec.Token(); err != nil {
		return nil, bad
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the end of it")
	}
	return out, nil
}

// Decimal says whether s is a number as people write it: an optional sign, at most 18 digits before the point and 18 after it, no exponent.
func Decimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, part, point := strings.Cut(s, ".")
	digits := func(d string) bool {
		return d != "" && len(d) <= 18 && !strings.ContainsFunc(d, func(c rune) bool { return c < '0' || c > '9' })
	}
	return digits(whole) && (!point || digits(part))
}
