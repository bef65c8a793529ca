package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect/worker"
	"assay/derive"
	"assay/fact"
	"assay/report"
	"assay/rules"
	"assay/scheme"
	"assay/toe"
)

// A job is what it takes to assess: where, and how.
type job struct {
	dir      string
	roots    []string // ID=DIR or DIR
	revision string
	config   string // path of assay.yaml; "" is the one in dir, if there is one
	at       string
	cache    string // directory of the memo store; "" is the user's, "none" is none
	jobs     int
	online   bool                  // the network may be asked
	mirrors  []string              // Maven repositories to ask
	sboms    []string              // [DIR=]FILE
	packed   []string              // [DIR=]FILE
	gradle   string                // Gradle's module cache, as maven
	maven    string                // local Maven repository; "" is the user's, "none" is none
	modules  string                // Go module cache, likewise
	images   []string              // [NAME=]PATH
	database string                // directory of the vulnerability data, likewise
	policy   string                // the signed policy by which people are known
	records  *acquire.RecordsFound // decisions and evidence that lie with the first root
	timeout  time.Duration         // of one collector on one file
	verify   bool
	timings  bool

	write func(*assess.Document) error // what is done with the document, which takes time too; nil is nothing
	keep  func(*judged) error          // is given all that the document was made of, while it can be read; nil is nothing. A run remembered whole has none of that

	readings *acquire.Readings
	said     struct {
		name string
		data []byte
	} // assay.yaml
}

func (j *job) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&j.roots, "root", nil, "a further `[ID=]DIR` that belongs to the system; repeatable")
	f.StringVar(&j.revision, "rev", "", "assess this `REVISION` of the git repository in DIR, not the files that lie there")
	f.StringVar(&j.config, "config", "", "read this `FILE` in place of DIR/assay.yaml")
	f.StringVar(&j.at, "at", "", "the `TIME` of the assessment (RFC 3339), for results that can be repeated; now by default")
	f.StringVar(&j.cache, "cache", "", "keep what was computed in this `DIR`; \"none\" keeps nothing")
	f.StringVar(&j.maven, "maven-repository", "", "resolve what Maven modules bring along from the local repository in this `DIR`; \"none\" resolves nothing")
	f.StringVar(&j.modules, "go-module-cache", "", "resolve the module graphs of Go modules from the module cache in this `DIR`; \"none\" resolves nothing")
	f.StringArrayVar(&j.images, "image", nil, "a container image of the system: an OCI layout, an archive of one or, with --online, a name in a registry, as `[NAME=]PATH`; repeatable. Those that lie in DIR are found")
	f.StringVar(&j.database, "database", "", "look libraries up in the vulnerability database in this `DIR`, which assay db fills; \"none\" looks up nothing")
	f.StringVar(&j.policy, "policy", "", "judge by the signed policy in this `FILE`: whose decisions count, and which parameters hold")
	f.BoolVar(&j.online, "online", false, "ask other machines for what this one lacks: a repository in place of DIR, images, POMs")
	f.StringArrayVar(&j.mirrors, "maven-mirror", nil, "with --online, ask the Maven repository at this `URL`; repeatable")
	f.StringArrayVar(&j.sboms, "sbom", nil, "take this bill of materials, `[DIR=]FILE`, for the list of what the module in DIR brings along; repeatable")
	f.StringArrayVar(&j.packed, "jar", nil, "take this jar, war or distribution, `[DIR=]FILE`, that a build packed with its libraries in it, for the list of what the module in DIR brings along; repeatable")
	f.StringVar(&j.gradle, "gradle-cache", "", "take POMs from the module cache of Gradle in this `DIR`, too; \"none\" takes none")
	f.IntVar(&j.jobs, "jobs", runtime.NumCPU(), "how many files are read at once")
	f.DurationVar(&j.timeout, "timeout", 60*time.Second, "how long one collector may take for one file")
	f.BoolVar(&j.verify, "verify-cache", false, "compute again all that is remembered, and compare")
	f.BoolVar(&j.timings, "timings", false, "print how long each stage took, and what was computed")
}

func assessCommand() *cobra.Command {
	var j job
	var g gate
	var outputs []string
	c := &cobra.Command{
		Use:   "assess [DIR]",
		Short: "Find the components of a system and decide the 34 requirements for them",
		Long: `assess reads the files of a system in DIR (here by default), finds its components, and decides each requirement for each
component and for the whole. DIR may also be an archive of the system or, with --online, the URL of a git repository. Nothing of the
system is executed, and the network is not used unless --online says so.

Exit codes: 0 every applicable requirement is satisfied; 1 something is violated; 3 nothing is violated but something is
unknown; 2 usage or a bad assay.yaml; 4 nothing could be assessed.

With --baseline FILE the report is followed by what is new, fixed and incomparable against that document (see assay diff), on
standard error where a report goes to standard output. --fail-on violated, the default, and --fail-on unknown leave the exit codes as
above: 1 for what is violated, 3 for what is only unknown. --fail-on new, which needs --baseline, judges the change alone: 1 something
is violated that was not; 3 nothing is, but something is incomparable, or a cell is unknown that was not; 0 neither.`,
		Example: "  assay assess lab/shop\n  assay assess --root config=../shop-config -o json=shop.json .",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j.dir = "."
			if len(args) == 1 {
				j.dir = args[0]
			}
			outs, toStdout, err := parseOutputs(outputs)
			if err != nil {
				return err
			}
			if err := g.open(); err != nil {
				return err
			}
			j.write = func(doc *assess.Document) error {
				if !toStdout {
					if err := report.Table(cmd.OutOrStdout(), doc, style(cmd.OutOrStdout()).In(j.dir).Asked(j.online)); err != nil {
						return nothing(fmt.Errorf("write the report: %w", err))
					}
				}
				return writeOutputs(outs, doc, cmd.OutOrStdout())
			}
			doc, err := j.run(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			beside := cmd.OutOrStdout()
			if toStdout {
				beside = cmd.ErrOrStderr()
			}
			return g.end(doc, beside)
		},
	}
	j.flags(c)
	g.flags(c)
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write a report as `FORMAT[=PATH]` ("+strings.Join(report.Names(), ", ")+"); repeatable; without PATH to standard output")
	return c
}

// verdict turns a document into an exit code.
func verdict(d *assess.Document) error {
	switch {
	case d.Summary["violated"] > 0:
		return exit{code: exitViolated}
	case d.Summary["unknown"] > 0:
		return exit{code: exitUnknown}
	}
	return nil
}

// An output is a report to write.
type output struct {
	render report.Renderer
	path   string // "" is standard output
}

func parseOutputs(specs []string) (outs []output, stdout bool, err error) {
	return outputsOf(specs, report.Format)
}

// outputsOf is parseOutputs for forms of another kind than reports.
func outputsOf(specs []string, of func(name string) (report.Renderer, error)) (outs []output, stdout bool, err error) {
	for _, s := range specs {
		format, path, _ := strings.Cut(s, "=")
		r, err := of(format)
		if err != nil {
			return nil, false, exit{exitUsage, err}
		}
		if path == "" {
			if stdout {
				return nil, false, usage("two reports cannot both go to standard output: give one a path, as in -o %s=FILE", format)
			}
			stdout = true
		}
		if dir := filepath.Dir(path); path != "" {
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return nil, false, usage("-o %s: there is no directory %s", s, dir)
			}
		}
		outs = append(outs, output{r, path})
	}
	return outs, stdout, nil
}

// writeOutputs writes each report whole or not at all.
func writeOutputs(outs []output, doc *assess.Document, stdout io.Writer) error {
	for _, o := range outs {
		var b bytes.Buffer
		if err := o.render(&b, doc); err != nil {
			return nothing(fmt.Errorf("render the report: %w", err))
		}
		if err := write(o.path, b.Bytes(), stdout); err != nil {
			return err
		}
	}
	return nil
}

// write writes a result whole or not at all: to path, or to standard output if that is "".
func write(path string, data []byte, stdout io.Writer) error {
	if path == "" {
		if _, err := stdout.Write(data); err != nil {
			return nothing(fmt.Errorf("write the report: %w", err))
		}
		return nil
	}
	if err := writeFile(path, data); err != nil {
		return nothing(fmt.Errorf("write %s: %w", path, err))
	}
	return nil
}

func writeFile(path string, data []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a pipe, a device
		return os.WriteFile(path, data, 0o666)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".assay-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// run acquires and assesses.
func (j *job) run(ctx context.Context, stderr io.Writer) (*assess.Document, error) {
	at := time.Now().UTC().Truncate(time.Second)
	if j.at != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, j.at); err != nil {
			return nil, usage("--at %q is not a time like 2026-11-24T12:00:00Z", j.at)
		}
		at = at.UTC()
	}
	if j.jobs < 1 {
		return nil, usage("--jobs must be at least 1")
	}
	p := newProgress(stderr)
	defer p.stop()
	clock := newStopwatch()

	config, err := j.configuration()
	if err != nil {
		return nil, err
	}
	build := thisBuild(j.cache)
	var memo *acquire.Memo
	if dir := j.memoDir(); dir != "" {
		if memo, err = acquire.OpenMemo(dir, p.warn); err != nil {
			p.warn("nothing is remembered for the next run: " + err.Error())
		}
	}
	differs := 0
	var differing sync.Mutex // what is computed at once may differ at once
	differ := func(step, name string) {
		differing.Lock()
		differs++
		differing.Unlock()
		p.warn(fmt.Sprintf("%s of %s was remembered otherwise than it is computed now", step, name))
	}
	j.readings = nil
	if memo != nil && build.Build != "unknown" {
		j.readings = &acquire.Readings{Memo: memo, Salt: build.Build, Verify: j.verify, Differs: func(name string) { differ("content", name) }}
	}
	clock.enter("acquire")
	as, store, err := j.acquire(ctx, config, at, p, clock)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	clock.enter("recall")
	db, err := j.advisories()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var unasked error
	var wanted []acquire.Wanted
	var known artefact.Artefact
	asked := false
	look := func(names []acquire.Wanted) (artefact.Artefact, bool) {
		wanted, asked = names, true
		known, unasked = db.Freeze(ctx, store, names)
		known.Obtained = at
		return known, unasked == nil
	}
	meta := assess.Meta{Name: j.name(config), At: at.Format(time.RFC3339), Build: build}
	bar, err := j.bar(config, meta.Name, j.records, at, p.warn)
	if err != nil {
		return nil, err
	}
	decisions := bar.decisions // whatever is given to the engine or to the document stands in the key, too
	kept := keep(memo, runInput{Meta: meta, Day: at.Format(time.DateOnly), Parameters: bar.params, Decisions: decisions, Config: j.said.name, Said: j.said.data}, as, at)
	doc, warnings, recalled := kept.recall(look)
	was := doc
	e := &assess.Engine{Salt: build.Build, Day: at.Format(time.DateOnly), Collectors: collectors, Strata: derive.Strata, Rules: rules.All(), Params: bar.params,
		Workers: j.jobs, Verify: j.verify, Limit: func() (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, j.timeout) }}
	remembered := func() {}
	if recalled = recalled && !j.verify && j.keep == nil; !recalled {
		if memo != nil {
			e.Memo = memo
		}
		e.Differs = func(step, name, was, is string) { differ(step, name) }
		e.Consult = func(libraries []fact.Library) artefact.Artefact {
			known, _ := look(wantedOf(libraries))
			return known
		}
		e.Progress = func(stage, what string, done, total int) {
			clock.enter(stage)
			p.show(stage, what, done, total)
		}
		wanted, known, unasked, asked = nil, artefact.Artefact{}, nil, false
		pool := worker.New()
		defer pool.Close()
		e.Run = pool.Run
		a := e.Assess(as, store, decisions)
		if err := ctx.Err(); err != nil {
			return nil, err
		} else if unasked != nil {
			return nil, nothing(unasked)
		}
		clock.enter("document")
		warnings = unheard(a)
		doc = e.Document(a, meta)
		warnings = append(warnings, idle(config, doc)...)
		clock.enter("remember")
		if was != nil && !same(was, doc) {
			differ("document", meta.Name)
		}
		if !asked { // there was no library to ask of
			look(nil)
		}
		if e.Lost == 0 && differs == 0 && unasked == nil {
			remembered = meanwhile(func() { kept.remember(wanted, known, doc, warnings) }) // while the reports are written: nobody changes the document any more
			defer remembered()
		}
		if j.keep != nil && differs == 0 {
			p.stop()
			if err := j.keep(&judged{doc: doc, assessment: a, store: store, engine: e, bar: bar, config: config, records: j.records, at: at}); err != nil {
				return nil, err
			}
		}
	}
	for _, text := range warnings {
		p.warn(text)
	}
	p.stop()
	if differs > 0 {
		return nil, nothing(fmt.Errorf("the memo store disagrees with %d results; remove it", differs))
	}
	if j.write != nil {
		clock.enter("write")
		if err := j.write(doc); err != nil {
			return nil, err
		}
	}
	clock.enter("remember")
	remembered()
	if j.timings {
		clock.print(stderr)
		fmt.Fprintf(stderr, "  extracted %d, derived %d, judged %d, remembered %d\n", e.Extracted, e.Derived, e.Judged, e.Reused)
		if r := j.readings; r != nil {
			fmt.Fprintf(stderr, "  files read %d, unchanged %d, modules resolved %d, whole run remembered %t\n", r.Read.Load(), r.Known.Load(), r.Resolved.Load(), recalled)
		}
		if own, workers := peakMemory(); own > 0 {
			fmt.Fprintf(stderr, "  peak memory %d MiB\n", max(own, workers)>>20)
		}
	}
	return doc, nil
}

// meanwhile does what is to be done while the caller goes on, and returns how to wait for its end. A panic is then the caller's.
func meanwhile(do func()) (wait func()) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		do()
	}()
	return sync.OnceFunc(func() {
		if x := <-done; x != nil {
			panic(x)
		}
	})
}

// same says whether two documents are the same to the byte.
func same(a, b *assess.Document) bool {
	x, err1 := encodeDocument(a)
	y, err2 := encodeDocument(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// idle returns what is to be said of justifications in assay.yaml that serve nothing.
func idle(config *toe.File, doc *assess.Document) (out []string) {
	for _, l := range config.Libraries {
		if l.Component != "" && !slices.ContainsFunc(doc.ToE.Components, func(c assess.ComponentSeen) bool { return equalFold(c.Name, l.Component) }) {
			out = append(out, fmt.Sprintf("%s:%d: there is no component %q, so this justification serves nothing", toe.FileName, l.Line, l.Component))
		} else if !slices.ContainsFunc(doc.Libraries, func(x assess.LibraryUsed) bool { return equalFold(x.Name, l.Library) }) {
			out = append(out, fmt.Sprintf("%s:%d: no component has a library %q, so this justification serves nothing", toe.FileName, l.Line, l.Library))
		}
	}
	return out
}

// unheard returns what the ToE's VEX documents say to no effect: what cannot be read of them, and statements about what no component
// has. Neither changes a verdict, so that nobody else would tell.
func unheard(a *assess.Assessment) (out []string) {
	heard, said := map[fact.Ref]bool{}, map[fact.Ref]string{}
	for _, c := range a.Plan.Components {
		for _, g := range a.Base.Gaps(c, fact.Statement{}) {
			out = append(out, fmt.Sprintf("%s: %s", fact.Place{Unit: g.Unit, Line: g.Line}, g.Text))
		}
		for _, r := range a.Base.Rows(c, fact.Answered{}) {
			for _, from := range r.From {
				heard[from] = true
			}
		}
		for _, r := range a.Base.Rows(c, fact.Statement{}) {
			s := r.Fact.(fact.Statement)
			said[r.Ref()] = fmt.Sprintf("%s: what it says of %s in %s concerns no known vulnerability of any component", r.Place, s.Vulnerability, cmp.Or(s.Product, "no product"))
		}
	}
	for ref, text := range said {
		if !heard[ref] {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if n := len(out) - 10; n > 0 {
		out = append(out[:10], fmt.Sprintf("and %d more statements of VEX documents are without effect", n))
	}
	return out
}

// configuration reads assay.yaml, if there is one.
func (j *job) configuration() (*toe.File, error) {
	name := j.config
	if name == "" && acquire.Elsewhere(j.dir) {
		return &toe.File{}, nil // it is read once its files are there
	}
	if name == "" {
		if info, err := os.Stat(j.dir); err == nil && !info.IsDir() {
			return nil, usage("%s is neither a directory nor an archive (zip, tar)", j.dir)
		}
		name = filepath.Join(j.dir, toe.FileName)
	} else if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil, usage("--config %s: there is no such file", name)
	}
	data, err := acquire.ReadFile(filepath.Dir(name), filepath.Base(name), 1<<20)
	if errors.Is(err, fs.ErrNotExist) && j.config == "" {
		return &toe.File{}, nil
	} else if err != nil {
		return nil, usage("read the configuration %s: %v", name, err)
	}
	return j.parse(filepath.Base(name), data)
}

// parse reads assay.yaml, and notes what it was.
func (j *job) parse(name string, data []byte) (*toe.File, error) {
	j.said.name, j.said.data = name, data
	return parseConfiguration(name, data)
}

func parseConfiguration(name string, data []byte) (*toe.File, error) {
	f, err := toe.Parse(name, data)
	if err != nil {
		return nil, err
	}
	for param, value := range f.Parameters {
		if err := scheme.CheckParameter(param, value); err != nil {
			return nil, &toe.Error{File: name, Line: f.Line(param), Text: err.Error()}
		}
	}
	return f, nil
}

// name is what the system is called: what assay.yaml says, or the directory's name.
func (j *job) name(config *toe.File) string {
	if config.Name != "" {
		return config.Name
	}
	if abs, err := filepath.Abs(j.dir); err == nil {
		return filepath.Base(abs)
	}
	return j.dir
}

// acquire freezes every root.
func (j *job) acquire(ctx context.Context, config *toe.File, at time.Time, p *progress, clock *stopwatch) (_ []artefact.Artefact, _ *acquire.Store, failed error) {
	store := acquire.NewStore()
	defer func() {
		if failed != nil {
			store.Close()
		}
	}()
	type root struct{ id, dir string }
	roots := []root{{"main", j.dir}}
	for _, r := range config.Roots {
		roots = append(roots, root{r.ID, filepath.Join(j.dir, filepath.FromSlash(r.Path))})
	}
	for _, r := range j.roots {
		id, dir, ok := strings.Cut(r, "=")
		if !ok {
			id, dir = filepath.Base(filepath.Clean(r)), r
		}
		roots = append(roots, root{id, dir})
	}
	seen := map[string]bool{}
	var as []artefact.Artefact
	var dirs []string // of each of them, "" if it is no directory
	for _, r := range roots {
		if seen[r.id] || r.id == "" || strings.ContainsAny(r.id, "/\\ ") {
			return nil, nil, usage("root %q needs an id of its own: --root ID=DIR", r.dir)
		}
		seen[r.id] = true
		o := acquire.Options{ID: r.id, At: at, Readings: j.readings, Progress: func(done, total int) { p.show("acquire", r.id, done, total) }}
		if r.id == "main" {
			j.records = new(acquire.RecordsFound)
			o.Records = j.records
			o.Include, o.Exclude = config.Include, config.Exclude
		}
		var a artefact.Artefact
		var err error
		switch remote := acquire.IsRemote(r.dir); {
		case remote && !j.online:
			err = usage("%s lies on another machine: say --online to fetch it", acquire.RemoteName(r.dir))
		case remote && r.id == "main":
			a, err = acquire.Remote(ctx, store, r.dir, j.revision, o)
		case remote:
			a, err = acquire.Remote(ctx, store, r.dir, "", o)
		case acquire.IsArchive(r.dir) && j.revision != "" && r.id == "main":
			err = usage("--rev names a revision of a git repository, and %s is an archive", r.dir)
		case acquire.IsArchive(r.dir) && acquire.IsImage(r.dir):
			err = usage("%s is a container image: assess the system that it belongs to, with --image %s", r.dir, r.dir)
		case acquire.IsArchive(r.dir):
			a, err = acquire.Archive(ctx, store, r.dir, o)
		case j.revision != "" && r.id == "main":
			a, err = acquire.Revision(ctx, store, r.dir, j.revision, o)
		default:
			a, err = acquire.Tree(ctx, store, r.dir, o)
		}
		if errors.Is(err, acquire.ErrEmpty) {
			return nil, nil, nothing(hint{fmt.Errorf("%s holds no file, so there is nothing to assess", r.dir), "name the directory of the system: assay assess DIR"})
		} else if err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			return nil, nil, nothing(err)
		}
		as = append(as, a)
		if r.id == "main" && j.revision != "" || acquire.Elsewhere(r.dir) {
			dirs = append(dirs, "")
		} else {
			dirs = append(dirs, r.dir)
		}
		if r.id == "main" && j.config == "" && acquire.Elsewhere(j.dir) {
			if err := j.carried(config, store, a, p); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, c := range config.Components {
		for _, p := range c.Paths {
			if !holds(as[0], "main/"+path.Clean(p)) {
				return nil, nil, &toe.Error{File: toe.FileName, Line: c.Line, Text: fmt.Sprintf("component %q: path %q holds no file", c.Name, p)}
			}
		}
	}
	clock.enter("images")
	images, err := j.pictures(ctx, store, as, dirs, at, p)
	if err != nil {
		return nil, nil, err
	}
	as = append(as, images...)
	if brought, any := j.records.Artefact(store, "main", at); any {
		as = append(as, brought)
	}
	clock.enter("closures")
	closures, err := j.closures(ctx, store, as, p)
	if err != nil {
		return nil, nil, err
	}
	as = append(as, closures...)
	if as, err = acquire.SBOMs(ctx, store, as, j.sboms); err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, usage("%v", err)
	}
	jars := j.jars()
	as, err = acquire.Packed(ctx, store, as, j.packed, jars)
	if jars.Close(); ctx.Err() != nil {
		return nil, nil, ctx.Err()
	} else if err != nil {
		return nil, nil, usage("%v", err)
	}
	if j.config != "" { // what stands elsewhere is declared all the same
		data, err := acquire.ReadFile(filepath.Dir(j.config), filepath.Base(j.config), 1<<20)
		if err != nil {
			return nil, nil, usage("read the configuration: %v", err)
		}
		d := store.Put(string(data))
		as[0].Units = append(as[0].Units, artefact.Unit{Path: "main/" + toe.FileName, Family: artefact.Declaration, Language: "assay", Digest: d})
	}
	return as, store, nil
}

// carried reads the assay.yaml that an archive or a fetched repository carries. It may not name further roots, for there is no directory
// that they could lie beside, and what it excludes is taken all the same.
func (j *job) carried(config *toe.File, store *acquire.Store, a artefact.Artefact, p *progress) error {
	data, err := acquire.Content(store, a, toe.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return usage("read the configuration: %v", err)
	}
	f, err := j.parse(toe.FileName, data)
	if err != nil {
		return err
	}
	if len(f.Roots) > 0 {
		return usage("%s names further roots, which only a directory can have: give them with --root", toe.FileName)
	}
	if len(f.Exclude) > 0 {
		p.warn("what " + toe.FileName + " excludes is taken all the same: only a directory can be taken in part")
	}
	*config = *f
	return nil
}

// pictures freezes the images that were named and those that lie in roots that are directories, dirs, "" for others. What is an image is then no longer a file of unknown
// content; one of the tree that cannot be read stays such a file, which is a gap.
func (j *job) pictures(ctx context.Context, store *acquire.Store, as []artefact.Artefact, dirs []string, at time.Time, p *progress) (out []artefact.Artefact, err error) {
	jars := j.jars()
	defer jars.Close()
	read := func(name, path string) error {
		o := acquire.ImageOptions{ID: "image-" + name, At: at, Jars: jars, Progress: func(layer, layers int) { p.show("read image", name, layer, layers) }}
		got, err := acquire.Image(ctx, store, path, o)
		for _, a := range got {
			if slices.ContainsFunc(out, func(x artefact.Artefact) bool { return x.Root == a.Root }) {
				return usage("there are two images called %s: say --image NAME=%s", name, path)
			}
		}
		out = append(out, got...)
		return err
	}
	for _, spec := range j.images {
		name, path, ok := strings.Cut(spec, "=")
		if !ok {
			path = spec
			name, _, _ = strings.Cut(strings.Trim(filepath.Base(filepath.Clean(spec)), "."), ".")
			name, _, _ = strings.Cut(name, ":")
		}
		if name == "" || strings.ContainsAny(name, "/\\ ") {
			return nil, usage("image %q needs a name: --image NAME=%s", path, path)
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if !j.online {
				return nil, usage("there is no image in %s; if it is the name of one in a registry, say --online to fetch it", path)
			}
			dir, err := store.TempDir()
			if err != nil {
				return nil, nothing(err)
			}
			p.show("fetch image", path, 0, 1)
			if path, err = acquire.Pull(ctx, path, filepath.Join(dir, "layout"), acquire.PullOptions{}); ctx.Err() != nil {
				return nil, ctx.Err()
			} else if err != nil {
				return nil, nothing(err)
			}
		}
		if err := read(name, path); ctx.Err() != nil {
			return nil, ctx.Err()
		} else if err != nil {
			return nil, nothing(fmt.Errorf("image %s: %w", path, err))
		}
	}
	for i, dir := range dirs {
		if dir == "" {
			continue
		}
		for _, found := range acquire.FindImages(dir, as[i].Units) {
			name := strings.NewReplacer("/", "-", " ", "-").Replace(found)
			if i > 0 {
				name = as[i].Root + "-" + name
			}
			if err := read(name, filepath.Join(dir, filepath.FromSlash(found))); ctx.Err() != nil {
				return nil, ctx.Err()
			} else if err != nil {
				p.warn(fmt.Sprintf("%s looks like an image and cannot be read as one: %v", path.Join(as[i].Root, found), err))
				continue
			}
			acquire.MarkImage(&as[i], found)
		}
	}
	return out, nil
}

// jars are the archives of Java that this machine keeps, as the flags for closures say.
func (j *job) jars() *acquire.Jars {
	maven, gradle := j.maven, j.gradle
	switch maven {
	case "":
		maven = acquire.MavenRepository()
	case "none":
		maven = ""
	}
	switch gradle {
	case "":
		gradle = acquire.GradleCache()
	case "none":
		gradle = ""
	}
	return acquire.NewJars(maven, gradle)
}

// holds says whether a has a unit at or below p.
func holds(a artefact.Artefact, p string) bool {
	return p == "main/." || slices.ContainsFunc(a.Units, func(u artefact.Unit) bool { return u.Path == p || strings.HasPrefix(u.Path, p+"/") })
}

// advisories opens the vulnerability database; one that is not there, or not wanted, knows nothing.
func (j *job) advisories() (*acquire.Advisories, error) {
	dir := databaseDir(j.database)
	if dir == "" {
		return &acquire.Advisories{}, nil
	}
	if info, err := os.Stat(dir); j.database != "" && (err != nil || !info.IsDir()) {
		return nil, usage("--database %s is no directory", j.database)
	}
	db, err := acquire.OpenAdvisories(dir)
	if err != nil {
		return nil, nothing(err)
	}
	return db, nil
}

// closures resolves what Maven and Go modules bring along, as far as this machine's local repository and module cache tell.
// What they cannot tell stays a gap.
func (j *job) closures(ctx context.Context, store *acquire.Store, as []artefact.Artefact, p *progress) (out []artefact.Artefact, err error) {
	from, err := j.mavenSource(p)
	if err != nil {
		return nil, err
	}
	for _, r := range []struct {
		flag, dir string
		usual     func() string
		resolve   func(context.Context, *acquire.Store, []artefact.Artefact, string) (artefact.Artefact, error)
	}{
		{"--maven-repository", j.maven, acquire.MavenRepository, func(ctx context.Context, store *acquire.Store, as []artefact.Artefact, dir string) (artefact.Artefact, error) {
			from.Repository, from.Readings = dir, j.readings
			return acquire.MavenClosuresFrom(ctx, store, as, from)
		}},
		{"--go-module-cache", j.modules, acquire.GoModuleCache, acquire.GoBuildLists},
	} {
		dir := r.dir
		switch dir {
		case "none":
			if r.flag != "--maven-repository" || from.Online == nil && from.Gradle == "" {
				continue
			}
			dir = ""
		case "":
			dir = r.usual()
		default:
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return nil, usage("%s %s is no directory", r.flag, dir)
			}
		}
		a, err := r.resolve(ctx, store, as, dir)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		} else if err != nil {
			return nil, nothing(err)
		}
		if len(a.Units) > 0 {
			a.Obtained = as[0].Obtained
			out = append(out, a)
		}
	}
	return out, nil
}

// mavenSource says where POMs are taken from beside the local repository.
func (j *job) mavenSource(p *progress) (from acquire.MavenSource, err error) {
	switch j.gradle {
	case "none":
	case "":
		from.Gradle = acquire.GradleCache()
	default:
		from.Gradle = j.gradle
	}
	if len(j.mirrors) > 0 && !j.online {
		return from, usage("--maven-mirror asks the network: say --online")
	}
	if !j.online {
		return from, nil
	}
	urls, err := acquire.MavenURLs(j.mirrors)
	if errors.Is(err, acquire.ErrNoMavenURL) { // other things may be asked for
		p.warn("POMs that are missing are not fetched: " + err.Error())
		return from, nil
	} else if err != nil {
		return from, usage("%v", err)
	}
	from.Online = &acquire.MavenOnline{URLs: urls, Warn: p.warn}
	if dir, err := os.UserCacheDir(); j.cache == "" && err == nil {
		from.Online.Cache = filepath.Join(dir, "assay", "maven")
	} else if j.cache != "" && j.cache != "none" {
		from.Online.Cache = filepath.Join(j.cache, "maven")
	}
	return from, nil
}

// memoDir returns where results are remembered, "" for nowhere.
func (j *job) memoDir() string { return cacheDir(j.cache) }

func cacheDir(flag string) string {
	if flag == "none" {
		return ""
	}
	if flag != "" {
		return flag
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "assay", "memo")
}

func style(w io.Writer) report.Style { return screen(w) }
