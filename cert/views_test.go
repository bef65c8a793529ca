package cert

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/in-toto/attestation/go/predicates/svr/v01"
	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"assay/review"
	"assay/seal"
)

// viewed is a certificate with a decision, shown from its bundle under the policy, a minute after it was issued.
func viewed(t testing.TB) (*world, *Issued, *Bundle, *Shown) {
	t.Helper()
	w := newWorld(t, "")
	pairs := []string{"orders/a.toy", "route GET /ask"}
	x := w.issue(t, w.prepare(t, w.input([]review.File{w.answered(t, "yes", nil, pairs...)}, pairs...)).Token, noon)
	b, s := shownAt(t, w, x.Bundle, noon.Add(time.Minute))
	return w, x, b, s
}

func shownAt(t testing.TB, w *world, bundle string, at time.Time) (*Bundle, *Shown) {
	t.Helper()
	b, f, err := OpenBundleFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s, err := b.Show(w.dir.Policy, at)
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

// attested reads an attestation with the types that in-toto publishes, and returns its predicate. The fields that are ours are taken out, as its parsing rules have it.
func attested(t *testing.T, data []byte, s *Shown, predicateType string, into proto.Message) map[string]any {
	t.Helper()
	var st intoto.Statement
	if err := protojson.Unmarshal(data, &st); err != nil {
		t.Fatal(err)
	}
	if err := st.Validate(); err != nil {
		t.Errorf("in-toto finds the statement invalid: %v", err)
	}
	if st.Type != intoto.StatementTypeUri || st.PredicateType != predicateType {
		t.Errorf("it is of type %q, %q", st.Type, st.PredicateType)
	}
	var got struct{ Subject []Subject }
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got.Subject, s.Statement.Subject) {
		t.Errorf("its subjects are %v (%v), and those of the certificate %v", got.Subject, err, s.Statement.Subject)
	}
	p := st.Predicate.AsMap()
	own, _ := p[extension].(map[string]any)
	if own == nil || own["serial"] != s.Statement.Predicate.Serial || own["digest"].(map[string]any)["sha256"] != s.Digest {
		t.Errorf("it does not name the certificate: %v", own)
	}
	delete(p, extension)
	plain := map[string]any{}
	for k, v := range p {
		plain[k] = v
	}
	if v, ok := plain["verifier"].(map[string]any); ok && v["policy"] != nil { // the specification shows it plainly, the published type wants it wrapped
		plain["verifier"] = map[string]any{"id": v["id"]}
	}
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal(text, into); err != nil { // unknown fields are errors
		t.Errorf("the published type does not take it: %v", err)
	}
	return p
}

// The summary has every field that SLSA demands, about the subjects of the certificate; what does not count is FAILED.
func TestVSA(t *testing.T) {
	w, x, b, s := viewed(t)
	status, err := b.Read(NameStatus)
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.VSA()
	if err != nil {
		t.Fatal(err)
	}
	kept(t, "vsa.json", data)
	var v vsa.VerificationSummary
	p := attested(t, data, s, SummaryType, &v)
	c := s.Statement.Predicate
	for _, k := range []string{"verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels"} { // required
		if p[k] == nil {
			t.Errorf("it has no %s", k)
		}
	}
	switch {
	case v.Verifier.Id != "https://assay.invalid/issuer/v1/"+w.issuer.Public.ID, v.ResourceUri != "https://assay.invalid/toe/shop", !v.TimeVerified.AsTime().Equal(noon):
		t.Errorf("verifier, resource or time: %v", &v)
	case v.Policy.Uri == "" || v.Policy.Digest["sha256"] != c.Policy:
		t.Errorf("policy %v", v.Policy)
	case len(v.InputAttestations) != 3 || v.InputAttestations[0].Digest["sha256"] != x.Certificate || v.InputAttestations[1].Digest["sha256"] != seal.Digest(status) || v.InputAttestations[2].Digest["sha256"] != c.Decisions[0]:
		t.Errorf("inputs %v", v.InputAttestations)
	case v.VerificationResult != "PASSED" || !slices.Equal(v.VerifiedLevels, []string{"ASSAY_CERTIFIED"}):
		t.Errorf("result %v %v", v.VerificationResult, v.VerifiedLevels)
	}
	again, err := s.VSA()
	if err != nil || !bytes.Equal(data, again) {
		t.Error("two summaries differ", err)
	}
}

// The result has every field that its specification demands; a requirement that applies to nothing is no property.
func TestSVR(t *testing.T) {
	_, _, _, s := viewed(t)
	data, err := s.SVR()
	if err != nil {
		t.Fatal(err)
	}
	kept(t, "svr.json", data)
	var v v01.SimpleVerificationResult
	p := attested(t, data, s, ResultType, &v)
	if !strings.HasPrefix(v.Verifier.Id, "https://assay.invalid/issuer/v1/") || !v.TimeCreated.AsTime().Equal(noon) || len(v.Properties) != 35 || v.Properties[0] != "ASSAY_CERTIFIED" || v.Properties[1] != "ASSAY_ARCH.1" {
		t.Errorf("%v", &v)
	}
	if policy := p["verifier"].(map[string]any)["policy"].(map[string]any); policy["digest"].(map[string]any)["sha256"] != s.Statement.Predicate.Policy {
		t.Errorf("policy %v", policy)
	}
	s.Statement = statement(t, 60, "orders", "")
	if data, err = s.SVR(); err != nil || strings.Contains(string(data), "CRYP.1") || !strings.Contains(string(data), "ASSAY_DATA.2") {
		t.Error("a requirement that applies to no component is a property, or one that applies to some is none", err)
	}
}

// schemaNamed compiles a published schema, with the others that it refers to.
func schemaNamed(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", "schemas")
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		t.Skipf("the published schemas are absent: %s", filepath.Join(dir, name))
	}
	c := jsonschema.NewCompiler()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		id, _ := doc.(map[string]any)["$id"].(string)
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(f) == name {
			name = id
		}
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, schema string, data []byte) {
	t.Helper()
	s := schemaNamed(t, schema)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%v", err)
	}
}

// The attestations are valid CycloneDX 1.6: every reference leads somewhere, every cell is a claim about its component, and what is met has the score 1.
func TestCycloneDXAttestations(t *testing.T) {
	_, _, _, real := viewed(t)
	large := crowd(t, 60, foreign)
	large.Policy = real.Policy
	for name, s := range map[string]*Shown{"bundle": real, "crowd": large} {
		t.Run(name, func(t *testing.T) {
			data := rendered(t, func(w *bytes.Buffer) error { return s.CycloneDX(w) })
			kept(t, "cyclonedx-"+name+".json", data)
			if !bytes.Equal(data, rendered(t, func(w *bytes.Buffer) error { return s.CycloneDX(w) })) {
				t.Error("two writings differ")
			}
			var d struct {
				Components []struct {
					Name   string
					Hashes []struct{ Alg, Content string }
				}
				Declarations struct {
					Assessors []struct {
						Ref string `json:"bom-ref"`
					}
					Attestations []struct {
						Assessor string
						Map      []struct {
							Requirement string
							Claims      []string
							Conformance struct {
								Score     *float64
								Rationale string
							}
						}
					}
					Claims []struct {
						Ref      string `json:"bom-ref"`
						Target   string
						Evidence []string
					}
					Evidence []struct {
						Ref string `json:"bom-ref"`
					}
					Targets struct {
						Components []struct {
							Ref string `json:"bom-ref"`
						}
					}
					Affirmation struct {
						Statement   string
						Signatories []struct {
							ExternalReference struct{ Hashes []struct{ Content string } }
						}
					}
				}
				Definitions struct {
					Standards []struct {
						Requirements []struct {
							Ref              string `json:"bom-ref"`
							Identifier, Text string
						}
					}
				}
			}
			if err := json.Unmarshal(data, &d); err != nil {
				t.Fatal(err)
			}
			c := s.Statement.Predicate
			if len(d.Components) != len(s.Statement.Subject) {
				t.Errorf("%d subjects", len(d.Components))
			}
			for i, x := range s.Statement.Subject {
				if d.Components[i].Name != x.Name || d.Components[i].Hashes[0].Content != x.Digest["sha256"] {
					t.Errorf("subject %v", d.Components[i])
				}
			}
			refs := map[string]bool{}
			add := func(ref string) {
				if refs[ref] || ref == "" {
					t.Errorf("%q stands twice", ref)
				}
				refs[ref] = true
			}
			for _, x := range d.Declarations.Assessors {
				add(x.Ref)
			}
			for _, x := range d.Declarations.Claims {
				add(x.Ref)
			}
			for _, x := range d.Declarations.Evidence {
				add(x.Ref)
			}
			for _, x := range d.Declarations.Targets.Components {
				add(x.Ref)
			}
			for _, x := range d.Definitions.Standards[0].Requirements {
				add(x.Ref)
				if x.Text == "" {
					t.Errorf("%s has no text", x.Identifier)
				}
			}
			lead := func(ref string) {
				if !refs[ref] {
					t.Errorf("%q leads nowhere", ref)
				}
			}
			a := d.Declarations.Attestations[0]
			lead(a.Assessor)
			claims := 0
			for _, m := range a.Map {
				lead(m.Requirement)
				for _, x := range m.Claims {
					lead(x)
					claims++
				}
				applies := !(name == "crowd" && m.Requirement == "requirement:CRYP.1")
				if met := m.Conformance.Score != nil && *m.Conformance.Score == 1; met != applies {
					t.Errorf("%s: %+v", m.Requirement, m.Conformance)
				}
			}
			if claims != len(c.Cells) || len(d.Declarations.Claims) != len(c.Cells) || len(a.Map) != 34 {
				t.Errorf("%d claims for %d cells, %d requirements", claims, len(c.Cells), len(a.Map))
			}
			decided := 0
			for _, x := range d.Declarations.Claims {
				lead(x.Target)
				for _, e := range x.Evidence {
					lead(e)
					if strings.HasPrefix(e, "evidence:decision:") {
						decided++
					}
				}
			}
			if decided != 1 {
				t.Errorf("%d claims rest on the decision", decided)
			}
			if d.Declarations.Affirmation.Signatories[0].ExternalReference.Hashes[0].Content != s.Digest || !strings.Contains(d.Declarations.Affirmation.Statement, "does not say that the system is secure") {
				t.Errorf("affirmation %+v", d.Declarations.Affirmation)
			}
			valid(t, "bom-1.6.schema.json", data)
		})
	}
}

// The results are valid OSCAL; every reference leads somewhere, and what the back matter names has the hash that it says.
func TestOSCALResults(t *testing.T) {
	_, x, b, s := viewed(t)
	data := rendered(t, func(w *bytes.Buffer) error { return s.OSCAL(w) })
	kept(t, "oscal.json", data)
	if !bytes.Equal(data, rendered(t, func(w *bytes.Buffer) error { return s.OSCAL(w) })) {
		t.Error("two writings differ")
	}
	var d struct {
		R struct {
			Metadata struct {
				Props              []struct{ Name, Value string }
				Parties            []struct{ UUID, Name string }
				ResponsibleParties []struct {
					Parties []string `json:"party-uuids"`
				} `json:"responsible-parties"`
			}
			Results []struct {
				Attestations []struct {
					Parts []struct{ Name, Prose string }
				}
				Observations []struct {
					Types    []string
					Evidence []struct{ Href string } `json:"relevant-evidence"`
				}
			}
			Back struct {
				Resources []struct {
					UUID, Title string
					Links       []struct {
						Href   string
						Hashes []struct{ Algorithm, Value string }
					} `json:"rlinks"`
				}
			} `json:"back-matter"`
		} `json:"assessment-results"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	files := 0
	for _, r := range d.R.Back.Resources {
		if ids[r.UUID] {
			t.Errorf("%s stands twice", r.UUID)
		}
		ids[r.UUID] = true
		for _, l := range r.Links {
			if strings.HasPrefix(l.Href, "urn:") {
				if !strings.HasSuffix(l.Href, l.Hashes[0].Value) {
					t.Errorf("%s is named %s", r.Title, l.Href)
				}
				continue
			}
			content, err := b.Read(l.Href)
			if err != nil || l.Hashes[0].Algorithm != "SHA-256" || seal.Digest(content) != l.Hashes[0].Value {
				t.Errorf("%s: %v %v", l.Href, l.Hashes, err)
			}
			files++
		}
	}
	if files != 3 { // certificate, document, decision
		t.Errorf("%d files of the bundle are named", files)
	}
	decided, cells := 0, 0
	for _, o := range d.R.Results[0].Observations {
		if slices.Contains(o.Types, "control-objective") {
			cells++
			if len(o.Evidence) > 2 {
				decided++
			}
		}
		for _, e := range o.Evidence {
			if id, ok := strings.CutPrefix(e.Href, "#"); ok && !ids[id] {
				t.Errorf("%s leads nowhere", e.Href)
			}
		}
	}
	if decided != 1 || cells != len(s.Statement.Predicate.Cells) {
		t.Errorf("%d observations rest on a decision, and there are %d for %d cells", decided, cells, len(s.Statement.Predicate.Cells))
	}
	if a := d.R.Results[0].Attestations[0].Parts; len(a) != 2 || !strings.Contains(a[1].Prose, "does not say that the system is secure") {
		t.Errorf("attestations %v", a)
	}
	if d.R.Metadata.Props[0].Value != x.Certificate || d.R.Metadata.Parties[0].Name != "Example Certification" || d.R.Metadata.ResponsibleParties[0].Parties[0] != d.R.Metadata.Parties[0].UUID {
		t.Errorf("metadata %+v", d.R.Metadata)
	}
	valid(t, "oscal_complete_schema.json", data)
}

// No view is made of what was not verified, or does not count: not one that is suspended, not one whose status is too old. A summary says FAILED.
func TestViewsRefuse(t *testing.T) {
	w, x, b, _ := viewed(t)
	bare, err := b.Show(nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	all := func(s *Shown) map[string]error {
		var w bytes.Buffer
		_, svr := s.SVR()
		return map[string]error{"svr": svr, "cyclonedx": s.CycloneDX(&w), "oscal": s.OSCAL(&w)}
	}
	for _, err := range all(bare) {
		failure(t, err, 2, "policy")
	}
	_, err = bare.VSA()
	failure(t, err, 2, "policy")
	_, late := shownAt(t, w, x.Bundle, noon.AddDate(0, 0, 20))
	suspended, err := w.dir.SetStatus(context.Background(), x.Certificate, Change{State: Suspended, Reason: "a critical vulnerability"}, w.issuer, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	_, stopped := shownAt(t, w, suspended.Bundle, noon.Add(2*time.Hour))
	if stopped.Status.State != Suspended {
		t.Fatalf("%+v", stopped.Status)
	}
	for what, s := range map[string]*Shown{"too old": late, "suspended": stopped} {
		for name, err := range all(s) {
			t.Run(fmt.Sprint(what, " ", name), func(t *testing.T) { failure(t, err, 6, "view") })
		}
		data, err := s.VSA()
		if err != nil {
			t.Fatal(err)
		}
		var v vsa.VerificationSummary
		attested(t, data, s, SummaryType, &v)
		if v.VerificationResult != "FAILED" || !slices.Equal(v.VerifiedLevels, []string{"FAILED"}) {
			t.Errorf("%s: %v %v", what, v.VerificationResult, v.VerifiedLevels)
		}
		if page := string(htmlOf(t, s)); !strings.Contains(page, `class="mast violated"`) {
			t.Errorf("%s: the page does not look it", what)
		}
	}
}
