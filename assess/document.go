package assess

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"assay/artefact"
	"assay/derive"
	"assay/fact"
	"assay/model"
	"assay/rules"
	"assay/scheme"
)

// Format names the document's form; its schema is published with the reports.
const Format = "assay.assessment/1"

// A Document is an assessment as it leaves the program: every report, and every later question about it, is answered from
// this alone. Equal input and time give equal bytes.
type Document struct {
	Format          string                     `json:"format"`
	Assay           Build                      `json:"assay"`
	At              string                     `json:"at"` // RFC 3339
	Scheme          SchemeUsed                 `json:"scheme"`
	ToE             ToE                        `json:"toe"`
	Artefacts       []ArtefactUsed             `json:"artefacts"`
	Requirements    []RequirementResult        `json:"requirements"`
	Questions       []QuestionAsked            `json:"questions"`
	Focuses         map[string][]FocusPart     `json:"focuses"` // what questions and violations are about, by its digest: many are about the same
	Decisions       []DecisionSeen             `json:"decisions"`
	Libraries       []LibraryUsed              `json:"libraries"`
	Vulnerabilities []VulnerabilityFound       `json:"vulnerabilities"`
	Functions       []Functionality            `json:"functionalities"`
	Images          []ImageSeen                `json:"images"`
	Differences     []Differences              `json:"differences"`
	Model           *model.Graph               `json:"model"`
	Facts           map[string]json.RawMessage `json:"facts"`
	Summary         map[string]int             `json:"summary"` // requirements by status
	Indicators      []Indicator                `json:"indicators"`
	Coverage        []CoverageLine             `json:"coverage"`
}

// Build says which program judged.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Build   string `json:"build"` // digest of the executable
}

// SchemeUsed says by what was judged.
type SchemeUsed struct {
	ID         string            `json:"id"`
	Digest     string            `json:"digest"`
	Rulings    string            `json:"rulings"`
	Parameters map[string]string `json:"parameters"`
}

// ToE is what was judged.
type ToE struct {
	Name       string          `json:"name"`
	Digest     artefact.Digest `json:"digest"`
	Roots      []Root          `json:"roots"`
	Components []ComponentSeen `json:"components"`
	Unmapped   []Unmapped      `json:"unmapped"`
}

// A Root is one tree of the ToE.
type Root struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Revision string `json:"revision,omitempty"`
	LeftOut  []Left `json:"left_out,omitempty"`
}

// Left counts files of a root that were not taken.
type Left struct {
	Why   string `json:"why"`
	Files int    `json:"files"`
}

// ComponentSeen is a component and what it was found by.
type ComponentSeen struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind"`
	Origin    string   `json:"origin"`
	Units     int      `json:"units"`
	Languages []string `json:"languages"`
	Images    []string `json:"images"`
	Match     string   `json:"match"` // how image and source were joined
	Dirs      []string `json:"dirs"`
}

// Unmapped is a directory with files that could carry evidence and that no component claims.
type Unmapped struct {
	Dir   string `json:"dir"`
	Units int    `json:"units"`
}

// ArtefactUsed is an artefact by digest.
type ArtefactUsed struct {
	Digest   artefact.Digest `json:"digest"`
	Kind     string          `json:"kind"`
	Root     string          `json:"root"`
	Obtained string          `json:"obtained"`
}

// RequirementResult is one requirement with its cells.
type RequirementResult struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Family   string         `json:"family"`
	Scope    string         `json:"scope"`
	Status   rules.Status   `json:"status"`
	Evidence []EvidenceItem `json:"evidence"`
	Cells    []CellResult   `json:"cells"`
}

// EvidenceItem is an entry of the requirement's Evidence row, and whether this run had it.
type EvidenceItem struct {
	Kind     string `json:"kind"`
	Supplied bool   `json:"supplied"`
}

// CellResult is one requirement for one component, or for the whole ("").
type CellResult struct {
	Component string          `json:"component"`
	Status    rules.Status    `json:"status"`
	View      artefact.Digest `json:"view"`
	Rules     []RuleResult    `json:"rules"`
}

// RuleResult is one assertion of a cell.
type RuleResult struct {
	ID        string          `json:"id"`
	Status    rules.Status    `json:"status"`
	Grade     fact.Grade      `json:"grade"`
	View      artefact.Digest `json:"view"`
	Rulings   []string        `json:"rulings,omitempty"`
	Findings  []FindingSeen   `json:"findings"`
	Gaps      []GapSeen       `json:"gaps,omitempty"`
	Questions []string        `json:"questions,omitempty"`
}

// FindingSeen is a finding. Its id excludes its places.
type FindingSeen struct {
	ID        artefact.Digest `json:"id"`
	Subject   string          `json:"subject"`
	Status    rules.Status    `json:"status"`
	Grade     fact.Grade      `json:"grade"`
	Text      string          `json:"text"`
	Overruled bool            `json:"overruled,omitempty"`
	Found     string          `json:"found,omitempty"`   // the machine's status, where a person decided
	Decided   string          `json:"decided,omitempty"` // what, and who
	About     string          `json:"about,omitempty"`   // of a violation: the focus of a refutation of it
	Facts     []fact.Ref      `json:"facts,omitempty"`
	Places    []PlaceSeen     `json:"places,omitempty"`
	MorePlace int             `json:"more_places,omitempty"` // places beyond those listed
}

// PlaceSeen is where to look.
type PlaceSeen struct {
	Root   string `json:"root"`
	Path   string `json:"path"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Symbol string `json:"symbol,omitempty"`
}

// GapSeen is a gap, for people.
type GapSeen struct {
	ID        artefact.Digest `json:"id"`
	Predicate string          `json:"predicate"`
	Unit      string          `json:"unit"`
	Kind      string          `json:"kind"`
	Text      string          `json:"text"`
	Line      int             `json:"line,omitempty"`
}

// QuestionAsked is a question with what its answers lead to.
type QuestionAsked struct {
	ID          string          `json:"id"`
	Requirement string          `json:"requirement"`
	Rule        string          `json:"rule"`
	Component   string          `json:"component"`
	Subject     string          `json:"subject"`
	Text        string          `json:"text"`
	Evidence    string          `json:"evidence,omitempty"`
	Key         artefact.Digest `json:"key"`               // the whole of which id is the beginning
	About       artefact.Digest `json:"about"`             // digest of the focus
	Unbound     []string        `json:"unbound,omitempty"` // what it is about and nobody could read: no answer holds while there is any
	Answers     []AnswerOffered `json:"answers"`
	Status      string          `json:"status"`
}

// AnswerOffered is one answer and its consequence.
type AnswerOffered struct {
	Answer  string       `json:"answer"`
	LeadsTo rules.Status `json:"leads_to"`
}

// LibraryUsed is a row of the inventory of third-party libraries.
type LibraryUsed struct {
	Component string   `json:"component"`
	Ecosystem string   `json:"ecosystem"`
	Name      string   `json:"name"`
	Version   string   `json:"version"` // "" while unknown
	Use       string   `json:"use"`
	Direct    bool     `json:"direct"`
	Origin    string   `json:"origin,omitempty"`
	License   string   `json:"license,omitempty"`
	Requires  []string `json:"requires,omitempty"` // what it brings along, as its lock or closure says: names, or name@version
	Needed    []Need   `json:"needed"`
	Idle      string   `json:"idle,omitempty"` // what was looked at, if it would have been seen and was not
}

// VulnerabilityFound is a known vulnerability of a library in a component. Due is the day by which it is to be mended, State what was
// judged of it: violated, unknown, or satisfied while it is in time.
type VulnerabilityFound struct {
	Component string   `json:"component"`
	Ecosystem string   `json:"ecosystem"`
	Library   string   `json:"library"`
	Version   string   `json:"version"`
	Use       string   `json:"use"`
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases,omitempty"`
	Summary   string   `json:"summary,omitempty"`
	Severity  string   `json:"severity,omitempty"`
	Score     string   `json:"score,omitempty"`
	Exploited string   `json:"exploited,omitempty"`
	Published string   `json:"published,omitempty"`
	Due       string   `json:"due,omitempty"`
	Fixed     []string `json:"fixed,omitempty"`
	State     string   `json:"state"`
	Text      string   `json:"text,omitempty"`
}

// A Need is how a library is known to be needed.
type Need struct {
	How    string `json:"how"`
	Detail string `json:"detail,omitempty"`
	Places int    `json:"places"`
}

// A Functionality is a part of a component's source and the libraries that it uses: the scheme's "model of functionalities
// and mapped used libraries".
type Functionality struct {
	Component string   `json:"component"`
	Part      string   `json:"part"` // directory of source, with its root
	Libraries []string `json:"libraries"`
}

// Indicator is a number of the scheme's.
type Indicator struct {
	ID        string `json:"id"`
	Component string `json:"component"`
	Value     string `json:"value"`
}

// CoverageLine is the account of one collector, or of a language that none reads.
type CoverageLine struct {
	Collector string `json:"collector"`
	Language  string `json:"language,omitempty"`
	Owed      int    `json:"owed"`
	Paid      int    `json:"paid"`
}

// Meta is what a document says beside the assessment.
type Meta struct {
	Name   string
	At     string
	Build  Build
	Params map[string]string
}

// maxPlaces bounds the places listed for one finding; the rest is counted.
const maxPlaces = 20

// Document renders a as a document.
func (e *Engine) Document(a *Assessment, meta Meta) *Document {
	d := &Document{Format: Format, Assay: meta.Build, At: meta.At, Decisions: a.Decisions, Focuses: map[string][]FocusPart{}, Facts: map[string]json.RawMessage{},
		Summary:   map[string]int{"satisfied": 0, "violated": 0, "unknown": 0, "not_applicable": 0},
		Questions: []QuestionAsked{}, Libraries: []LibraryUsed{}, Vulnerabilities: []VulnerabilityFound{}, Functions: []Functionality{}, Images: []ImageSeen{}, Differences: []Differences{}, Indicators: []Indicator{}}
	if d.Decisions == nil {
		d.Decisions = []DecisionSeen{}
	}
	sd, rd := scheme.Digest(), scheme.RulingsDigest()
	d.Scheme = SchemeUsed{ID: scheme.ID, Digest: artefact.Digest(sd).String(), Rulings: artefact.Digest(rd).String(), Parameters: map[string]string{}}
	for _, p := range scheme.Parameters() {
		d.Scheme.Parameters[p.Name] = e.Param(p.Name)
	}
	d.toe(a, meta.Name)
	d.libraries(a)
	d.requirements(e, a)
	d.vulnerabilities(a)
	d.images(a, meta.At)
	d.differences(a)
	var names []string
	for _, c := range a.Components {
		names = append(names, c.Name)
	}
	d.Model = model.Of(a.Base, names)
	d.indicators(a)
	for _, c := range a.Coverage {
		d.Coverage = append(d.Coverage, CoverageLine(c))
	}
	return d
}

func (d *Document) toe(a *Assessment, name string) {
	d.ToE.Name = name
	parts := []string{"toe"}
	for _, x := range a.Artefacts {
		id := x.Identity()
		d.Artefacts = append(d.Artefacts, ArtefactUsed{Digest: id, Kind: x.Kind, Root: x.Root, Obtained: x.Obtained.UTC().Format("2006-01-02T15:04:05Z")})
		if x.Kind == "advisories" || x.Kind == "evidence" || slices.ContainsFunc(d.ToE.Roots, func(r Root) bool { return r.ID == x.Root }) {
			continue // what was resolved or brought beside a root is evidence, not the ToE itself
		}
		parts = append(parts, string(id[:]))
		r := Root{ID: x.Root, Kind: x.Kind, Revision: x.Revision}
		for _, l := range x.LeftOut {
			r.LeftOut = append(r.LeftOut, Left(l))
		}
		d.ToE.Roots = append(d.ToE.Roots, r)
	}
	d.ToE.Digest = artefact.Hash(parts...)
	count, languages := map[string]int{}, map[string]map[string]bool{}
	loose := map[string]int{}
	for _, u := range a.Units {
		if u.Family == artefact.Advisory || u.Family == artefact.Brought {
			continue // known of the libraries or of the whole, and no part of the ToE
		}
		for _, c := range a.Plan.Of(u.Path) {
			count[c]++
			if u.Family == artefact.Source && u.Language != "" && a.Plan.Class(u.Path, u.Class) <= artefact.Build {
				if languages[c] == nil {
					languages[c] = map[string]bool{}
				}
				languages[c][u.Language] = true
			}
			if c == derive.Unmapped && u.Class <= artefact.Build && owes(u.Family) {
				dir := path.Dir(u.Path)
				if segments := strings.SplitN(dir, "/", 4); len(segments) > 3 {
					dir = strings.Join(segments[:3], "/")
				}
				loose[dir]++
			}
		}
	}
	d.ToE.Components, d.ToE.Unmapped = []ComponentSeen{}, []Unmapped{}
	for _, c := range a.Components {
		s := ComponentSeen{Name: c.Name, Kind: c.Kind, Origin: c.Origin, Units: count[c.Name], Languages: slices.Sorted(maps.Keys(languages[c.Name])), Images: []string{}, Dirs: []string{}}
		for _, m := range a.Matched {
			if m.Component != c.Name {
				continue
			}
			s.Images = append(s.Images, strings.Fields(m.Image)...)
			if m.Dir != "" && path.Base(m.Dir) != "image.json" {
				s.Dirs = append(s.Dirs, m.Dir)
			}
			if m.How != "shared library" && m.How != "none" {
				s.Match = m.How
			}
		}
		slices.Sort(s.Images)
		s.Images = slices.Compact(s.Images)
		if s.Languages == nil {
			s.Languages = []string{}
		}
		d.ToE.Components = append(d.ToE.Components, s)
	}
	for _, dir := range slices.Sorted(maps.Keys(loose)) {
		d.ToE.Unmapped = append(d.ToE.Unmapped, Unmapped{dir, loose[dir]})
	}
}

// libraries lists the inventory, with how each is known to be needed.
func (d *Document) libraries(a *Assessment) {
	for _, c := range a.Components {
		needs, idle := map[string][]Need{}, map[string]string{}
		parts := map[string]map[string]bool{}
		for _, r := range a.Base.Rows(c.Name, fact.Usage{}) {
			u := r.Fact.(fact.Usage)
			places := a.Base.Places([]string{c.Name}, r.Ref())
			needs[u.Ecosystem+" "+u.Name] = append(needs[u.Ecosystem+" "+u.Name], Need{u.How, u.Detail, len(places)})
			for _, p := range places {
				if u.How != "import" && u.How != "annotation processor" && u.How != "types" || strings.Contains(p.Unit, "/"+"package.json") {
					continue
				}
				dir := path.Dir(p.File())
				if parts[dir] == nil {
					parts[dir] = map[string]bool{}
				}
				parts[dir][u.Ecosystem+" "+u.Name] = true
			}
		}
		brings := map[string][]string{}
		for _, r := range a.Base.Rows(c.Name, fact.Locked{}) {
			l := r.Fact.(fact.Locked)
			k := l.Ecosystem + " " + l.Name + " " + l.Version
			brings[k] = append(brings[k], l.Requires...)
		}
		for k := range brings {
			slices.Sort(brings[k])
			brings[k] = slices.Compact(brings[k])
		}
		for _, r := range a.Base.Rows(c.Name, fact.Idle{}) {
			i := r.Fact.(fact.Idle)
			idle[i.Ecosystem+" "+i.Name] = i.Looked
		}
		seen := map[fact.Ref]bool{}
		for _, r := range a.Base.Rows(c.Name, fact.Library{}) {
			if seen[r.Ref()] {
				continue
			}
			seen[r.Ref()] = true
			l := r.Fact.(fact.Library)
			k := l.Ecosystem + " " + l.Name
			row := LibraryUsed{c.Name, l.Ecosystem, l.Name, l.Version, l.Use, l.Direct, l.Origin, l.License, brings[k+" "+l.Version], needs[k], idle[k]}
			slices.SortFunc(row.Needed, func(a, b Need) int { return strings.Compare(a.How+a.Detail, b.How+b.Detail) })
			row.Needed = slices.Compact(row.Needed)
			if row.Needed == nil {
				row.Needed = []Need{}
			}
			d.Libraries = append(d.Libraries, row)
		}
		for _, dir := range slices.Sorted(maps.Keys(parts)) {
			if libs := slices.Sorted(maps.Keys(parts[dir])); len(libs) > 0 {
				d.Functions = append(d.Functions, Functionality{c.Name, dir, libs})
			}
		}
	}
	slices.SortFunc(d.Libraries, func(a, b LibraryUsed) int {
		return cmp.Or(strings.Compare(a.Component, b.Component), strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Use, b.Use))
	})
}

// vulnerabilities lists what is known of the libraries, with what was judged of each. What is not delivered is listed and not judged.
func (d *Document) vulnerabilities(a *Assessment) {
	type verdict struct {
		status rules.Status
		text   string
	}
	judged := map[string]map[fact.Ref]verdict{}
	for _, c := range a.Cells {
		if c.Rule != "QUAL.3/vulnerabilities-handled" {
			continue
		}
		judged[c.Component] = map[fact.Ref]verdict{}
		for _, f := range c.Result.Findings {
			if strings.HasPrefix(f.Subject, "vulnerability data") {
				continue
			}
			for _, ref := range f.Facts {
				judged[c.Component][ref] = verdict{f.Status, f.Text}
			}
		}
	}
	for _, c := range a.Components {
		told := map[fact.Ref]bool{} // the same may be so of two images
		for _, r := range a.Base.Rows(c.Name, fact.Vulnerable{}) {
			if told[r.Ref()] {
				continue
			}
			told[r.Ref()] = true
			v := r.Fact.(fact.Vulnerable)
			x := VulnerabilityFound{Component: c.Name, Ecosystem: v.Ecosystem, Library: v.Name, Version: v.Version, Use: v.Use, ID: v.ID, Aliases: v.Aliases, Summary: v.Summary,
				Severity: v.Severity, Score: v.Score, Exploited: v.Exploited, Published: v.Published, Fixed: v.Fixed, State: "not_judged"}
			if j, ok := judged[c.Name][r.Ref()]; ok {
				x.State, x.Text = j.status.String(), j.text
			}
			d.Vulnerabilities = append(d.Vulnerabilities, x)
		}
	}
	slices.SortFunc(d.Vulnerabilities, func(a, b VulnerabilityFound) int {
		return cmp.Or(strings.Compare(a.Component, b.Component), strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Library, b.Library), strings.Compare(a.Version, b.Version), strings.Compare(a.ID, b.ID), strings.Compare(a.Use, b.Use))
	})
}

// indicators are the scheme's numbers, for each component and for the whole (""): third-party libraries that are delivered (ARCH.1),
// those of them with known vulnerabilities and the highest score of these (QUAL.3), automated tests (ENVI.1). A number of
// vulnerable libraries is there only where something was looked up.
func (d *Document) indicators(a *Assessment) {
	const libraries, vulnerable, score, tests = "third-party libraries in production", "vulnerable libraries", "highest CVE score", "automated tests"
	all := map[string]map[string]bool{libraries: {}, vulnerable: {}}
	top, whole, looked := "", 0, false
	for _, c := range a.Components {
		if c.Name == derive.Unmapped {
			continue
		}
		libs, bad, worst := map[string]bool{}, map[string]bool{}, ""
		for _, l := range d.Libraries {
			if l.Component == c.Name && l.Use == "production" {
				libs[l.Ecosystem+" "+l.Name+" "+l.Version] = true
			}
		}
		for _, v := range d.Vulnerabilities {
			if v.Component != c.Name || v.State == "not_judged" {
				continue
			}
			bad[v.Ecosystem+" "+v.Library+" "+v.Version] = true
			worst = higher(worst, v.Score)
		}
		add := func(id, value string) { d.Indicators = append(d.Indicators, Indicator{id, c.Name, value}) }
		add(libraries, strconv.Itoa(len(libs)))
		if len(a.Base.Rows(c.Name, fact.Checked{})) > 0 {
			looked = true
			add(vulnerable, strconv.Itoa(len(bad)))
		}
		if worst != "" {
			add(score, worst)
		}
		n := 0
		for _, r := range a.Base.Rows(c.Name, fact.TestSuite{}) {
			n += r.Fact.(fact.TestSuite).Tests
		}
		if c.Origin == "own" {
			add(tests, strconv.Itoa(n))
		}
		maps.Copy(all[libraries], libs)
		maps.Copy(all[vulnerable], bad)
		top = higher(top, worst)
	}
	once := map[fact.Ref]bool{} // a test of a shared library is one, though several components have it
	for _, c := range a.Components {
		for _, r := range a.Base.Rows(c.Name, fact.TestCase{}) {
			if !once[r.Ref()] && r.Fact.(fact.TestCase).Steers == "" {
				once[r.Ref()] = true
				whole++
			}
		}
	}
	d.Indicators = append(d.Indicators, Indicator{libraries, "", strconv.Itoa(len(all[libraries]))}, Indicator{tests, "", strconv.Itoa(whole)})
	if looked {
		d.Indicators = append(d.Indicators, Indicator{vulnerable, "", strconv.Itoa(len(all[vulnerable]))})
	}
	if top != "" {
		d.Indicators = append(d.Indicators, Indicator{score, "", top})
	}
}

// higher returns the higher of two scores of one decimal place, of which either may be missing.
func higher(a, b string) string {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA != nil || errB == nil && y > x {
		return b
	}
	return a
}

func (d *Document) requirements(e *Engine, a *Assessment) {
	cells := map[string][]Cell{}
	for _, c := range a.Cells {
		req := requirement(c.Rule)
		cells[req] = append(cells[req], c)
	}
	byID := map[string]*rules.Rule{}
	for _, r := range e.Rules {
		byID[r.ID] = r
	}
	finder := &bench{base: a.Base}
	for _, req := range scheme.All() {
		if len(cells[req.ID]) == 0 {
			continue
		}
		r := RequirementResult{ID: req.ID, Title: req.Title, Family: req.Family, Evidence: d.supplied(a, req)}
		for _, s := range req.Scopes {
			r.Scope = strings.Trim(r.Scope+", "+string(s), ", ")
		}
		var names []string
		for _, c := range cells[req.ID] {
			names = append(names, c.Component)
		}
		slices.Sort(names)
		var all []rules.Status
		for _, name := range slices.Compact(names) {
			out := CellResult{Component: name}
			var ss []rules.Status
			views := []string{"cell"}
			for _, c := range cells[req.ID] {
				if c.Component != name {
					continue
				}
				rr := d.rule(a, c, finder)
				rr.Rulings = byID[c.Rule].Rulings
				out.Rules = append(out.Rules, rr)
				ss = append(ss, rr.Status)
				views = append(views, c.Rule, string(c.View[:]))
			}
			out.Status, out.View = rules.Fold(ss...), artefact.Hash(views...)
			all = append(all, out.Status)
			r.Cells = append(r.Cells, out)
		}
		r.Status = rules.Fold(all...)
		d.Summary[r.Status.String()]++
		d.Requirements = append(d.Requirements, r)
	}
}

// supplied says which entries of the Evidence row this run had. An entry counts as had only if some unit or fact of its kind
// is there, or if somebody brought such evidence for that requirement; what nothing serves yet is not.
func (d *Document) supplied(a *Assessment, req scheme.Requirement) (out []EvidenceItem) {
	has, lies := map[artefact.Family]bool{}, map[string]bool{}
	for _, u := range a.Units {
		has[u.Family] = has[u.Family] || u.Fault == "" && u.Class <= artefact.Build
		lies[u.Path] = u.Fault == ""
	}
	had := map[string]bool{
		"source code":   has[artefact.Source],
		"configuration": has[artefact.Config] || has[artefact.Deployment] || has[artefact.Recipe] || has[artefact.Pipeline],
		"library list":  len(d.Libraries) > 0,
		"justification": slices.ContainsFunc(d.Libraries, func(l LibraryUsed) bool { return len(l.Needed) > 0 }),
	}
	brought := map[string]bool{}
	for _, c := range a.Plan.Components {
		for _, r := range a.Base.Rows(c, fact.Brought{}) {
			b := r.Fact.(fact.Brought)
			there := b.Digest != "" || lies[path.Join(path.Dir(r.Place.Unit), b.Name)] // of a declaration, the file that it names
			brought[b.Kind] = brought[b.Kind] || there && (b.Requirement == "" || b.Requirement == req.ID)
		}
	}
	for _, it := range req.EvidenceItems {
		ok := it.Served() && slices.ContainsFunc(it.Kinds, func(k string) bool { return had[k] }) || slices.ContainsFunc(it.Kinds, func(k string) bool { return brought[k] })
		out = append(out, EvidenceItem{it.Text, ok})
	}
	if out == nil {
		out = []EvidenceItem{}
	}
	return out
}

func (d *Document) rule(a *Assessment, c Cell, finder *bench) RuleResult {
	span := []string{c.Component}
	if c.Component == "" {
		span = a.Plan.Components
	}
	rr := RuleResult{ID: c.Rule, Status: c.Result.Status, View: c.View, Grade: fact.Challenged, Findings: []FindingSeen{}}
	for _, f := range c.Result.Findings {
		s := FindingSeen{ID: FindingID(c.Rule, c.Component, f), Subject: f.Subject, Status: f.Status, Grade: f.Grade, Text: f.Said(), Overruled: f.Overruled, Facts: f.Cites()}
		if f.Decided != "" {
			s.Found, s.Decided = f.Found.String(), f.Decided
		}
		if f.Machine() == rules.Violated && !f.Overruled {
			about := finder.findingFocus(span, f)
			s.About = d.focus(aboutOf(about), about)
		}
		for _, ref := range s.Facts {
			for _, p := range c.Where[ref] {
				s.Places = append(s.Places, placeSeen(p))
			}
			d.cite(a, span, ref, 0)
		}
		slices.SortFunc(s.Places, func(a, b PlaceSeen) int {
			return cmp.Or(strings.Compare(a.Root, b.Root), strings.Compare(a.Path, b.Path), a.Line-b.Line, a.Column-b.Column)
		})
		s.Places = slices.Compact(s.Places)
		if n := len(s.Places) - maxPlaces; n > 0 {
			s.Places, s.MorePlace = s.Places[:maxPlaces], n
		}
		if f.Status == c.Result.Status && !f.Overruled {
			rr.Grade = min(rr.Grade, f.Grade)
		}
		rr.Findings = append(rr.Findings, s)
	}
	if len(rr.Findings) == 0 {
		rr.Grade = fact.Declared
	}
	for _, w := range c.Why {
		rr.Gaps = append(rr.Gaps, GapSeen{w.Gap.Ref(), w.Predicate, w.Unit, w.Kind, w.Text, w.Line})
	}
	for _, q := range c.Questions {
		id := "q:" + strings.TrimPrefix(q.ID.String(), "sha256:")[:16]
		rr.Questions = append(rr.Questions, id)
		asked := QuestionAsked{ID: id, Requirement: requirement(c.Rule), Rule: c.Rule, Component: c.Component, Subject: q.Subject, Text: q.Text, Evidence: q.Evidence, Key: q.ID, About: q.About, Unbound: q.Unbound, Status: q.State, Answers: []AnswerOffered{}}
		d.focus(q.About, q.Focus)
		for _, an := range q.Answers {
			asked.Answers = append(asked.Answers, AnswerOffered{an.Text, an.LeadsTo})
		}
		d.Questions = append(d.Questions, asked)
	}
	return rr
}

// focus keeps the parts of a focus, whose digest is about, and returns that.
func (d *Document) focus(about artefact.Digest, parts []FocusPart) string {
	key := about.String()
	if d.Focuses[key] == nil {
		d.Focuses[key] = append([]FocusPart{}, parts...)
	}
	return key
}

func placeSeen(p fact.Place) PlaceSeen {
	root, rest, _ := strings.Cut(p.File(), "/")
	return PlaceSeen{Root: root, Path: rest, Line: p.Line, Column: p.Column}
}

// cited is a fact as the document holds it.
type cited struct {
	Predicate string      `json:"predicate"`
	Fact      fact.Fact   `json:"fact"`
	Grade     fact.Grade  `json:"grade"`
	Class     string      `json:"class"`
	Collector string      `json:"collector"`
	Places    []PlaceSeen `json:"places,omitempty"`
	From      []fact.Ref  `json:"from,omitempty"`
}

// maxFrom bounds how many of a derived fact's origins a document lists, and maxDepth how far it follows them.
const (
	maxFrom  = 12
	maxDepth = 4
)

// cite puts the fact ref, and what it was derived from, into the document.
func (d *Document) cite(a *Assessment, span []string, ref fact.Ref, depth int) {
	key := ref.String()
	if _, ok := d.Facts[key]; ok || depth > maxDepth {
		return
	}
	row, ok := a.Base.Find(span, ref)
	if !ok {
		return
	}
	c := cited{Predicate: fact.Name(row.Fact), Fact: row.Fact, Grade: row.Grade, Class: row.Class.String(), Collector: row.Collector, From: row.From}
	if len(row.From) == 0 {
		for _, p := range a.Base.Places(span, ref) {
			c.Places = append(c.Places, placeSeen(p))
		}
		c.Places = c.Places[:min(len(c.Places), maxPlaces)]
	}
	c.From = c.From[:min(len(c.From), maxFrom)]
	data, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("assess: a fact cannot be encoded: %v", err))
	}
	d.Facts[key] = data
	for _, from := range c.From {
		d.cite(a, span, from, depth+1)
	}
}
