package cert

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"rsc.io/qr"

	"assay/review"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// A Rendering is for eyes, a view (views.go) for other tools; both are made of what a bundle holds, and of nothing else. Neither is
// evidence: anybody can draw such a page. So each says what it was checked by, carries the certificate's digest, and tells how to verify the
// bundle. No clock is read: a page says until when the status counts, not whether that is over.

// A Shown is a certificate with what its bundle holds beside it, as renderings and views need it.
type Shown struct {
	Statement *Statement
	Digest    string  // of the certificate's envelope
	Status    *Status // nil if the bundle has none
	StatusID  string  // digest of the status's envelope
	Decisions []Decided
	Document  []byte
	Policy    *toe.Policy // what the bundle was verified by; nil if it was not
	At        time.Time   // when it was verified
	Fault     string      // why it did not count then; "" if it did
	Bundle    string      // what the bundle's file is called, for commands; "" is BUNDLE
}

// A Decided is a decision that a certificate names, with the digest of its envelope.
type Decided struct {
	Digest string
	review.Decision
}

// Show reads what is to be shown of b. Under a policy the bundle is verified first, as at this moment: what does not hold is not shown (a Failure with code 5), what
// holds and no longer counts is shown with the reason. Without a policy nothing is known of who signed, and the renderings say that.
func (b *Bundle) Show(p *toe.Policy, at time.Time) (*Shown, error) {
	s := &Shown{Policy: p, At: at.UTC().Truncate(time.Second)}
	if p != nil {
		_, err := Verify(b, p, Options{At: s.At})
		var f *Failure
		if errors.As(err, &f) && f.Code == 6 {
			s.Fault = f.Text
		} else if err != nil {
			return nil, err
		}
	}
	envelope, err := b.Read(NameCertificate)
	if err != nil {
		return nil, err
	}
	s.Digest = seal.Digest(envelope)
	payload, err := opened(envelope, PayloadType, MaxEnvelope)
	if err == nil {
		s.Statement, err = ParseStatement(payload)
	}
	if err != nil {
		return nil, fail(5, "certificate", "the certificate does not hold: %v", err)
	}
	c := &s.Statement.Predicate
	if s.Document, err = b.Read(NameDocument); err != nil {
		return nil, err
	}
	if seal.Digest(s.Document) != c.Evidence.Document {
		return nil, fail(5, "evidence", "the document in the bundle is not the one that the certificate names")
	}
	for _, digest := range c.Decisions {
		data, err := b.Read("decisions/" + digest + ".json")
		if err != nil {
			return nil, err
		}
		d := Decided{Digest: digest}
		payload, err := opened(data, review.DecisionType, review.MaxDecision)
		if err == nil {
			err = seal.Decode(payload, &d.Decision)
		}
		if err != nil {
			return nil, fail(5, "decision", "decision %s, which the certificate rests on, cannot be read: %v", seal.Short(digest), err)
		}
		s.Decisions = append(s.Decisions, d)
	}
	slices.SortFunc(s.Decisions, func(a, b Decided) int {
		return cmp.Or(cmp.Compare(position(a.Requirement), position(b.Requirement)), cmp.Compare(a.Component, b.Component), cmp.Compare(a.At, b.At), cmp.Compare(a.Digest, b.Digest))
	})
	if !b.Has(NameStatus) {
		return s, nil
	}
	data, err := b.Read(NameStatus)
	if err != nil {
		return nil, err
	}
	s.Status, s.StatusID = &Status{}, seal.Digest(data)
	payload, err = opened(data, StatusType, MaxStatus)
	if err == nil {
		err = seal.Decode(payload, s.Status)
	}
	if err == nil {
		err = s.Status.check()
	}
	if err == nil && (s.Status.Certificate != s.Digest || s.Status.Serial != c.Serial || s.Status.ToE != c.ToE) {
		err = errors.New("it is that of another certificate")
	}
	if err != nil {
		return nil, fail(5, "status", "the status does not hold: %v", err)
	}
	return s, nil
}

// opened returns what an envelope holds, whoever signed it.
func opened(envelope []byte, payloadType string, limit int) ([]byte, error) {
	if len(envelope) > limit {
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
	}
	e, err := seal.Open(envelope)
	if err != nil {
		return nil, err
	}
	if e.PayloadType != payloadType {
		return nil, fmt.Errorf("its payload is of type %q", e.PayloadType)
	}
	return e.Bytes()
}

var simpleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Command is how to verify, for a shell.
func (s *Shown) Command() string {
	name := "BUNDLE"
	if simpleName.MatchString(s.Bundle) {
		name = s.Bundle
	}
	return "assay verify " + name + " --policy POLICY"
}

// code is what the QR code says: the command, and the digest of the certificate that the bundle must hold.
func (s *Shown) code() (*qr.Code, string, error) {
	text := s.Command() + "\ncertificate sha256:" + s.Digest
	c, err := qr.Encode(text, qr.M)
	return c, text, err
}

// visible returns text from elsewhere as one line. What has no look of its own, or turns the direction of what follows, is written as its number, so that
// nobody is misled and nothing is lost.
func visible(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ") {
		if n++; n > maxVisible {
			b.WriteString("…")
			break
		}
		if hidden(r) {
			b.WriteString(numbered(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxVisible bounds a text from elsewhere, in characters. It is as long as the reason of a decision may be.
const maxVisible = review.MaxText

func numbered(r rune) string { return fmt.Sprintf("⟦U+%04X⟧", r) }

// hidden says that r cannot be seen, or changes how others are seen.
func hidden(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0: // fillers and joiners that look like nothing
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Variation_Selector, r)
}

// when says a moment for people, in UTC.
func when(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return visible(stamp)
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

func dayOf(text string) string {
	if t, err := time.Parse(time.DateOnly, day(text)); err == nil {
		return t.Format("2 January 2006")
	}
	return visible(text)
}

// look is how a status is shown: never by colour alone.
type look struct{ Class, Word string }

var looks = map[rules.Status]look{
	rules.Satisfied:     {"satisfied", "satisfied"},
	rules.NotApplicable: {"not_applicable", "does not apply"},
	rules.Violated:      {"violated", "violated"}, // no certificate has this or the next
	rules.Unknown:       {"unknown", "unknown"},
}

// sheet is a certificate in words, as both renderings show it.
type sheet struct {
	ToE, Body, Person, Issued, From, Until string
	Digest, Serial, Scheme                 string
	Class                                  string // that of the gravest thing to be said
	State                                  sheetState
	Checked                                string // when and by what it was verified; "" if it was not
	Fault                                  string // why it did not count then
	Subjects                               []sheetSubject
	Facts                                  []pair
	Result                                 string
	Attests, Not                           []string
	Families                               []sheetFamily
	Components                             []sheetComponent
	Decisions                              []sheetDecision
	Carried                                *sheetCarried
	Evidence, Artefacts, Parameters        []pair
	Command, Code                          string
}

type (
	pair       struct{ Name, Value string }
	sheetState struct{ Class, Word, Text string }

	sheetSubject struct {
		Name    string
		Digests []pair
	}
	sheetFamily struct {
		Name string
		Rows []sheetRow
	}
	sheetRow struct {
		ID, Title  string
		Look       look
		Counts     string
		Exceptions []sheetException
		Cells      []sheetCell
	}
	// A sheetException says for which components a requirement is not as for the most of them, or rests on people.
	sheetException struct {
		Text  string
		Names []string
	}
	sheetCell struct {
		Component string
		Look      look
		Decisions []string // short digests
	}
	sheetComponent struct {
		Name, Kind, Origin, Match string
		Satisfied, Not, Decided   int
	}
	sheetDecision struct {
		ID, Short, Digest, Kind, Meaning, Of, Subject, Asked, Answer, LeadsTo, Why, Who, Role, Key, At, Expires string
		Evidence                                                                                                []string
	}
	sheetCarried struct {
		From             string
		Kept             int
		Judged           []string
		Lapsed           []pair
		Same, Everything int
	}
)

const wholeSystem = "the whole system"

func called(component string) string {
	if component == "" {
		return wholeSystem
	}
	return visible(component)
}

// matches says how source and image of a component were found to be the same.
func matches(match string) string {
	if match == "" {
		return "–"
	}
	return visible(match)
}

func (s *Shown) sheet() (*sheet, error) {
	c := &s.Statement.Predicate
	out := &sheet{ToE: visible(c.ToE), Body: visible(or(c.Issuer.Body, "an issuer without a name")), Person: visible(or(c.Issuer.Name, c.Issuer.Person)), Issued: when(c.Issued), From: when(c.ValidFrom), Until: when(c.ValidUntil),
		Digest: s.Digest, Serial: visible(c.Serial), Scheme: visible(c.Scheme.ID), State: s.state(), Command: s.Command()}
	var err error
	if _, out.Code, err = s.code(); err != nil {
		return nil, err
	}
	if s.Policy != nil {
		out.Checked = "The bundle was verified on " + when(stamp(s.At)) + ", under the policy " + s.Policy.Digest + ", before this was made."
		out.Fault = visible(s.Fault)
	}
	switch out.Class = out.State.Class; {
	case out.Fault != "":
		out.Class = "violated"
	case out.Checked == "" && out.Class == "satisfied":
		out.Class = "unknown"
	}
	for _, x := range s.Statement.Subject {
		y := sheetSubject{Name: visible(x.Name)}
		for _, k := range slices.Sorted(maps.Keys(x.Digest)) {
			y.Digests = append(y.Digests, pair{visible(k), visible(x.Digest[k])})
		}
		out.Subjects = append(out.Subjects, y)
	}
	out.Facts = []pair{
		{"Certified by", out.Body}, {"Signed by", out.Person + " (" + visible(c.Issuer.Person) + ")"}, {"Key", c.Issuer.Key},
		{"Scheme", out.Scheme}, {"Text of the requirements", c.Scheme.Digest}, {"Interpretations", c.Scheme.Rulings}, {"Policy", c.Policy},
		{"Judged by", visible(strings.TrimSpace("assay " + c.Assay.Version + " " + c.Assay.Build))}, {"Serial number", out.Serial},
	}
	if c.Supersedes != "" {
		out.Facts = append(out.Facts, pair{"Takes the place of", c.Supersedes})
	}
	for _, t := range c.Attests {
		out.Attests = append(out.Attests, visible(t))
	}
	for _, t := range c.DoesNotAttest {
		out.Not = append(out.Not, visible(t))
	}
	n := map[rules.Status]int{}
	by := map[string]map[rules.Status]int{}
	decided := map[string]int{}
	rows := map[string]int{}
	for _, x := range c.Cells {
		n[x.Status]++
		if by[x.Component] == nil {
			by[x.Component] = map[rules.Status]int{}
		}
		by[x.Component][x.Status]++
		if len(x.Decisions) > 0 {
			decided[x.Component]++
		}
		rows[x.Requirement]++
	}
	out.Result = fmt.Sprintf("%s, %s: %d satisfied, %d that do not apply, none violated, none unknown", count(len(rows), "requirement", "requirements"), count(len(c.Cells), "cell", "cells"), n[rules.Satisfied], n[rules.NotApplicable])
	for _, x := range c.Components {
		out.Components = append(out.Components, sheetComponent{called(x.Name), visible(x.Kind), visible(strings.ReplaceAll(x.Origin, "_", " ")), matches(x.Match), by[x.Name][rules.Satisfied], by[x.Name][rules.NotApplicable], decided[x.Name]})
	}
	out.Families = families(c)
	out.Decisions = s.decided()
	if k := c.Carried; k != nil {
		y := &sheetCarried{From: visible(k.From), Kept: len(k.Decisions), Everything: len(c.Cells), Same: max(0, len(c.Cells)-len(k.Judged))}
		for _, r := range k.Judged {
			y.Judged = append(y.Judged, visible(cellName(r.Requirement, r.Component)))
		}
		for _, l := range k.Lapsed {
			y.Lapsed = append(y.Lapsed, pair{visible(seal.Short(l.Decision)), visible(l.Why)})
		}
		out.Carried = y
	}
	out.Evidence = []pair{{"Document of the assessment", c.Evidence.Document}, {"Facts", c.Evidence.Facts}}
	if c.Evidence.Index != "" {
		out.Evidence = append(out.Evidence, pair{"Content of the artefacts", c.Evidence.Index})
	}
	for _, r := range c.Evidence.Records {
		out.Evidence = append(out.Evidence, pair{"Evidence that people brought", r})
	}
	for _, a := range c.Evidence.Artefacts {
		out.Artefacts = append(out.Artefacts, pair{visible(strings.TrimSpace(a.Kind + " " + a.Root)), a.Digest})
	}
	for _, k := range slices.Sorted(maps.Keys(c.Scheme.Parameters)) {
		out.Parameters = append(out.Parameters, pair{visible(k), visible(or(c.Scheme.Parameters[k], "–"))})
	}
	return out, nil
}

// state says in words whether the certificate counts, as far as the bundle knows.
func (s *Shown) state() sheetState {
	x := s.Status
	if x == nil {
		return sheetState{"unknown", "status unknown", "The bundle holds no status, so it is not known whether this certificate counts."}
	}
	by := fmt.Sprintf("%s (%s)", visible(s.name(x.By.Person)), visible(x.By.Role))
	switch x.State {
	case Valid:
		return sheetState{"satisfied", "valid on " + dayOf(x.At), fmt.Sprintf("Its newest status in the bundle is of %s by %s: valid. That may be relied on until %s, and says nothing after.", when(x.At), by, when(x.Expires))}
	case Superseded:
		return sheetState{"violated", "superseded", fmt.Sprintf("It does not count any more. Since %s another certificate has its place: %s. Reason: %s (%s)", when(x.At), x.SupersededBy, visible(x.Reason), by)}
	}
	return sheetState{"violated", x.State, fmt.Sprintf("It does not count. Since %s it is %s. Reason: %s (%s)", when(x.At), x.State, visible(x.Reason), by)}
}

// name returns the name of a person where the policy is known, else the id.
func (s *Shown) name(id string) string {
	if s.Policy != nil {
		for _, p := range s.Policy.People {
			if p.ID == id && p.Name != "" {
				return p.Name
			}
		}
	}
	return id
}

// families puts the cells into rows, as the text of the scheme has them.
func families(c *Certificate) (out []sheetFamily) {
	cells := map[string][]Cell{}
	var ids []string
	for _, x := range c.Cells {
		if cells[x.Requirement] == nil {
			ids = append(ids, x.Requirement)
		}
		cells[x.Requirement] = append(cells[x.Requirement], x)
	}
	for _, id := range ids {
		family, title := "Other requirements", ""
		if r, ok := scheme.Get(id); ok && r.ID == id {
			family, title = r.Family, r.Title
		}
		i := slices.IndexFunc(out, func(f sheetFamily) bool { return f.Name == family })
		if i < 0 {
			i = len(out)
			out = append(out, sheetFamily{Name: family})
		}
		out[i].Rows = append(out[i].Rows, rowOf(id, title, cells[id]))
	}
	return out
}

func rowOf(id, title string, cells []Cell) sheetRow {
	out := sheetRow{ID: visible(id), Title: title}
	var ss []rules.Status
	n := map[rules.Status][]string{}
	decided := map[string][]string{} // short digest -> components
	for _, x := range cells {
		ss = append(ss, x.Status)
		name := called(x.Component)
		n[x.Status] = append(n[x.Status], name)
		y := sheetCell{Component: name, Look: looks[x.Status]}
		for _, d := range x.Decisions {
			y.Decisions = append(y.Decisions, seal.Short(d))
			decided[seal.Short(d)] = append(decided[seal.Short(d)], name)
		}
		out.Cells = append(out.Cells, y)
	}
	out.Look = looks[rules.Fold(ss...)]
	var counts []string
	for _, s := range []rules.Status{rules.Violated, rules.Unknown, rules.Satisfied, rules.NotApplicable} {
		if k := len(n[s]); k > 0 {
			word := looks[s].Word
			if s == rules.NotApplicable && k > 1 {
				word = "do not apply"
			}
			counts = append(counts, fmt.Sprintf("%d %s", k, word))
		}
	}
	out.Counts = strings.Join(counts, ", ")
	if len(cells) == 1 && cells[0].Component == "" {
		out.Counts = wholeSystem
	}
	// What the fewer are like is named; the others are the rest.
	if a, b := n[rules.Satisfied], n[rules.NotApplicable]; len(a) > 0 && len(b) > 0 {
		if len(b) <= len(a) {
			out.Exceptions = append(out.Exceptions, sheetException{"does not apply to", b})
		} else {
			out.Exceptions = append(out.Exceptions, sheetException{"satisfied for", a})
		}
	}
	for _, d := range slices.Sorted(maps.Keys(decided)) {
		out.Exceptions = append(out.Exceptions, sheetException{"by decision " + d, decided[d]})
	}
	return out
}

func (s *Shown) decided() (out []sheetDecision) {
	for _, d := range s.Decisions {
		kind, _ := review.KindOf(d.Kind)
		x := sheetDecision{ID: seal.Short(d.Digest), Short: seal.Short(d.Digest), Digest: d.Digest, Kind: visible(d.Kind), Meaning: kind.Meaning, Of: visible(cellName(d.Requirement, d.Component)) + ", " + visible(d.Rule), Subject: visible(d.Subject), Asked: visible(d.Asked),
			Answer: visible(d.Answer), LeadsTo: visible(strings.ReplaceAll(d.LeadsTo, "_", " ")), Why: visible(d.Text), Who: visible(s.name(d.By.Person)), Role: visible(d.By.Role), Key: visible(d.By.Key), At: when(d.At), Expires: dayOf(d.Expires)}
		if d.Component == "" {
			x.Of = visible(d.Requirement) + " of " + wholeSystem + ", " + visible(d.Rule)
		}
		for _, e := range d.Evidence {
			x.Evidence = append(x.Evidence, visible(e))
		}
		out = append(out, x)
	}
	return out
}

// Text writes the gist of a certificate for a terminal.
func (s *Shown) Text(w io.Writer) error {
	x, err := s.sheet()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n  %s certifies that this system meets the requirements of %s.\n\n  %s: %s\n", x.ToE, x.Body, x.Scheme, x.State.Word, x.State.Text)
	if x.Fault != "" {
		fmt.Fprintf(&b, "  does not count: %s\n", x.Fault)
	}
	if x.Checked == "" {
		b.WriteString("  not verified: nobody looked at the signatures; --policy FILE does\n")
	}
	fmt.Fprintf(&b, "\n  issued       %s, by %s\n  valid        from %s until %s\n  certificate  %s\n", x.Issued, x.Person, x.From, x.Until, x.Digest)
	for _, y := range x.Subjects {
		for _, d := range y.Digests {
			fmt.Fprintf(&b, "  of           %s, %s %s\n", y.Name, d.Name, d.Value)
		}
	}
	fmt.Fprintf(&b, "  result       %s\n", x.Result)
	for _, d := range x.Decisions {
		fmt.Fprintf(&b, "  decision     %s %s: %s, by %s (%s), until %s\n", d.Short, d.Kind, d.Of, d.Who, d.Role, d.Expires)
	}
	b.WriteString("\n  It does not attest:\n")
	for _, t := range x.Not {
		fmt.Fprintf(&b, "  - %s\n", t)
	}
	fmt.Fprintf(&b, "\n  %s\n", x.Command)
	_, err = w.Write(b.Bytes())
	return err
}

// The page is one file that needs nothing else: its policy of content forbids every request and every script, and lets only this style act, named by its digest. What
// a certificate says is text in it, by the escaping of html/template.

//go:embed page/certificate.gohtml
var pageSource string

//go:embed page/certificate.css
var pageStyle string

var pageTemplate = template.Must(template.New("certificate").Funcs(template.FuncMap{
	"count":  count,
	"digest": isDigest,
}).Parse(pageSource))

// HTML writes a certificate as one page for a browser and for paper, which fetches nothing and runs no script.
func (s *Shown) HTML(w io.Writer) error {
	x, err := s.sheet()
	if err != nil {
		return err
	}
	code, _, err := s.code()
	if err != nil {
		return err
	}
	paper := fmt.Sprintf(`@page{@top-left{content:"%s"}}`, cssString("Certificate of "+firstRunes(x.ToE, 60)+", sha256 "+seal.Short(x.Digest)))
	sum := func(text string) string {
		h := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, struct {
		*sheet
		Content      string
		Style, Paper template.CSS
		Size         int
		Dark         string
	}{x, "default-src 'none'; style-src " + sum(pageStyle) + " " + sum(paper) + "; base-uri 'none'; form-action 'none'", template.CSS(pageStyle), template.CSS(paper), code.Size + 8, dark(code)})
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// dark returns the dark modules of a code as the path of a drawing, in modules, within a margin of four.
func dark(c *qr.Code) string {
	var b strings.Builder
	runs(c, func(x, y, n int) { fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+4, y+4, n, n) })
	return b.String()
}

// runs calls f for each run of dark modules.
func runs(c *qr.Code, f func(x, y, n int)) {
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			n := 0
			for x+n < c.Size && c.Black(x+n, y) {
				n++
			}
			if n > 0 {
				f(x, y, n)
				x += n
			}
		}
	}
}

func firstRunes(text string, n int) string {
	if rs := []rune(text); len(rs) > n {
		return string(rs[:n-1]) + "…"
	}
	return text
}

// cssString returns text for a string of CSS in a style element: all but a few characters as their numbers, each of which ends in a space.
func cssString(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ' || r == '.' || r == '-' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\%x `, r)
		}
	}
	return b.String()
}
