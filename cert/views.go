package cert

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"

	"assay/report"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
)

// Views tell other tools what a certificate says, in their own words: SLSA and in-toto, CycloneDX, OSCAL. They say nothing that the certificate does not say, and name it by
// digest. None of these forms has a place for "it held once, and does not count any more". So a view is made only of a bundle that was verified, and only while the
// certificate counts; a verification summary alone can say that it does not (FAILED).

// Types of predicates.
const (
	SummaryType = "https://slsa.dev/verification_summary/v1"
	ResultType  = "https://in-toto.io/attestation/svr/v0.1"
)

// names of things that have no address, as those forms demand them.
const space = "https://assay.invalid/"

// extension is the field in which a summary and a result name the certificate. Fields that their specifications do not have are to be called by a URI.
const extension = space + "certificate"

// mayView says why no view can be made of s.
func (s *Shown) mayView() error {
	if s.Policy == nil {
		return fail(2, "policy", "a view tells others that a certificate holds, so the bundle has to be verified first, under a policy")
	}
	return nil
}

// stands says why the certificate does not count.
func (s *Shown) stands() error {
	switch {
	case s.Fault != "":
		return fail(6, "view", "the certificate does not count: %s. What it says is not told to other tools, which could not tell that", strings.TrimSuffix(s.Fault, "."))
	case s.Status == nil:
		return fail(6, "view", "the bundle holds no status, so it is not known whether the certificate counts")
	case s.Status.State != Valid:
		return fail(6, "view", "the certificate is %s (%s). What it says is not told to other tools, which could not tell that", s.Status.State, s.Status.Reason)
	}
	return nil
}

type (
	// An attestation is an in-toto statement with another predicate than ours, about the same subjects.
	attestation struct {
		Type          string    `json:"_type"`
		Subject       []Subject `json:"subject"`
		PredicateType string    `json:"predicateType"`
		Predicate     any       `json:"predicate"`
	}
	resource struct {
		URI    string            `json:"uri"`
		Digest map[string]string `json:"digest"`
	}
	// A namedCertificate is the certificate, as summary and result name it.
	namedCertificate struct {
		Digest     map[string]string `json:"digest"`
		Serial     string            `json:"serial"`
		Scheme     string            `json:"scheme"`
		ValidFrom  string            `json:"validFrom"`
		ValidUntil string            `json:"validUntil"`
		State      string            `json:"state"`
		StateUntil string            `json:"stateUntil,omitempty"` // until when the state may be relied on
		Fault      string            `json:"fault,omitempty"`
	}
	slsaVerifier struct {
		ID string `json:"id"`
	}
	slsaSummary struct {
		Verifier          slsaVerifier     `json:"verifier"`
		TimeVerified      string           `json:"timeVerified"`
		ResourceURI       string           `json:"resourceUri"`
		Policy            resource         `json:"policy"`
		InputAttestations []resource       `json:"inputAttestations"`
		Result            string           `json:"verificationResult"`
		Levels            []string         `json:"verifiedLevels"`
		Certificate       namedCertificate `json:"https://assay.invalid/certificate"`
	}
	svrVerifier struct {
		ID     string   `json:"id"`
		Policy resource `json:"policy"`
	}
	svrResult struct {
		Verifier    svrVerifier      `json:"verifier"`
		TimeCreated string           `json:"timeCreated"`
		Properties  []string         `json:"properties"`
		Certificate namedCertificate `json:"https://assay.invalid/certificate"`
	}
)

// verifierID names who verified: the key that signed the certificate, by the first kind of rules that there is.
func (s *Shown) verifierID() string {
	return space + "issuer/v1/" + s.Statement.Predicate.Issuer.Key
}

func (s *Shown) policyResource() resource {
	return resource{space + "policy/" + url.PathEscape(s.Statement.Predicate.ToE), map[string]string{"sha256": s.Statement.Predicate.Policy}}
}

func (s *Shown) named() namedCertificate {
	c := s.Statement.Predicate
	out := namedCertificate{Digest: map[string]string{"sha256": s.Digest}, Serial: c.Serial, Scheme: c.Scheme.ID, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil, State: "unknown", Fault: s.Fault}
	if s.Status != nil {
		out.State, out.StateUntil = s.Status.State, s.Status.Expires
	}
	return out
}

// Certified is the level and the property that say that every requirement of the scheme is met as far as it applies.
const Certified = "ASSAY_CERTIFIED"

// VSA returns the certificate as a verification summary of SLSA (version 1): an in-toto statement in canonical JSON, to be signed by whoever issues it. The level is the issuer's own, as
// the specification lets it be: nothing is said of SLSA's levels, which nobody looked at here. What does not count is FAILED.
func (s *Shown) VSA() ([]byte, error) {
	if err := s.mayView(); err != nil {
		return nil, err
	}
	c := s.Statement.Predicate
	v := slsaSummary{Verifier: slsaVerifier{s.verifierID()}, TimeVerified: c.Issued, ResourceURI: space + "toe/" + url.PathEscape(c.ToE), Policy: s.policyResource(),
		InputAttestations: s.inputs(), Result: "PASSED", Levels: []string{Certified}, Certificate: s.named()}
	if s.stands() != nil {
		v.TimeVerified, v.Result, v.Levels = stamp(s.At), "FAILED", []string{"FAILED"}
	}
	return seal.Encode(attestation{StatementType, s.Statement.Subject, SummaryType, v})
}

// inputs are all the attestations that a summary rests on: the certificate, its status, and the decisions.
func (s *Shown) inputs() []resource {
	of := func(what, digest string) resource {
		return resource{space + what + "/" + digest, map[string]string{"sha256": digest}}
	}
	out := []resource{of("certificate", s.Digest)}
	if s.StatusID != "" {
		out = append(out, of("status", s.StatusID))
	}
	for _, d := range s.Statement.Predicate.Decisions {
		out = append(out, of("decision", d))
	}
	return out
}

// SVR returns the certificate as a simple verification result of in-toto (version 0.1). Its properties are that the whole is certified, and each requirement that is
// met; one that applies to nothing is none.
func (s *Shown) SVR() ([]byte, error) {
	if err := cmp.Or(s.mayView(), s.stands()); err != nil {
		return nil, err
	}
	c := s.Statement.Predicate
	v := svrResult{Verifier: svrVerifier{s.verifierID(), s.policyResource()}, TimeCreated: c.Issued, Properties: []string{Certified}, Certificate: s.named()}
	for _, r := range requirementsOf(&c) {
		if r.status == rules.Satisfied {
			v.Properties = append(v.Properties, "ASSAY_"+r.id)
		}
	}
	return seal.Encode(attestation{StatementType, s.Statement.Subject, ResultType, v})
}

// A requirementOf is what all cells of one requirement come to.
type requirementOf struct {
	id     string
	status rules.Status
	cells  []Cell
}

func requirementsOf(c *Certificate) (out []requirementOf) {
	for _, x := range c.Cells {
		if n := len(out); n == 0 || out[n-1].id != x.Requirement {
			out = append(out, requirementOf{id: x.Requirement})
		}
		r := &out[len(out)-1]
		r.cells = append(r.cells, x)
	}
	for i := range out {
		var ss []rules.Status
		for _, x := range out[i].cells {
			ss = append(ss, x.Status)
		}
		out[i].status = rules.Fold(ss...)
	}
	return out
}

// An evidenceOf is a piece of evidence: what it is, its digest, and the file of the bundle that has this digest; "" if none must.
type evidenceOf struct{ ref, name, path, digest string }

func (s *Shown) evidence() []evidenceOf {
	c := s.Statement.Predicate
	out := []evidenceOf{
		{"certificate", "The certificate, signed by its issuer", NameCertificate, s.Digest},
		{"document", "The assessment: every verdict with findings, places and reasons", NameDocument, c.Evidence.Document},
		{"facts", "The facts that the verdicts rest on, before compression", "", c.Evidence.Facts}}
	if c.Evidence.Index != "" {
		out = append(out, evidenceOf{"index", "The content of the artefacts, by digest", NameIndex, c.Evidence.Index})
	}
	for _, d := range s.Decisions {
		out = append(out, evidenceOf{"decision:" + d.Digest, fmt.Sprintf("A decision of kind %s by %s (%s) on %s: %s", d.Kind, s.name(d.By.Person), d.By.Role, day(d.Decision.At), cellName(d.Requirement, d.Component)), "decisions/" + d.Digest + ".json", d.Digest})
	}
	for _, r := range c.Evidence.Records {
		out = append(out, evidenceOf{"record:" + r, "Evidence that people brought", "evidence/" + r + ".json", r})
	}
	for i, a := range c.Evidence.Artefacts {
		out = append(out, evidenceOf{fmt.Sprintf("artefact:%d:%s", i, a.Digest), strings.TrimSpace("A frozen artefact: " + a.Kind + " " + a.Root), "", a.Digest})
	}
	return out
}

// CycloneDX writes the certificate as attestations in CycloneDX 1.6: the scheme as a standard, each cell as a claim about a component with its evidence, and a map from
// each requirement to its claims. Conformance is 1 where a requirement is met; one that applies to nothing has no score, since it is neither met nor missed.
func (s *Shown) CycloneDX(w io.Writer) error {
	if err := cmp.Or(s.mayView(), s.stands()); err != nil {
		return err
	}
	c := s.Statement.Predicate
	bom := cdx.NewBOM()
	bom.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceOID, []byte("assay certificate "+s.Digest)).String()
	hash := func(digest string) *[]cdx.Hash { return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: digest}} }
	properties := func(pairs ...string) *[]cdx.Property {
		var out []cdx.Property
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				out = append(out, cdx.Property{Name: pairs[i], Value: visible(pairs[i+1])})
			}
		}
		return &out
	}
	bom.Metadata = &cdx.Metadata{Timestamp: c.Issued, Component: &cdx.Component{BOMRef: "toe", Type: cdx.ComponentTypeApplication, Name: visible(c.ToE)},
		Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "assay", Version: visible(c.Assay.Version)}}},
		Properties: properties("assay:certificate", s.Digest, "assay:serial", c.Serial, "assay:policy", c.Policy, "assay:scheme:digest", c.Scheme.Digest, "assay:scheme:rulings", c.Scheme.Rulings, "assay:valid-from", c.ValidFrom, "assay:valid-until", c.ValidUntil,
			"assay:state", s.Status.State, "assay:state-until", s.Status.Expires)}
	var roots []cdx.Component
	for i, x := range s.Statement.Subject {
		y := cdx.Component{BOMRef: fmt.Sprintf("subject:%d", i), Type: cdx.ComponentTypeFile, Name: visible(x.Name), Hashes: hash(x.Digest["sha256"]), Properties: &[]cdx.Property{}}
		for _, k := range slices.Sorted(maps.Keys(x.Digest)) {
			if k != "sha256" {
				*y.Properties = append(*y.Properties, cdx.Property{Name: "assay:digest:" + k, Value: visible(x.Digest[k])})
			}
		}
		roots = append(roots, y)
	}
	bom.Components = &roots

	standard := cdx.StandardDefinition{BOMRef: "scheme", Name: visible(c.Scheme.ID), Version: c.Scheme.Digest, Description: "The requirements of the scheme; the version is the digest of their text.", Requirements: &[]cdx.StandardRequirement{}}
	organisation := cdx.OrganizationalEntity{Name: visible(or(c.Issuer.Body, c.Issuer.Person))}
	targets := []cdx.Component{{BOMRef: "target:", Type: cdx.ComponentTypeApplication, Name: visible(c.ToE), Description: "The whole system"}}
	target := map[string]string{"": "target:"}
	for i, x := range c.Components {
		ref := fmt.Sprintf("target:%d:%s", i, x.Name)
		target[x.Name] = ref
		targets = append(targets, cdx.Component{BOMRef: ref, Type: cdx.ComponentTypeApplication, Name: visible(x.Name), Properties: properties("assay:kind", x.Kind, "assay:origin", x.Origin, "assay:match", x.Match)})
	}
	var evidence []cdx.DeclarationEvidence
	for _, e := range s.evidence() {
		y := cdx.DeclarationEvidence{BOMRef: "evidence:" + e.ref, PropertyName: "assay:sha256:" + e.digest, Description: visible(e.name)}
		data := cdx.EvidenceData{Name: "sha256:" + e.digest}
		if e.path != "" {
			data.Contents = &cdx.EvidenceDataContents{URL: e.path}
		}
		y.Data = &[]cdx.EvidenceData{data}
		if i := slices.IndexFunc(s.Decisions, func(d Decided) bool { return "decision:"+d.Digest == e.ref }); i >= 0 {
			d := s.Decisions[i]
			y.Created, y.Expires, y.Author = d.Decision.At, d.Expires+"T23:59:59Z", &cdx.OrganizationalContact{Name: visible(s.name(d.By.Person))}
		}
		evidence = append(evidence, y)
	}
	var claims []cdx.Claim
	var mapped []cdx.AttestationMap
	one := 1.0
	for _, r := range requirementsOf(&c) {
		ref := "requirement:" + r.id
		q := cdx.StandardRequirement{BOMRef: ref, Identifier: visible(r.id)}
		if known, ok := scheme.Get(r.id); ok && known.ID == r.id {
			q.Title, q.Text = known.Title, known.Requirement
		}
		*standard.Requirements = append(*standard.Requirements, q)
		m := cdx.AttestationMap{Requirement: ref, Claims: &[]cdx.BOMReference{}, Conformance: &cdx.AttestationConformance{}}
		n := map[rules.Status]int{}
		for _, x := range r.cells {
			n[x.Status]++
			to, ok := target[x.Component]
			if !ok {
				return fmt.Errorf("%s is of a component that the certificate does not list", cellName(x.Requirement, x.Component))
			}
			claim := cdx.Claim{BOMRef: "claim:" + r.id + ":" + to, Target: cdx.BOMReference(to), Evidence: &[]cdx.BOMReference{"evidence:document", "evidence:facts"},
				Predicate: visible(cellName(x.Requirement, x.Component)) + " is " + looks[x.Status].Word, Reasoning: "The machine derived it from the frozen artefacts. The digest of all that it looked at is " + x.View + "."}
			if x.Status == rules.NotApplicable {
				claim.Predicate = visible(cellName(x.Requirement, x.Component)) + ": the requirement does not apply"
			}
			for _, d := range x.Decisions {
				*claim.Evidence = append(*claim.Evidence, cdx.BOMReference("evidence:decision:"+d))
			}
			if len(x.Decisions) > 0 {
				claim.Reasoning = fmt.Sprintf("It rests on what the machine derived from the frozen artefacts and on %s by people. The digest of all that the machine looked at is %s.", count(len(x.Decisions), "decision", "decisions"), x.View)
			}
			claims = append(claims, claim)
			*m.Claims = append(*m.Claims, cdx.BOMReference(claim.BOMRef))
		}
		m.Conformance.Rationale = fmt.Sprintf("Of %s, %d satisfied and %d to which the requirement does not apply.", count(len(r.cells), "cell", "cells"), n[rules.Satisfied], n[rules.NotApplicable])
		if r.status == rules.Satisfied {
			m.Conformance.Score = &one
		}
		mapped = append(mapped, m)
	}
	bom.Definitions = &cdx.Definitions{Standards: &[]cdx.StandardDefinition{standard}}
	bom.Declarations = &cdx.Declarations{
		Assessors:    &[]cdx.Assessor{{BOMRef: "issuer", ThirdParty: false, Organization: &organisation}},
		Attestations: &[]cdx.Attestation{{Summary: visible(strings.Join(c.Attests, " ")), Assessor: "issuer", Map: &mapped}},
		Claims:       &claims, Evidence: &evidence, Targets: &cdx.Targets{Components: &targets},
		Affirmation: &cdx.Affirmation{Statement: visible(strings.Join(slices.Concat(c.Attests, c.DoesNotAttest), " ")), Signatories: &[]cdx.Signatory{{Name: visible(or(c.Issuer.Name, c.Issuer.Person)), Role: "issuer", Organization: &organisation,
			ExternalReference: &cdx.ExternalReference{Type: cdx.ERTypeAttestation, URL: NameCertificate, Comment: "The signed certificate, in its bundle", Hashes: hash(s.Digest)}}}},
	}
	enc := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON)
	enc.SetPretty(true)
	enc.SetEscapeHTML(false)
	return enc.EncodeVersion(bom, cdx.SpecVersion1_6)
}

// OSCAL writes the assessment that was certified as OSCAL assessment results, as package report writes them, with what the certificate adds: who issued it, what it attests and
// does not, what each cell rests on, and all evidence in the back matter by hash.
func (s *Shown) OSCAL(w io.Writer) error {
	if err := cmp.Or(s.mayView(), s.stands()); err != nil {
		return err
	}
	c := s.Statement.Predicate
	doc, err := report.Read(bytes.NewReader(s.Document))
	if err != nil {
		return fail(5, "document", "the document in the bundle cannot be read: %v", err)
	}
	var b bytes.Buffer
	if err := report.Results(&b, doc); err != nil {
		return err
	}
	var out map[string]map[string]any
	dec := json.NewDecoder(&b)
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return err
	}
	results := out["assessment-results"]
	id := func(name string) string {
		return uuid.NewSHA1(uuid.NameSpaceOID, []byte("assay certificate "+s.Digest+" "+name)).String()
	}
	const ns = "urn:assay:scheme"
	prop := func(name, value string) any { return map[string]any{"name": name, "ns": ns, "value": visible(value)} }
	results["uuid"] = id("results") // its content is not that of the assessment alone
	meta := results["metadata"].(map[string]any)
	meta["title"] = markup("assay: certificate of " + c.ToE)
	meta["last-modified"], meta["version"] = c.Issued, c.Serial
	meta["props"] = []any{prop("certificate", s.Digest), prop("serial", c.Serial), prop("policy", c.Policy), prop("valid-from", c.ValidFrom), prop("valid-until", c.ValidUntil), prop("state", s.Status.State), prop("state-until", s.Status.Expires)}
	meta["roles"] = []any{map[string]any{"id": "issuer", "title": "Issuer of the certificate"}}
	meta["parties"] = []any{
		map[string]any{"uuid": id("body"), "type": "organization", "name": visible(or(c.Issuer.Body, c.Issuer.Person))},
		map[string]any{"uuid": id("person"), "type": "person", "name": visible(or(c.Issuer.Name, c.Issuer.Person)), "props": []any{prop("key", c.Issuer.Key)}, "member-of-organizations": []any{id("body")}}}
	issuer := []any{map[string]any{"role-id": "issuer", "party-uuids": []any{id("body"), id("person")}}}
	meta["responsible-parties"] = issuer

	result := results["results"].([]any)[0].(map[string]any)
	part := func(name string, sentences []string) any {
		var prose []string
		for _, t := range sentences {
			prose = append(prose, markup(t))
		}
		return map[string]any{"name": name, "ns": ns, "prose": strings.Join(prose, "\n\n")}
	}
	result["attestations"] = []any{map[string]any{"responsible-parties": issuer, "parts": []any{part("attests", c.Attests), part("does-not-attest", c.DoesNotAttest)}}}
	decisions := map[Ref][]string{}
	for _, x := range c.Cells {
		decisions[Ref{x.Requirement, x.Component}] = x.Decisions
	}
	var cells []Ref // as the document has them, in which order there is an observation of each
	for _, r := range doc.Requirements {
		for _, x := range r.Cells {
			cells = append(cells, Ref{r.ID, x.Component})
		}
	}
	for _, o := range result["observations"].([]any) {
		o := o.(map[string]any)
		if !slices.Contains(o["types"].([]any), any("control-objective")) {
			continue
		}
		if len(cells) == 0 {
			return fail(5, "document", "the document has fewer cells than its results")
		}
		links := []any{map[string]any{"href": "#" + id("document"), "description": "The document of the assessment"}, map[string]any{"href": "#" + id("facts"), "description": "The facts that it rests on"}}
		for _, d := range decisions[cells[0]] {
			links = append(links, map[string]any{"href": "#" + id("decision:"+d), "description": "A decision that it rests on"})
		}
		cells = cells[1:]
		old, _ := o["relevant-evidence"].([]any)
		o["relevant-evidence"] = append(old, links...)
	}
	if len(cells) > 0 {
		return fail(5, "document", "the document has more cells than its results")
	}
	back := results["back-matter"].(map[string]any)
	resources := back["resources"].([]any)
	for _, e := range s.evidence() {
		hashes := []any{map[string]any{"algorithm": "SHA-256", "value": e.digest}}
		x := map[string]any{"uuid": id(e.ref), "title": markup(e.name), "props": []any{prop("sha256", e.digest)}}
		href := e.path
		if href == "" { // it need not be in the bundle; its name is its digest
			href = "urn:assay:sha256:" + e.digest
		}
		x["rlinks"] = []any{map[string]any{"href": href, "hashes": hashes}}
		resources = append(resources, x)
	}
	back["resources"] = resources
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}

// markup returns text as a line of OSCAL's markup in which it stands for itself, never empty.
func markup(text string) string {
	if text = visible(text); text == "" {
		return "(nothing)"
	}
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\*_`~^[]<>&{}|#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
