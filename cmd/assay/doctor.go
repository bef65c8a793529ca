package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect"
	"assay/collect/worker"
	"assay/derive"
	"assay/fact"
	"assay/report"
	"assay/toe"
)

// A check is one thing that was looked at.
type check struct {
	Name     string   `json:"name"`
	State    string   `json:"state"` // ok, missing, or unneeded: nothing of this system asks for it
	Text     string   `json:"text"`
	Commands []string `json:"commands,omitempty"` // that bring what is missing
}

// diagnosis is what doctor writes with -o json.
type diagnosis struct {
	Format  string  `json:"format"`
	System  string  `json:"system,omitempty"`
	Missing int     `json:"missing"`
	Checks  []check `json:"checks"`
}

// doctorFormat names the form of a diagnosis.
const doctorFormat = "assay.doctor/1"

func doctorCommand() *cobra.Command {
	var j job
	var outputs []string
	c := &cobra.Command{
		Use:   "doctor [DIR]",
		Short: "Say what this machine and a system lack for better evidence, each with its command",
		Long: `doctor looks at this machine: what keeps parsers in bounds, the cache, the database of known vulnerabilities, the local repositories of Maven
and Go, the terminal. With DIR it also assesses the system there, and says what of it would be known better with what. Each thing that
is missing has the command that brings it. doctor itself changes nothing but the cache, and never uses the network.

Exit codes: 0 nothing is missing; 3 something is; 2 usage; 4 the system in DIR cannot be assessed.`,
		Example: "  assay doctor lab/shop\n  assay doctor -o json=doctor.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			toStdout := false
			var paths []string
			for _, o := range outputs {
				format, path, _ := strings.Cut(o, "=")
				if format != "json" {
					return usage("there is no format %q of a diagnosis; there is json", format)
				}
				if path == "" && toStdout {
					return usage("two diagnoses cannot both go to standard output: give one a path, as in -o json=FILE")
				}
				toStdout = toStdout || path == ""
				paths = append(paths, path)
			}
			now := time.Now().UTC()
			if j.at != "" {
				var err error
				if now, err = time.Parse(time.RFC3339, j.at); err != nil {
					return usage("--at %q is not a time like 2026-11-24T12:00:00Z", j.at)
				}
			}
			d := doctor{job: &j, now: now}
			if len(args) == 1 {
				if acquire.IsRemote(args[0]) {
					return usage("%s lies on another machine, and doctor uses no network: clone it", acquire.RemoteName(args[0]))
				}
				j.dir, j.jobs, j.timeout = args[0], 2, time.Minute
				var err error
				if d.doc, err = j.run(cmd.Context(), cmd.ErrOrStderr()); err != nil {
					return err
				}
			}
			d.machine(cmd.Context(), cmd.OutOrStdout())
			if d.doc != nil {
				d.system()
			}
			x := diagnosis{Format: doctorFormat, Checks: d.checks}
			if d.doc != nil {
				x.System = d.doc.ToE.Name
			}
			for _, c := range d.checks {
				if c.State == "missing" {
					x.Missing++
				}
			}
			if !toStdout {
				var b bytes.Buffer
				lines := make([]report.Checked, len(x.Checks))
				for i, c := range x.Checks {
					lines[i] = report.Checked(c)
				}
				report.Doctor(&b, lines, style(cmd.OutOrStdout()))
				if err := write("", b.Bytes(), cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			for _, p := range paths {
				data, err := json.MarshalIndent(x, "", " ")
				if err != nil {
					return nothing(err)
				}
				if err := write(p, append(data, '\n'), cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			if x.Missing > 0 {
				return exit{code: exitUnknown}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&j.at, "at", "", "what `TIME` now is (RFC 3339), by which data is old or not")
	f.StringVar(&j.cache, "cache", "", "look at this `DIR` as the cache; \"none\" keeps nothing")
	f.StringVar(&j.database, "database", "", "look at the vulnerability database in this `DIR`; \"none\" is none")
	f.StringVar(&j.maven, "maven-repository", "", "look at the Maven repository in this `DIR`; \"none\" is none")
	f.StringVar(&j.modules, "go-module-cache", "", "look at the Go module cache in this `DIR`; \"none\" is none")
	f.StringArrayVar(&j.images, "image", nil, "a container image that assess is given too, as `[NAME=]PATH`; repeatable")
	f.StringArrayVarP(&outputs, "output", "o", nil, "write the diagnosis as `FORMAT[=PATH]` (json); without PATH to standard output")
	return c
}

// A doctor gathers checks.
type doctor struct {
	job    *job
	now    time.Time
	doc    *assess.Document // nil where no system was named
	checks []check
}

func (d *doctor) ok(name, format string, args ...any) {
	d.checks = append(d.checks, check{Name: name, State: "ok", Text: fmt.Sprintf(format, args...)})
}

func (d *doctor) unneeded(name, format string, args ...any) {
	d.checks = append(d.checks, check{Name: name, State: "unneeded", Text: fmt.Sprintf(format, args...)})
}

func (d *doctor) missing(name string, commands []string, format string, args ...any) {
	d.checks = append(d.checks, check{Name: name, State: "missing", Text: fmt.Sprintf(format, args...), Commands: commands})
}

// machine looks at what does not depend on a system, or is there to be had without one.
func (d *doctor) machine(ctx context.Context, out io.Writer) {
	d.workers(ctx)
	d.sandbox()
	d.grammars()
	d.cache()
	d.terminal(out)
	d.vulnerabilities()
	d.repository("Maven repository", "--maven-repository", d.job.maven, acquire.MavenRepository, "maven", "pom.xml",
		func(dir string) string {
			return "mvn -f " + shell(path.Join(dir, "pom.xml")) + " dependency:go-offline"
		})
	d.repository("Go module cache", "--go-module-cache", d.job.modules, acquire.GoModuleCache, "go", "go.mod",
		func(dir string) string { return "go -C " + shell(dir) + " mod download" })
}

// workers starts a worker process and has it read a file.
func (d *doctor) workers(ctx context.Context) {
	pool := worker.New()
	defer pool.Close()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	i := slices.IndexFunc(collectors, func(c *collect.Collector) bool { return c.Name == "source/go" })
	if i < 0 {
		d.missing("worker processes", nil, "this build has no reader of Go, by which worker processes are tried")
		return
	}
	x := pool.Run(ctx, collectors[i], collect.Input{Family: artefact.Source, Language: "go", Data: "package p\n"})
	if x.Lost || len(x.Gaps) > 0 {
		why := "no reason was given"
		if len(x.Gaps) > 0 {
			why = x.Gaps[0].Text
		}
		d.missing("worker processes", []string{"assay assess DIR --jobs 1", "ulimit -a"}, "a process that reads files apart from this one could not do so (%s): what it should have read stays unknown", why)
		return
	}
	d.ok("worker processes", "start, with bounds on memory, files and time")
}

// sandbox asks the kernel what of Landlock it has.
func (d *doctor) sandbox() {
	abi, err := landlock()
	const first, network, whole = 1, 4, 5
	switch {
	case err != nil:
		d.missing("sandbox", []string{"cat /sys/kernel/security/lsm"}, "%v: parsers run in processes with bounds, and could still open files and the network. A kernel of 6.10 or later with landlock among its security modules has all of it", err)
	case abi < network:
		d.missing("sandbox", []string{"uname -r"}, "the kernel has Landlock version %d: parsers cannot open files, and could still open the network. A kernel of 6.7 or later takes that away too", max(abi, first))
	case abi < whole:
		d.ok("sandbox", "Landlock version %d: parsers have neither files nor network", abi)
	default:
		d.ok("sandbox", "Landlock version %d: parsers have neither files, network nor devices", abi)
	}
}

// grammars says whether the parsers in C are part of this build.
func (d *doctor) grammars() {
	var lacking []string
	for _, name := range []string{"java", "javascript", "python", "csharp"} {
		if !slices.ContainsFunc(collectors, func(c *collect.Collector) bool { return c.Name == "source/"+name }) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) > 0 {
		d.missing("source parsers", []string{"CGO_ENABLED=1 go build -o bin/assay ./cmd/assay"}, "this build was made without cgo, and does not read source in %s", strings.Join(lacking, ", "))
		return
	}
	d.ok("source parsers", "all are part of this build")
}

// maxCounted bounds how many files of the cache are counted.
const maxCounted = 200_000

// cache writes to the cache, and measures it.
func (d *doctor) cache() {
	dir := cacheDir(d.job.cache)
	if dir == "" {
		d.missing("cache", []string{"export XDG_CACHE_HOME=DIR", "assay assess DIR --cache DIR"}, "nothing is remembered from one run to the next: each computes everything again")
		return
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".doctor-*"); err == nil {
			_, err = f.Write([]byte("x"))
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		d.missing("cache", []string{"assay assess DIR --cache DIR"}, "%s cannot be written, so that each run computes everything again: %v", dir, err)
		return
	}
	n, bytes := 0, int64(0)
	filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is measured as far as it can be
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			n, bytes = n+1, bytes+info.Size()
		}
		if n == maxCounted {
			return filepath.SkipAll
		}
		return nil
	})
	atLeast := ""
	if n == maxCounted {
		atLeast = "at least "
	}
	d.ok("cache", "%s can be written, and holds %s%d files, %s", dir, atLeast, n, size(bytes))
}

// terminal says how reports are shown here.
func (d *doctor) terminal(out io.Writer) {
	s := screen(out)
	colour := "with colour"
	f, ok := out.(*os.File)
	switch {
	case s.Color:
	case !ok || !isTerminal(f):
		d.ok("terminal", "output goes to no terminal: %d columns, without colour", s.Width)
		return
	case os.Getenv("NO_COLOR") != "":
		colour = "without colour, since NO_COLOR is set"
	default:
		colour = "without colour, since TERM is dumb"
	}
	d.ok("terminal", "%d columns, %s", s.Width, colour)
}

// used returns the ecosystems of the system's libraries in production, as the database calls them; nil where no system was named.
func (d *doctor) used() (out []string) {
	if d.doc == nil {
		return nil
	}
	for _, l := range d.doc.Libraries {
		if e, release, ok := acquire.Ecosystem(l.Ecosystem); ok && release == "" && l.Use == "production" {
			out = append(out, e)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// vulnerabilities looks at the database: whether it has what the system uses, and of which day it is.
func (d *doctor) vulnerabilities() {
	const name = "vulnerability data"
	dir := databaseDir(d.job.database)
	if dir == "" {
		d.missing(name, []string{"assay db update"}, "there is no directory for it, or --database none leaves it out: QUAL.3 stays unknown")
		return
	}
	at := ""
	if d.job.database != "" {
		at = " --database " + shell(d.job.database)
	}
	db, err := acquire.OpenAdvisories(dir)
	if err != nil {
		d.missing(name, []string{"assay db update" + at}, "%s cannot be opened: %v", dir, err)
		return
	}
	defer db.Close()
	life := lifeOfData()
	has, old, damaged := map[string]bool{}, []string{}, []string{}
	oldest := 0
	for _, e := range db.Ecosystems() {
		switch _, days := ageOf(e.Day, d.now); {
		case e.Fault != "":
			damaged = append(damaged, e.Ecosystem)
		case days > life:
			old, oldest = append(old, e.Ecosystem), max(oldest, days)
		}
		has[e.Ecosystem] = true
	}
	var lacking []string
	for _, e := range d.used() {
		if !has[e] {
			lacking = append(lacking, e)
		}
	}
	fetch := func(ecos []string) []string {
		return []string{strings.TrimSpace("assay db update "+strings.Join(ecos, " ")) + at, "assay db import PATH…" + at + "    (without a network)"}
	}
	found := true
	if len(has) == 0 {
		found = false
		d.missing(name, fetch(d.used()), "there is none in %s: known vulnerabilities cannot be looked up, and QUAL.3 stays unknown", dir)
	} else if len(lacking) > 0 {
		found = false
		d.missing(name, fetch(lacking), "there is none for %s, which the system uses", strings.Join(lacking, ", "))
	}
	if len(damaged) > 0 {
		found = false
		d.missing(name, fetch(damaged), "that of %s is damaged", strings.Join(damaged, ", "))
	}
	if len(old) > 0 {
		found = false
		d.missing(name, fetch(old), "that of %s is up to %d days old; after %d days it decides nothing", strings.Join(old, ", "), oldest, life)
	}
	if list, fault := db.Exploited(); len(has) > 0 && (fault != "" || list.Name == "") {
		found = false
		d.missing(name, []string{"assay db update" + at}, "the list of known exploited vulnerabilities is not there, so that none counts as exploited")
	}
	if found {
		d.ok(name, "for %d ecosystems, none older than %d days", len(has), life)
	}
}

// repository looks at what this machine keeps of the libraries of an ecosystem, and where the system's manifests ask for more.
func (d *doctor) repository(name, flag, given string, usual func() string, ecosystem, manifest string, fetch func(dir string) string) {
	dir := given
	if dir == "" {
		dir = usual()
	}
	empty := dir == "" || dir == "none"
	if !empty {
		list, err := os.ReadDir(dir)
		empty = err != nil || len(list) == 0
	}
	asks, open := d.manifests(ecosystem, manifest)
	switch {
	case d.doc != nil && !asks:
		d.unneeded(name, "no manifest of the system asks for it")
	case empty && d.doc == nil:
		d.missing(name, []string{fetch("DIR")}, "it is absent or empty: what such modules bring along is not known, unless lock files say it")
	case len(open) > 0:
		var commands []string
		for _, m := range open[:min(len(open), 5)] {
			commands = append(commands, fetch(path.Join(filepath.ToSlash(d.job.dir), path.Dir(m))))
		}
		where := dir
		if empty {
			where = "it, which is absent or empty,"
		}
		d.missing(name, commands, "%s has not all that %s ask for, so that what they bring along is not known", where, some(open, 3))
	case empty:
		d.ok(name, "it is absent or empty, and nothing is left open by that")
	default:
		d.ok(name, "%s", dir)
	}
}

func some(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:n], ", "), len(list)-n)
}

// manifests says whether the system has libraries of an ecosystem, and which of its manifests leave open what they bring along.
func (d *doctor) manifests(ecosystem, manifest string) (any bool, open []string) {
	if d.doc == nil {
		return false, nil
	}
	any = slices.ContainsFunc(d.doc.Libraries, func(l assess.LibraryUsed) bool { return l.Ecosystem == ecosystem })
	for g := range d.gaps() {
		if g.Predicate == "Library" && path.Base(g.Unit) == manifest && strings.HasPrefix(g.Unit, "main/") {
			any, open = true, append(open, strings.TrimPrefix(g.Unit, "main/"))
		}
	}
	slices.Sort(open)
	return any, slices.Compact(open)
}

// gaps are all gaps of the document.
func (d *doctor) gaps() func(func(assess.GapSeen) bool) {
	return func(yield func(assess.GapSeen) bool) {
		for _, r := range d.doc.Requirements {
			for _, c := range r.Cells {
				for _, a := range c.Rules {
					for _, g := range a.Gaps {
						if !yield(g) {
							return
						}
					}
				}
			}
		}
	}
}

// system looks at the system itself.
func (d *doctor) system() {
	d.declaration()
	d.history()
	d.images()
}

func (d *doctor) declaration() {
	name := filepath.Join(d.job.dir, toe.FileName)
	if acquire.IsArchive(d.job.dir) {
		d.unneeded(toe.FileName, "the system is an archive")
	} else if _, err := os.Stat(name); err == nil {
		text := name
		if n := d.unmapped(); n > 0 {
			text += fmt.Sprintf("; %d files belong to no component all the same", n)
		}
		d.ok(toe.FileName, "%s", text)
	} else {
		text := "there is none: names, kinds and limits of the components are as discovery found them, and libraries without visible use have no justification"
		if n := d.unmapped(); n > 0 {
			text += fmt.Sprintf("; %d files belong to no component", n)
		}
		d.missing(toe.FileName, []string{"assay init " + shell(d.job.dir)}, "%s", text)
	}
}

func (d *doctor) unmapped() int {
	for _, c := range d.doc.ToE.Components {
		if c.Name == derive.Unmapped {
			return c.Units
		}
	}
	return 0
}

// history looks for the git repository that the system lies in.
func (d *doctor) history() {
	const name = "git history"
	if acquire.IsArchive(d.job.dir) {
		d.missing(name, []string{"git clone URL"}, "the system is an archive: the document cannot name the revision that was judged")
		return
	}
	dir := shell(d.job.dir)
	if len(d.doc.ToE.Roots) > 0 && d.doc.ToE.Roots[0].Revision != "" {
		if shallow(d.job.dir) {
			d.missing(name, []string{"git -C " + dir + " fetch --unshallow"}, "the clone is shallow: earlier revisions cannot be assessed or compared with (--rev, assay diff)")
			return
		}
		d.ok(name, "HEAD is %s; that the files are its own only --rev can say", d.doc.ToE.Roots[0].Revision[:min(12, len(d.doc.ToE.Roots[0].Revision))])
		return
	}
	if inGit(d.job.dir) {
		d.missing(name, []string{"git -C " + dir + " status --short"}, "the directory is not the root of its repository, or its HEAD cannot be read, so the document names no revision; --rev assesses one")
		return
	}
	d.missing(name, []string{"git -C " + dir + " init", "git -C " + dir + " add -A", "git -C " + dir + " commit -m 'as it is assessed'"},
		"the directory lies in no git repository: the document cannot name the revision that was judged, and --rev has none to name. Assess a clone if there is a repository")
}

// gitDir returns the directory of the repository that dir lies in; "" if there is none.
func gitDir(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for {
		name := filepath.Join(abs, ".git")
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return name
		} else if err == nil {
			return name // a file that names it: a work tree of its own, a submodule
		}
		if up := filepath.Dir(abs); up != abs {
			abs = up
			continue
		}
		return ""
	}
}

func inGit(dir string) bool { return gitDir(dir) != "" }

func shallow(dir string) bool {
	_, err := os.Stat(filepath.Join(gitDir(dir), "shallow"))
	return err == nil
}

// images names the components whose images were not read: those that the system builds, and those of others.
func (d *doctor) images() {
	read := map[string]bool{}
	for _, x := range d.doc.Images {
		read[x.Component] = true
	}
	note := ""
	if _, err := exec.LookPath("docker"); err != nil {
		note = " (docker is not installed here: run this where it is, or write such archives with another tool)"
	}
	var built, others, saveBuilt, saveOthers, pull []string
	given, fetched := "assay assess "+shell(d.job.dir), "assay assess "+shell(d.job.dir)+" --online"
	own := given
	n := 0
	for _, c := range d.doc.ToE.Components {
		builds := c.Match == "build context" || c.Match == "provenance"
		if c.Name == derive.Unmapped || !builds && len(c.Images) == 0 {
			continue
		}
		if n++; read[c.Name] {
			continue
		}
		file, image := c.Name+".tar", ""
		if len(c.Images) > 0 {
			image = c.Images[0]
		}
		if !builds {
			others = append(others, c.Name)
			saveOthers = append(saveOthers, "docker save -o "+shell(file)+" "+shell(image))
			given += " --image " + shell(c.Name+"="+file)
			fetched += " --image " + shell(c.Name+"="+image)
			continue
		}
		built = append(built, c.Name)
		own += " --image " + shell(c.Name+"="+file)
		if image == "" {
			image = "IMAGE" // what its build calls it is not known
		}
		saveBuilt = append(saveBuilt, "docker save -o "+shell(file)+" "+shell(image))
	}
	if len(built) > 0 {
		d.missing("images of the system", slices.Concat(d.compose(), saveBuilt, []string{own}), "those of %s, which a Dockerfile builds, were not given: packages of their bases and files that only they hold are unknown. Build them as they are delivered%s", some(built, 5), note)
	}
	if len(others) > 0 {
		pull = append([]string{fetched}, append(saveOthers, given+"    (without a network)")...)
		d.missing("images of others", pull, "those of %s were not read: what they hold is unknown%s", some(others, 5), note)
	}
	switch {
	case n == 0:
		d.unneeded("images", "no component is known to have one")
	case len(built)+len(others) == 0:
		d.ok("images", "those of all %d components that have one were read", n)
	}
}

// compose returns the commands that build what compose files build: one for each, with the files that are read on top of it and say something of what is built.
func (d *doctor) compose() []string {
	if acquire.IsArchive(d.job.dir) {
		return nil
	}
	files := map[string][]string{} // by the file that is read first
	for _, data := range d.doc.Facts {
		var x struct {
			Predicate, Class string
			Fact             struct {
				Platform, Context string
				Site              fact.Site
			}
			Places []struct{ Root, Path string }
		}
		if err := json.Unmarshal(data, &x); err != nil || x.Predicate != fact.Name(fact.Container{}) || x.Fact.Platform != "compose" || x.Fact.Context == "" ||
			x.Class != artefact.Production.String() && x.Class != artefact.Build.String() {
			continue
		}
		base, ok := strings.CutPrefix(x.Fact.Site.Unit, "main/")
		for _, p := range x.Places {
			if ok && p.Root == "main" && artefact.ClassOf(p.Path) <= artefact.Build && path.Dir(p.Path) == path.Dir(base) {
				files[base] = append(files[base], p.Path)
			}
		}
	}
	var out []string
	for _, base := range slices.Sorted(maps.Keys(files)) {
		slices.Sort(files[base])
		command := "docker compose -f " + shell(filepath.Join(d.job.dir, filepath.FromSlash(base)))
		for _, name := range slices.Compact(files[base]) {
			if name != base {
				command += " -f " + shell(filepath.Join(d.job.dir, filepath.FromSlash(name)))
			}
		}
		out = append(out, command+" build")
	}
	if len(out) > maxComposed {
		out = append(out[:maxComposed], fmt.Sprintf("docker compose -f FILE build    (%d more)", len(out)-maxComposed))
	}
	if len(out) > 0 {
		return out
	}
	for _, name := range []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"} {
		file := filepath.Join(d.job.dir, name)
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
			return []string{"docker compose -f " + shell(file) + " build"}
		}
	}
	return nil
}

// maxComposed bounds the commands that build images.
const maxComposed = 8

// shell writes a word so that a shell takes it for one.
func shell(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n()'\"$&;|<>*?`\\!#~[]{}") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
