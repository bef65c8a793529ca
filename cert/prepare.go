package cert

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"assay/artefact"
	"assay/assess"
	"assay/fact"
	"assay/review"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// TokenLife is how long after Prepare a certificate may be issued. What was found a day ago may no longer be so.
const TokenLife = 24 * time.Hour

// A Directory is an issuing directory, with the policy that it is used under.
type Directory struct {
	Path   string
	Policy *toe.Policy
	Log    string // secret key of the log's checkpoints; "" where nothing is to be entered
	Kept   []byte // a checkpoint of the log that was seen before, if there is one: the log must go on from it
}

// An Input is all that a certificate is made of.
type Input struct {
	Issuer   string           // id of the key that is going to sign
	At       time.Time        // now
	Document *assess.Document // what people saw, and decided on
	Declared *toe.File        // assay.yaml; nil if there is none

	// Judging again: the engine as it judged (its memo, its progress and what it consults are replaced), all artefacts with those of advisories among
	// them, and their content.
	Engine    *assess.Engine
	Artefacts []artefact.Artefact
	Store     artefact.Store
	Settled   []assess.Decision

	Decisions []review.File // envelopes, as they lie below .assay/decisions
	Records   []Record      // evidence that people brought
	Content   bool          // takes the content of the artefacts into the bundle
	Carried   *Carried      // what was taken over from the certificate that this one supersedes; nil if it supersedes none
}

// A Record is evidence that somebody brought: the record, and the file itself unless it is sensitive (nil).
type Record struct{ Record, File []byte }

// An Obstacle is something that stands in the way of a certificate. Requirement is "" for what is not about one; Question is the id of the question that an
// answer to would take it away.
type Obstacle struct {
	Requirement string       `json:"requirement,omitempty"`
	Component   string       `json:"component,omitempty"`
	Status      rules.Status `json:"status"`
	Question    string       `json:"question,omitempty"`
	Text        string       `json:"text"`
}

// Prepared is a certificate that only lacks a signature.
type Prepared struct {
	Token     string // digest of the statement
	Statement *Statement
	Bytes     []byte // of the statement: what is going to be signed
}

// Prepare judges again with nothing remembered, and writes the statement of a certificate into the issuing directory. If something stands in the
// way it says what, writes nothing, and its error is a Failure with code 1 or 3.
func (d *Directory) Prepare(in Input) (*Prepared, []Obstacle, error) {
	if d.Policy == nil || in.Document == nil || in.Engine == nil || in.Store == nil {
		return nil, nil, fail(2, "input", "a certificate needs a policy, an assessment and its artefacts")
	}
	at := in.At.UTC().Truncate(time.Second)
	today := at.Format(time.DateOnly)
	who, err := d.Policy.Acts(in.Issuer, "issuer", today)
	if err != nil {
		return nil, nil, fail(2, "issuer", "no certificate can be issued with this key: %v", err)
	}
	doc := in.Document
	switch {
	case doc.Format != assess.Format:
		return nil, nil, fail(2, "document", "the document is of format %q; this program reads %s", doc.Format, assess.Format)
	case doc.ToE.Name != d.Policy.ToE:
		return nil, nil, fail(2, "policy", "the policy is for the system %q, and this is %q", d.Policy.ToE, doc.ToE.Name)
	case day(doc.At) != today || in.Engine.Day != today:
		return nil, nil, fail(2, "document", "the assessment is of %s, and today is %s: assess again", day(doc.At), today)
	case in.Engine.Salt == "" || doc.Assay.Build != in.Engine.Salt:
		return nil, nil, fail(2, "document", "the assessment was made by another build of this program: assess again")
	}
	days, err := strconv.Atoi(in.Engine.Param("life.decision"))
	if err != nil {
		return nil, nil, fail(2, "parameter", "the parameter life.decision is no number of days")
	}
	reads := review.Open(in.Decisions, review.Context{Policy: d.Policy, ToE: doc.ToE.Name, Scheme: schemeDigest(), Rulings: rulingsDigest(), Day: today, MaxDays: days})
	again, base, err := in.derive(review.Applicable(reads))
	if err != nil {
		return nil, nil, err
	}
	document, err := agree(doc, again, in.Engine.Lost)
	if err != nil {
		return nil, nil, err
	}
	applied, obstacles := settled(again, reads)
	obstacles = slices.Concat(obstacles, cells(again, reads), d.bar(again, in.Declared), joined(again))
	if len(obstacles) > 0 {
		code, text := 3, "unknown or open"
		if slices.ContainsFunc(obstacles, func(o Obstacle) bool { return o.Status == rules.Violated }) {
			code, text = 1, "violated, unknown or open"
		}
		return nil, obstacles, fail(code, "obstacles", "%s in the way of a certificate: what is %s has to be mended or settled first", standing(len(obstacles)), text)
	}
	s, err := d.state(in, again, who, at, applied)
	if err != nil {
		return nil, nil, err
	}
	parts := []part{bytesPart(NameDocument, document)}
	s.Predicate.Evidence.Document = seal.Digest(document)
	var facts bytes.Buffer
	if err := base.Encode(&facts); err != nil {
		return nil, nil, fmt.Errorf("the facts cannot be written: %w", err)
	}
	packed, err := pack(facts.Bytes())
	if err != nil {
		return nil, nil, err
	}
	s.Predicate.Evidence.Facts = seal.Digest(facts.Bytes())
	parts = append(parts, bytesPart(NameFacts, packed))
	for _, f := range in.Decisions {
		if digest := seal.Digest(f.Data); slices.ContainsFunc(applied, func(r review.Read) bool { return r.Digest == digest }) {
			parts = append(parts, bytesPart("decisions/"+digest+".json", f.Data))
		}
	}
	s.Predicate.Evidence.Records = []string{}
	for _, r := range in.Records {
		digest := seal.Digest(r.Record)
		s.Predicate.Evidence.Records = append(s.Predicate.Evidence.Records, digest)
		parts = append(parts, bytesPart("evidence/"+digest+".json", r.Record))
		if r.File != nil {
			parts = append(parts, bytesPart("evidence/"+seal.Digest(r.File)+".bin", r.File))
		}
	}
	slices.Sort(s.Predicate.Evidence.Records)
	s.Predicate.Evidence.Records = slices.Compact(s.Predicate.Evidence.Records)
	if in.Content {
		content, index, err := contents(in.Artefacts, in.Store)
		if err != nil {
			return nil, nil, err
		}
		s.Predicate.Evidence.Index = seal.Digest(index)
		parts = append(append(parts, bytesPart(NameIndex, index)), content...)
	}
	expires := ""
	for _, r := range applied {
		if e := r.Decision.Expires; expires == "" || e < expires {
			expires = e
		}
	}
	s.Predicate.Attests, s.Predicate.DoesNotAttest = s.sentences(expires, d.allowed(again, in.Declared))
	s.Predicate.Serial = s.serial()
	data, err := s.Encode()
	if err != nil {
		return nil, nil, fmt.Errorf("the certificate would not be one: %w", err)
	}
	p := &Prepared{Token: seal.Digest(data), Statement: s, Bytes: data}
	return p, nil, d.keep(p, distinctParts(parts), at)
}

func standing(n int) string {
	if n == 1 {
		return "1 thing stands"
	}
	return fmt.Sprintf("%d things stand", n)
}

// distinctParts leaves out what stands twice under one name: the same bytes.
func distinctParts(parts []part) []part {
	slices.SortStableFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(parts, func(a, b part) bool { return a.name == b.name && named.MatchString(a.name) })
}

// keep writes what was prepared: content first, then the statement, without which there is no token.
func (d *Directory) keep(p *Prepared, parts []part, now time.Time) error {
	unlock, err := lock(d.Path)
	if err != nil {
		return err
	}
	defer unlock()
	if err := d.tidy(now); err != nil {
		return err
	}
	if exists(d.in("used", p.Token)) {
		return fail(2, "token-used", "this very certificate was issued already")
	}
	dir := d.in("pending", p.Token)
	if exists(filepath.Join(dir, "statement.json")) {
		return nil // it is the same to the byte
	}
	if s := p.Statement.Predicate.Supersedes; s != "" && !exists(d.in("certificates", s)) {
		return fail(2, "supersedes", "there is no certificate %s here that this one could take the place of", seal.Short(s))
	}
	if err := place(filepath.Join(dir, "content.zip"), func(w io.Writer) error { return writeParts(w, parts) }); err != nil {
		return err
	}
	return placeBytes(filepath.Join(dir, "statement.json"), p.Bytes)
}

// tidy removes what was prepared and never signed: half of it, or all of it and its token too old. What was signed stays until it is finished.
func (d *Directory) tidy(now time.Time) error {
	names, err := tokens(d.in("pending"))
	if err != nil {
		return err
	}
	for _, token := range names {
		dir := d.in("pending", token)
		if exists(filepath.Join(dir, NameCertificate)) {
			continue
		}
		data, err := readBounded(filepath.Join(dir, "statement.json"), MaxStatement)
		if err == nil {
			if s, err := ParseStatement(data); err == nil && !tooOld(s, now) {
				continue
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

func tooOld(s *Statement, now time.Time) bool {
	issued, err := utc(s.Predicate.Issued)
	return err != nil || now.Sub(issued) > TokenLife
}

// tokens lists the digests that are names in dir.
func tokens(dir string) (out []string, err error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	for _, e := range entries {
		if isDigest(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, err
}

func (d *Directory) in(parts ...string) string {
	return filepath.Join(append([]string{d.Path}, parts...)...)
}

// derive judges again with nothing remembered.
func (in Input) derive(decisions []assess.Decision) (*assess.Document, *fact.Base, error) {
	var rest []artefact.Artefact
	var known artefact.Artefact
	for _, a := range in.Artefacts {
		if a.Kind == "advisories" {
			if known.Kind != "" {
				return nil, nil, fail(2, "input", "there are two sets of advisories")
			}
			known = a
			continue
		}
		rest = append(rest, a)
	}
	e := in.Engine
	e.Memo, e.Progress, e.Verify, e.Lost = new(assess.Memory), nil, false, 0
	e.Consult = func([]fact.Library) artefact.Artefact { return known }
	a := e.Assess(rest, in.Store, decisions)
	meta := assess.Meta{Name: in.Document.ToE.Name, At: in.Document.At, Build: in.Document.Assay}
	return e.Document(a, meta), a.Base, nil
}

// agree returns the encoding of a document that came out again as it was.
func agree(was, again *assess.Document, lost int) ([]byte, error) {
	x, err := seal.Encode(was)
	if err != nil {
		return nil, err
	}
	y, err := seal.Encode(again)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(x, y) {
		return y, nil
	}
	text := "it differs elsewhere than in its verdicts"
	then := map[string]rules.Status{}
	for _, r := range was.Requirements {
		for _, c := range r.Cells {
			then[cellName(r.ID, c.Component)] = c.Status
		}
	}
search:
	for _, r := range again.Requirements {
		for _, c := range r.Cells {
			name := cellName(r.ID, c.Component)
			if s, ok := then[name]; !ok || s != c.Status {
				text = fmt.Sprintf("%s was %s and is %s now", name, s, c.Status)
				break search
			}
		}
	}
	if lost > 0 {
		text += fmt.Sprintf("; %d readings came to nothing this time, which may pass", lost)
	}
	return nil, fail(5, "rederivation", "judged again from the frozen artefacts the assessment does not come out the same: %s", text)
}

func schemeDigest() string { return artefact.Digest(scheme.Digest()).String() }

func rulingsDigest() string { return artefact.Digest(scheme.RulingsDigest()).String() }

// bare takes the prefix from a digest of a document.
func bare(digest string) string { return strings.TrimPrefix(digest, "sha256:") }

func hexOf(d artefact.Digest) string { return hex.EncodeToString(d[:]) }

// settled returns the decisions that a document applied and that count, and what is wrong where it rests on others.
func settled(doc *assess.Document, reads []review.Read) (applied []review.Read, obstacles []Obstacle) {
	byDigest := map[string]review.Read{}
	for _, r := range reads {
		byDigest[r.Digest] = r
	}
	signed := map[[3]string]bool{} // rule, component and subject of what a decision that counts is about
	for _, o := range doc.Decisions {
		if o.State != "applied" {
			continue
		}
		short := seal.Short(bare(o.Digest))
		add := func(format string, args ...any) {
			obstacles = append(obstacles, Obstacle{Requirement: o.Requirement, Component: o.Component, Text: fmt.Sprintf("the assessment rests on decision %s, "+format, append([]any{short}, args...)...)})
		}
		r, ok := byDigest[bare(o.Digest)]
		switch {
		case !ok:
			add("which is not among the decisions that were brought")
		case r.Refused != "":
			add("which does not count: %s", r.Refused)
		default:
			applied = append(applied, r)
			signed[[3]string{o.Rule, o.Component, o.Subject}] = true
		}
	}
	for _, q := range doc.Questions {
		if q.Status == "decided" && !signed[[3]string{q.Rule, q.Component, q.Subject}] {
			obstacles = append(obstacles, Obstacle{Requirement: q.Requirement, Component: q.Component, Question: q.ID, Text: fmt.Sprintf("a question of %s is answered by nothing that was signed and counts: %s", cellName(q.Requirement, q.Component), q.Text)})
		}
	}
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			for _, x := range c.Rules {
				for _, f := range x.Findings {
					if f.Decided != "" && !signed[[3]string{x.ID, c.Component, f.Subject}] {
						obstacles = append(obstacles, Obstacle{Requirement: r.ID, Component: c.Component, Text: fmt.Sprintf("a finding of %s is decided by nothing that was signed and counts: %s", cellName(r.ID, c.Component), finding(f))})
					}
				}
			}
		}
	}
	return applied, obstacles
}

// most is how many sentences are given for one cell.
const most = 5

// cells says what is in the way in each cell: violated, unknown, not judged.
func cells(doc *assess.Document, reads []review.Read) (out []Obstacle) {
	questions := map[string]assess.QuestionAsked{}
	for _, q := range doc.Questions {
		questions[q.ID] = q
	}
	judged := map[[2]string]bool{}
	for _, r := range doc.Requirements {
		for _, c := range r.Cells {
			judged[[2]string{r.ID, c.Component}] = true
			var ss []rules.Status
			for _, x := range c.Rules {
				ss = append(ss, x.Status)
			}
			status := rules.Fold(append(ss, c.Status)...)
			if len(ss) > 0 && (status == rules.Satisfied || status == rules.NotApplicable) {
				continue
			}
			var texts []Obstacle
			add := func(question, format string, args ...any) {
				o := Obstacle{Requirement: r.ID, Component: c.Component, Status: status, Question: question, Text: fmt.Sprintf("%s is %s: %s", cellName(r.ID, c.Component), status, fmt.Sprintf(format, args...))}
				if !slices.Contains(texts, o) {
					texts = append(texts, o)
				}
			}
			for _, x := range c.Rules {
				same := map[string][]assess.FindingSeen{}
				for _, f := range x.Findings {
					if f.Status == rules.Violated && !f.Overruled {
						same[finding(f)] = append(same[finding(f)], f)
					}
				}
				for _, text := range slices.Sorted(maps.Keys(same)) {
					add("", "%s%s", text, where(same[text]))
				}
			}
			for _, x := range c.Rules {
				if x.Status == rules.Satisfied || x.Status == rules.NotApplicable {
					continue
				}
				asked := map[string]bool{} // what there is a question about is said by that
				for _, id := range x.Questions {
					if q := questions[id]; q.Status != "decided" {
						asked[q.Subject] = true
						add(id, "%s%s", q.Text, lapsed(doc, c.Component, x.ID, q.Subject, reads))
					}
				}
				for _, g := range x.Gaps {
					if len(asked) == 0 {
						add("", "%s", labelled(g.Unit, g.Text))
					}
				}
				for _, f := range x.Findings {
					if f.Status == rules.Unknown && !f.Overruled && !asked[f.Subject] {
						add("", "%s", finding(f))
					}
				}
			}
			if len(texts) == 0 {
				add("", "nothing says why")
			}
			if n := len(texts) - most; n > 0 {
				texts = texts[:most]
				add("", "and %s", count(n, "thing more", "things more"))
			}
			out = append(out, texts...)
		}
	}
	for _, req := range scheme.All() {
		var want []string
		if req.Global() {
			want = append(want, "")
		}
		if req.PerComponent() {
			for _, c := range doc.ToE.Components {
				want = append(want, c.Name)
			}
		}
		for _, name := range want {
			if !judged[[2]string{req.ID, name}] {
				out = append(out, Obstacle{Requirement: req.ID, Component: name, Text: cellName(req.ID, name) + " was not judged"})
			}
		}
	}
	if len(doc.ToE.Components) == 0 {
		out = append(out, Obstacle{Text: "no component was found, so there is nothing to certify"})
	}
	return out
}

func finding(f assess.FindingSeen) string { return labelled(f.Subject, f.Text) }

func labelled(label, text string) string {
	if label == "" {
		return text
	}
	return label + ": " + text
}

// where names the first place of findings that say the same, and counts the others.
func where(fs []assess.FindingSeen) string {
	var places []assess.PlaceSeen
	n := 0
	for _, f := range fs {
		places = append(places, f.Places...)
		n += len(f.Places) + f.MorePlace
	}
	if len(places) == 0 {
		return ""
	}
	p := slices.MinFunc(places, func(a, b assess.PlaceSeen) int {
		return cmp.Or(cmp.Compare(a.Root, b.Root), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	text := p.Root + "/" + p.Path
	if p.Line > 0 {
		text += ":" + strconv.Itoa(p.Line)
	}
	if n > 1 {
		text += fmt.Sprintf(" and %d more", n-1)
	}
	return " (" + text + ")"
}

// lapsed tells of decisions about this subject that do not settle it.
func lapsed(doc *assess.Document, component, rule, subject string, reads []review.Read) string {
	became := map[string]assess.DecisionSeen{}
	for _, o := range doc.Decisions {
		became[bare(o.Digest)] = o
	}
	var out []string
	for _, r := range reads {
		d := r.Decision
		if d.Rule != rule || d.Component != component || d.Subject != subject {
			continue
		}
		state, why := became[r.Digest].State, became[r.Digest].Why
		if r.Refused != "" {
			state, why = "refused", r.Refused
		}
		if state != "applied" && state != "" {
			out = append(out, fmt.Sprintf("; decision %s of %s is %s: %s", seal.Short(r.Digest), d.By.Person, state, why))
		}
	}
	return strings.Join(out, "")
}

// joined finds components whose source and image are held to be the same for no better reason than their names.
func joined(doc *assess.Document) (out []Obstacle) {
	told := map[string]bool{}
	add := func(component, match, what string) {
		if match == "name" && !told[component] {
			told[component] = true
			out = append(out, Obstacle{Component: component, Text: fmt.Sprintf("%s: that its source and %s belong together is known by their names alone; build provenance, equal content or a build context would show it", component, what)})
		}
	}
	for _, c := range doc.ToE.Components {
		add(c.Name, c.Match, "its image")
	}
	for _, i := range doc.Images {
		add(i.Component, i.Match, "the image "+or(strings.Join(i.Names, ", "), i.Root))
	}
	return out
}

// bar finds what lowers the bar without the policy's leave (ruling 12), and what makes a certificate worthless whatever its verdicts are.
func (d *Directory) bar(doc *assess.Document, declared *toe.File) (out []Obstacle) {
	add := func(format string, args ...any) { out = append(out, Obstacle{Text: fmt.Sprintf(format, args...)}) }
	for _, w := range d.loosened(doc, declared) {
		if !d.Policy.Allows(w.Kind, w.What) {
			add("%s, and the policy does not give leave for that (weakenings: kind %s, what %q)", w.Why, w.Kind, w.What)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Policy.Parameters)) {
		if err := scheme.CheckParameter(name, d.Policy.Parameters[name]); err != nil {
			add("the policy: %v", err)
		}
	}
	if !strings.HasPrefix(doc.Assay.Build, "sha256:") {
		add("this program cannot tell its own digest, so nobody could judge again with the same")
	}
	if d.Policy.Log.Origin == "" || d.Policy.Log.Key == "" {
		add("the policy names no log for certificates to be entered in (log: origin, key)")
	}
	for _, r := range doc.ToE.Roots {
		for _, l := range r.LeftOut {
			switch {
			case strings.HasPrefix(l.Why, "more than"):
				add("root %s is too large to have been read whole: %s (%d left out)", r.ID, l.Why, l.Files)
			case l.Why == "excluded by assay.yaml" && (declared == nil || len(declared.Exclude) == 0):
				add("root %s lacks %s that assay.yaml excluded, and assay.yaml excludes nothing", r.ID, count(l.Files, "file", "files"))
			}
		}
	}
	return out
}

// allowed lists in words what is loosened with the policy's leave.
func (d *Directory) allowed(doc *assess.Document, declared *toe.File) (out []string) {
	for _, w := range d.loosened(doc, declared) {
		out = append(out, w.Why)
	}
	return out
}

// loosened lists what is looser than the policy sets it, in the words that a policy would allow it by; Why says what it is.
func (d *Directory) loosened(doc *assess.Document, declared *toe.File) (out []toe.Weakening) {
	for _, p := range scheme.Parameters() {
		limit := cmp.Or(d.Policy.Parameters[p.Name], p.Default)
		if used := doc.Scheme.Parameters[p.Name]; looser(p.Name, used, limit) {
			out = append(out, toe.Weakening{Kind: "parameter", What: p.Name + "=" + used, Why: fmt.Sprintf("the parameter %s is %s, which is looser than %s", p.Name, or(used, "not set"), limit)})
		}
	}
	if declared == nil {
		return out
	}
	for _, x := range declared.Exclude {
		out = append(out, toe.Weakening{Kind: "exclude", What: x, Why: fmt.Sprintf("assay.yaml leaves %s out", x)})
	}
	for _, n := range declared.Subnets {
		out = append(out, toe.Weakening{Kind: "subnet", What: n.Name, Why: fmt.Sprintf("assay.yaml calls the subnet %q closed", n.Name)})
	}
	for _, c := range declared.Components {
		out = append(out, toe.Weakening{Kind: "paths", What: c.Name, Why: fmt.Sprintf("assay.yaml says what makes up the component %q", c.Name)})
	}
	return out
}

// Which way a parameter is stricter. One that is in none of these lists is stricter in no way: any other value than the bar's needs leave.
var (
	lower = sync.OnceValue(func() map[string]bool {
		return set("validity.days", "grace.days", "status.days", "life.probe", "life.capture", "life.log", "life.dump", "life.ci_history", "life.vulnerability_data", "life.decision",
			"qual3.window.known_exploited", "qual3.window.critical", "qual3.window.high", "qual3.window.medium", "qual3.window.low", "auth6.max_attempts", "auth3.max_minutes", "auth8.max_idle_minutes")
	})
	higher = sync.OnceValue(func() map[string]bool {
		return set("comm1.min_tls", "envi.level", "envi5.limit", "auth5.min_length", "auth5.single_factor_length", "auth2.id_bits", "cryp2.rsa_bits", "cryp2.dh_bits", "cryp2.rsa_floor_bits", "cryp2.dh_floor_bits",
			"cryp3.aes_bits", "cryp3.pbkdf2_iterations", "cryp3.bcrypt_cost", "cryp4.token_bits")
	})
	strict = map[string][]string{"comm1.off_list_suites": {"satisfied", "ask", "violated"}} // from loose to strict
	more   = map[string]bool{"auth5.classes": true}                                         // lists: strict is what holds all of the other
)

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Looser says whether a parameter set to used lowers the bar that limit sets.
func Looser(name, used, limit string) bool { return looser(name, used, limit) }

func looser(name, used, limit string) bool {
	if used == limit {
		return false
	}
	if order := strict[name]; order != nil {
		return slices.Index(order, used) < slices.Index(order, limit)
	}
	if more[name] {
		has := strings.Split(used, ",")
		return slices.ContainsFunc(strings.Split(limit, ","), func(x string) bool { return !slices.Contains(has, x) })
	}
	x, err1 := strconv.ParseFloat(used, 64)
	y, err2 := strconv.ParseFloat(limit, 64)
	switch {
	case err1 != nil || err2 != nil:
		return true
	case lower()[name]:
		return !(x <= y)
	case higher()[name]:
		return !(x >= y)
	}
	return true
}

// state puts a document into the form of a statement. What is written beside it is added later.
func (d *Directory) state(in Input, doc *assess.Document, who toe.Person, at time.Time, applied []review.Read) (*Statement, error) {
	valid, err := strconv.Atoi(doc.Scheme.Parameters["validity.days"])
	if err != nil || valid < 1 {
		return nil, fail(2, "parameter", "the parameter validity.days is no number of days")
	}
	s := &Statement{Type: StatementType, PredicateType: PredicateType, Subject: []Subject{}}
	c := &s.Predicate
	*c = Certificate{Format: Format, ToE: doc.ToE.Name, Issuer: Issuer{d.Policy.Issuer, who.ID, who.Name, in.Issuer},
		Issued: stamp(at), ValidFrom: stamp(at), ValidUntil: stamp(at.AddDate(0, 0, valid)),
		Scheme: Scheme{doc.Scheme.ID, bare(doc.Scheme.Digest), bare(doc.Scheme.Rulings), doc.Scheme.Parameters},
		Policy: d.Policy.Digest, Assay: doc.Assay, Components: []Component{}, Cells: []Cell{}, Decisions: []string{}, Carried: in.Carried}
	if in.Carried != nil {
		c.Supersedes = in.Carried.From
	}
	c.Evidence.Artefacts = []Artefact{}
	for _, a := range doc.Artefacts {
		c.Evidence.Artefacts = append(c.Evidence.Artefacts, Artefact{hexOf(a.Digest), a.Kind, a.Root})
	}
	for _, r := range doc.ToE.Roots {
		x := Subject{Name: r.ID, Digest: map[string]string{}}
		for _, a := range doc.Artefacts {
			if a.Root == r.ID && a.Kind == r.Kind && x.Digest["sha256"] == "" {
				x.Digest["sha256"] = hexOf(a.Digest)
			}
		}
		if r.Revision != "" && r.Kind == "git revision" { // what lies in a directory need not be what its repository has at HEAD
			x.Digest["gitCommit"] = r.Revision
		}
		for _, i := range doc.Images {
			if i.Root == r.ID && i.Digest != "" {
				x.Digest["imageManifest"] = bare(i.Digest)
			}
			if i.Root == r.ID && i.ID != "" {
				x.Digest["imageConfig"] = bare(i.ID)
			}
		}
		s.Subject = append(s.Subject, x)
	}
	slices.SortFunc(s.Subject, func(a, b Subject) int { return strings.Compare(a.Name, b.Name) })
	for _, x := range doc.ToE.Components {
		c.Components = append(c.Components, Component{x.Name, x.Kind, x.Origin, x.Match})
	}
	by := map[Ref][]string{}
	for _, r := range applied {
		c.Decisions = append(c.Decisions, r.Digest)
		k := Ref{r.Decision.Requirement, r.Decision.Component}
		by[k] = append(by[k], r.Digest)
	}
	slices.Sort(c.Decisions)
	c.Decisions = slices.Compact(c.Decisions)
	for _, r := range doc.Requirements {
		for _, x := range r.Cells {
			out := Cell{Requirement: r.ID, Component: x.Component, Status: x.Status, View: hexOf(x.View), Rules: []Rule{}, Decisions: slices.Sorted(slices.Values(by[Ref{r.ID, x.Component}]))}
			for _, y := range x.Rules {
				out.Rules = append(out.Rules, Rule{y.ID, y.Status, hexOf(y.View)})
			}
			if out.Decisions == nil {
				out.Decisions = []string{}
			}
			c.Cells = append(c.Cells, out)
		}
	}
	slices.SortFunc(c.Cells, func(a, b Cell) int {
		if before(a, b) {
			return -1
		}
		return 1
	})
	return s, nil
}

// position returns where a requirement stands in the text.
func position(requirement string) int { return positions()[requirement] }

var positions = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for i, r := range scheme.All() {
		m[r.ID] = i
	}
	return m
})

// IndexFormat names the form of the list of artefacts.
const IndexFormat = "assay.artefacts/1"

// An Index lists the artefacts whose content a bundle holds, so that it can be judged again from them. Content lies under the SHA-256 of the bytes; a unit's own digest
// is that of the store (artefact.Hash).
type Index struct {
	Format    string              `json:"format"`
	Artefacts []artefact.Artefact `json:"artefacts"`
}

// contents returns the list of artefacts, and the content of every unit that has any.
func contents(as []artefact.Artefact, store artefact.Store) (parts []part, index []byte, err error) {
	index, err = seal.Encode(Index{IndexFormat, as})
	if err != nil {
		return nil, nil, err
	}
	seen := map[artefact.Digest]bool{}
	take := func(unit string, d artefact.Digest) error {
		if seen[d] {
			return nil
		}
		seen[d] = true
		data, err := store.Get(d)
		if err != nil {
			return fail(3, "content", "the content of %s can no longer be had, so the bundle cannot hold it: %v", unit, err)
		}
		parts = append(parts, part{name: "artefacts/" + seal.Digest([]byte(data)), data: func() ([]byte, error) {
			again, err := store.Get(d) // not all of it is in memory at once
			return []byte(again), err
		}})
		return nil
	}
	for _, a := range as {
		for _, u := range a.Units {
			if u.Fault != "" {
				continue
			}
			if err := take(u.Path, u.File()); err != nil {
				return nil, nil, err
			}
			for _, p := range u.Parts {
				if err := take(u.Path+" "+p.Path, p.Digest); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return parts, index, nil
}
