package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/cert"
	"assay/collect/worker"
	"assay/derive"
	"assay/report"
	"assay/rules"
	"assay/seal"
)

// A verifying is what the flags of verify say.
type verifying struct {
	policy, replay, against, log, checkpoint, at, config string
	roots, images, outputs                               []string

	jobs    int
	timeout time.Duration
}

func verifyCommand() *cobra.Command {
	var v verifying
	c := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Find out whether a certificate holds, from its bundle and the policy alone",
		Long: `verify reads the bundle of a certificate (BUNDLE) and the signed policy (--policy), which must have come to you by other ways than the bundle, and says what holds and
what does not: signatures and roles, every decision, digests, the log, the status and how old it is. It needs neither network nor cache nor the system.

More can be checked, and the report says by which command: --replay judges every cell again from the facts in the bundle; --replay=full reads the artefacts in the bundle again,
too; --against DIR and --image compare your files and images with those that were judged, to the byte (further roots with --root); --log DIR takes a copy of the log, which
tells of later statuses and of forks; --checkpoint FILE takes a checkpoint of the log that you kept (-o checkpoint=FILE writes one).

--at says when this is, in place of the machine's clock. A time before the status was given is an error, for a clock that is set back would bring old certificates to life.

Exit codes: 0 all that was checked holds; 5 a signature, a digest or a verdict does not hold; 6 the certificate is suspended, withdrawn, superseded or expired, or its status is too old to
tell; 2 a wrong use; 4 a file cannot be read, or is no bundle.`,
		Example: `  assay verify bundle.zip --policy policy.json
  assay verify bundle.zip --policy policy.json --replay --log log-copy --against shop -o checkpoint=seen.txt`,
		Args: named("which bundle? For example: assay verify shop.zip --policy policy.json"),
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&v.policy, "policy", "", "the signed policy, in this `FILE`")
	f.StringVar(&v.replay, "replay", "", "judge again from the `facts` in the bundle; --replay=full from the artefacts in it, too")
	f.Lookup("replay").NoOptDefVal = "facts"
	f.StringVar(&v.against, "against", "", "compare the files in this `DIR` with those that were judged")
	f.StringVar(&v.config, "config", "", "with --against, read this `FILE` in place of DIR/assay.yaml")
	f.StringArrayVar(&v.roots, "root", nil, "with --against, a further `[ID=]DIR`, as it was given to assess; repeatable")
	f.StringArrayVar(&v.images, "image", nil, "compare this image, an OCI layout or an archive of one, with those that were judged, as `[NAME=]PATH`; repeatable")
	f.StringVar(&v.log, "log", "", "take the copy of the log in this `DIR`")
	f.StringVar(&v.checkpoint, "checkpoint", "", "take the checkpoint of the log in this `FILE`, which you kept from before")
	f.StringVar(&v.at, "at", "", "the `TIME` (RFC 3339); now by default")
	f.StringArrayVarP(&v.outputs, "output", "o", nil, "write `FORMAT[=PATH]`: the report as json, or the log's checkpoint, to be kept; repeatable; without PATH to standard output")
	f.IntVar(&v.jobs, "jobs", runtime.NumCPU(), "with --replay=full, how many files are read at once")
	f.DurationVar(&v.timeout, "timeout", 60*time.Second, "with --replay=full, how long one collector may take for one file")
	return c
}

func (v *verifying) run(cmd *cobra.Command, path string) error {
	outs, toStdout, err := v.parseOutputs()
	if err != nil {
		return err
	}
	switch {
	case v.policy == "":
		return usageHint("the issuer gives it to whoever relies on certificates, and not in the bundle", "by which policy? --policy FILE")
	case !slices.Contains([]string{"", "facts", "full"}, v.replay):
		return usage("--replay=%s is none of --replay, --replay=full", v.replay)
	case v.against == "" && (len(v.roots) > 0 || v.config != ""):
		return usage("--root and --config say more of --against DIR")
	case v.jobs < 1:
		return usage("--jobs must be at least 1")
	}
	if err := filePath.check("", path); err != nil {
		return err
	}
	p, err := readPolicy(v.policy)
	if err != nil {
		return err
	}
	o := cert.Options{At: time.Now(), Log: v.log, Build: sync.OnceValue(func() string { return thisBuild("none").Build })}
	if v.at != "" {
		if o.At, err = time.Parse(time.RFC3339, v.at); err != nil {
			return usage("--at %q is not a time like 2026-11-24T12:00:00Z", v.at)
		}
	}
	if v.log != "" {
		if info, err := os.Stat(v.log); err != nil || !info.IsDir() {
			return usage("--log %s is no directory", v.log)
		}
	}
	if v.checkpoint != "" {
		if err := filePath.check("--checkpoint ", v.checkpoint); err != nil {
			return err
		}
		if o.Kept, err = readGiven(v.checkpoint, cert.MaxCheckpoint); err != nil {
			return nothing(err)
		}
		if len(o.Kept) == 0 {
			return usage("--checkpoint %s is empty", v.checkpoint)
		}
	}
	if v.against != "" || len(v.images) > 0 {
		if o.Found, err = v.found(cmd.Context(), cmd.ErrOrStderr(), o.At); err != nil {
			return err
		}
	}
	if v.replay != "" {
		o.Engine, o.Full = v.engine(cmd.Context()), v.replay == "full"
	}
	if o.Full {
		pool := worker.New()
		defer pool.Close()
		o.Engine.Run = pool.Run
	}
	b, file, err := openBundle(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, failed := cert.Verify(b, p, o)
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	if !toStdout {
		if _, err := io.WriteString(cmd.OutOrStdout(), v.text(r, path, screen(cmd.OutOrStdout()))); err != nil {
			return nothing(fmt.Errorf("write the report: %w", err))
		}
	}
	for _, o := range outs {
		if err := v.write(o, r, failed, cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	return ofCert(failed)
}

// engine judges as assess does.
func (v *verifying) engine(ctx context.Context) *assess.Engine {
	return &assess.Engine{Salt: "verify", Collectors: collectors, Strata: derive.Strata, Rules: rules.All(), Workers: v.jobs,
		Limit: func() (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, v.timeout) }}
}

// found acquires what the user has, as assess does: of what is resolved and brought beside it nothing.
func (v *verifying) found(ctx context.Context, stderr io.Writer, at time.Time) ([]artefact.Artefact, error) {
	j := job{dir: v.against, config: v.config, roots: v.roots, images: v.images, maven: "none", gradle: "none", modules: "none", database: "none", cache: "none", jobs: v.jobs, timeout: v.timeout}
	if len(v.images) > 0 {
		j.maven, j.gradle = "", "" // which name archives in images, as they did for assess
	}
	p := newProgress(stderr)
	defer p.stop()
	var as []artefact.Artefact
	if v.against == "" {
		store := acquire.NewStore()
		defer store.Close()
		var err error
		if as, err = j.pictures(ctx, store, nil, nil, at, p); err != nil {
			return nil, err
		}
	} else {
		if err := systemPath.check("--against ", v.against); err != nil {
			return nil, err
		}
		for _, r := range v.roots {
			if _, dir, ok := strings.Cut(r, "="); ok {
				r = dir
			}
			if err := systemPath.check("--root ", r); err != nil {
				return nil, err
			}
		}
		config, err := j.configuration()
		if err != nil {
			return nil, err
		}
		var store *acquire.Store
		if as, store, err = j.acquire(ctx, config, at, p, newStopwatch()); err != nil {
			return nil, err
		}
		defer store.Close()
	}
	var out []artefact.Artefact
	seen := map[string]bool{}
	for _, a := range as { // what lies there; the rest was resolved for it, or is evidence about it
		if !seen[a.Root] && slices.Contains([]string{"directory", "git revision", "archive", "image"}, a.Kind) {
			seen[a.Root] = true
			out = append(out, a)
		}
	}
	return out, nil
}

// A verifyOutput is something to write: the report as json, or the checkpoint. Path "" is standard output.
type verifyOutput struct{ format, path string }

func (v *verifying) parseOutputs() (outs []verifyOutput, stdout bool, err error) {
	for _, s := range v.outputs {
		format, path, _ := strings.Cut(s, "=")
		if format != "json" && format != "checkpoint" {
			return nil, false, usage("-o %s: there is no format %q; there are json and checkpoint", s, format)
		}
		if path == "" && stdout {
			return nil, false, usage("two things cannot both go to standard output: give one a path, as in -o %s=FILE", format)
		}
		if info, err := os.Stat(filepath.Dir(path)); path != "" && (err != nil || !info.IsDir()) {
			return nil, false, usage("-o %s: there is no directory %s", s, filepath.Dir(path))
		}
		stdout = stdout || path == ""
		outs = append(outs, verifyOutput{format, path})
	}
	return outs, stdout, nil
}

// write writes one of what is to be written. A checkpoint of a log that does not hold is not kept.
func (v *verifying) write(o verifyOutput, r *cert.Report, failed error, stdout io.Writer) error {
	var data []byte
	if o.format == "json" {
		var err error
		if data, err = json.MarshalIndent(r, "", "  "); err != nil {
			return nothing(err)
		}
		data = append(data, '\n')
	} else {
		var f *cert.Failure
		if r.Checkpoint == "" || errors.As(failed, &f) && f.Code == exitForged {
			return nil // the failure is told
		}
		data = []byte(r.Checkpoint)
	}
	return write(o.path, data, stdout)
}

// text says for people what was checked, what not, and what the certificate says.
func (v *verifying) text(r *cert.Report, path string, s report.Style) string {
	t := verdictText{width: min(max(s.Width, 40), 140), color: s.Color}
	var broken, ended int
	for _, c := range r.Checks {
		if c.Outcome == cert.Fails && c.Code == exitForged {
			broken++
		} else if c.Outcome == cert.Fails {
			ended++
		}
	}
	verdict, colour := "it holds", "32"
	switch {
	case broken > 0:
		verdict, colour = "IT DOES NOT HOLD", "31;1"
	case ended > 0:
		verdict, colour = "IT DOES NOT COUNT", "31;1"
	}
	if x := r.Summary; x == nil {
		t.b.WriteString(harmless(filepath.Base(path)) + ": " + t.mark(colour, verdict) + "\n")
		t.say("  ", "  ", "Nothing of what it says is shown, for nobody whom the policy knows vouches for it.")
	} else {
		t.b.WriteString(harmless(fmt.Sprintf("certificate %s of %s:", seal.Short(r.Certificate), x.ToE)) + " " + t.mark(colour, verdict) + "\n")
		t.row("issued", "%s by %s (%s), %s", x.Issued, x.Issuer.Name, x.Issuer.Person, x.Issuer.Body)
		t.row("serial", "%s", x.Serial)
		t.row("valid", "from %s until %s", x.ValidFrom, x.ValidUntil)
		if st := r.Status; st != nil {
			t.row("status", "%s, number %d, given %s, %s old, known until %s: %s", st.State, st.Sequence, st.At, howOld(r.Age), st.Expires, st.Reason)
		}
		if x.Supersedes != "" {
			t.row("replaces", "certificate %s", seal.Short(x.Supersedes))
		}
		t.row("judged by", "%s, with assay %s (%s)", x.Scheme, x.Assay.Version, seal.Short(strings.TrimPrefix(x.Assay.Build, "sha256:")))
		t.row("came to", "%s for %s: %d satisfied, %d not applicable; %s of people", counted(x.Cells["satisfied"]+x.Cells["not_applicable"], "cell", "cells"), counted(len(x.Components), "component", "components"),
			x.Cells["satisfied"], x.Cells["not_applicable"], counted(x.Decisions, "decision", "decisions"))
		for i, y := range x.Subjects {
			if i == maxSubjectsShown {
				t.row("", "and %d more", len(x.Subjects)-i)
				break
			}
			text := fmt.Sprintf("%s, sha256 %s", y.Name, y.Digest["sha256"])
			if c := y.Digest["gitCommit"]; c != "" {
				text += ", commit " + c
			}
			t.row([]string{"is about", ""}[min(i, 1)], "%s", text)
		}
	}
	t.b.WriteString("\nChecked\n")
	for _, c := range r.Checks {
		switch c.Outcome {
		case cert.Holds:
			t.say("  "+t.mark("32", "✓")+" ", "    ", "%s: %s", c.What, c.Text)
		case cert.Fails:
			t.say("  "+t.mark("31;1", "✗")+" ", "    ", "%s: %s", c.What, c.Text)
		case cert.Told:
			t.say("  "+t.mark("33", "!")+" ", "    ", "%s: %s", c.What, c.Text)
		}
	}
	if rest := slices.DeleteFunc(slices.Clone(r.Checks), func(c cert.Check) bool { return c.Outcome != cert.Unchecked }); len(rest) > 0 {
		t.b.WriteString("\nNot checked\n")
		for _, c := range rest {
			t.say("  – ", "    ", "%s: %s", c.What, c.Text)
			t.b.WriteString("      " + harmless(fmt.Sprintf("assay verify %s --policy %s %s", shellWord(path), shellWord(v.policy), c.Command)) + "\n")
		}
	}
	if x := r.Summary; x != nil {
		head := "\nIt attests\n"
		if broken+ended > 0 {
			head = "\nIt would attest, if it held\n"
		}
		t.b.WriteString(head)
		for _, text := range x.Attests {
			t.say("  · ", "    ", "%s", text)
		}
		t.b.WriteString("\nIt does not attest\n")
		for _, text := range x.DoesNotAttest {
			t.say("  · ", "    ", "%s", text)
		}
	}
	return t.b.String()
}

// maxSubjectsShown bounds the roots and images that are named; -o json has all.
const maxSubjectsShown = 12

// howOld says seconds as people do.
func howOld(seconds int64) string {
	switch d := time.Duration(seconds) * time.Second; {
	case d < 0:
		return "less than nothing"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	}
	return counted(int(seconds), "second", "seconds")
}

// A verdictText is a report for a screen of some width.
type verdictText struct {
	b     strings.Builder
	width int
	color bool
}

// mark colours a text that is our own.
func (t *verdictText) mark(code, text string) string {
	if !t.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (t *verdictText) row(name, format string, args ...any) {
	t.say(fmt.Sprintf("  %-11s", name), strings.Repeat(" ", 13), format, args...)
}

// say writes a text in lines that fit, the first after first, the others after rest, which are our own. What comes from a certificate commands no terminal.
func (t *verdictText) say(first, rest, format string, args ...any) {
	line, used, empty := first, utf8.RuneCountInString(rest), true
	for word := range strings.FieldsSeq(harmless(fmt.Sprintf(format, args...))) {
		n := utf8.RuneCountInString(word)
		if !empty && used+1+n > t.width {
			t.b.WriteString(line + "\n")
			line, used, empty = rest, utf8.RuneCountInString(rest), true
		}
		if !empty {
			line, used = line+" ", used+1
		}
		line, used, empty = line+word, used+n, false
	}
	t.b.WriteString(strings.TrimRight(line, " ") + "\n")
}
