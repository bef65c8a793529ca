package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/assess"
	"assay/fact"
	"assay/report"
	"assay/review"
	"assay/rules"
	"assay/scheme"
)

// An asking is what the verbs about decisions have in common: a system or a document of it, and the policy by which people are known.
type asking struct {
	j    job
	from string
}

func (a *asking) flags(c *cobra.Command) {
	a.j.flags(c)
	c.Flags().StringVar(&a.from, "from", "", "read this document (`FILE`) and assess nothing")
	if c.Flags().Lookup("policy") == nil {
		c.Flags().String("policy", "", "the signed policy (`FILE`) by which people are known")
	}
}

// document assesses the system as assess does, or reads the document of --from.
func (a *asking) document(cmd *cobra.Command) (*assess.Document, error) {
	if a.from != "" {
		return readDocument(a.from)
	}
	if p := a.policy(cmd); p != "" {
		if err := filePath.check("--policy ", p); err != nil {
			return nil, err
		}
	}
	return a.j.run(cmd.Context(), cmd.ErrOrStderr())
}

func (a *asking) policy(cmd *cobra.Command) string {
	return cmd.Flags().Lookup("policy").Value.String()
}

// flagsFor returns the flags that a command needs to see the same system again.
func (a *asking) flagsFor(cmd *cobra.Command) string {
	var out []string
	if a.j.dir != "." {
		out = append(out, "--dir "+shellWord(a.j.dir))
	}
	if a.from != "" {
		out = append(out, "--from "+shellWord(a.from))
	}
	if p := a.policy(cmd); p != "" {
		out = append(out, "--policy "+shellWord(p))
	} else {
		out = append(out, "--policy POLICY")
	}
	return strings.Join(out, " ")
}

// shellWord writes a word so that a shell takes it for one.
func shellWord(word string) string {
	if word == "" || strings.ContainsAny(word, " ()'\"$&;|<>*?`\\!#~[]{}\t\n") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// A sieve keeps the questions that a person wants to see.
type sieve struct {
	requirements, components []string
	state                    string
}

func (s *sieve) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.requirements, "requirement", nil, "only those of this `REQUIREMENT`; repeatable")
	c.Flags().StringArrayVar(&s.components, "component", nil, "only those of this `COMPONENT`, \"\" for the whole system; repeatable")
	c.Flags().StringVar(&s.state, "state", "", "only those in this `STATE`: open, lapsed or expired")
}

func (s *sieve) keep(doc *assess.Document, open []review.Item) ([]review.Item, error) {
	for _, id := range s.requirements {
		if err := requirement(id); err != nil {
			return nil, err
		}
	}
	for _, name := range s.components {
		if name != "" && !slices.ContainsFunc(doc.ToE.Components, func(c assess.ComponentSeen) bool { return equalFold(c.Name, name) }) {
			return nil, usage("there is no component %q in %s", name, doc.ToE.Name)
		}
	}
	if s.state != "" && !slices.Contains([]string{"open", "lapsed", "expired"}, s.state) {
		return nil, usage("--state %s: a question is open, lapsed or expired", s.state)
	}
	has := func(list []string, x string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(y string) bool { return equalFold(x, y) })
	}
	return slices.DeleteFunc(open, func(o review.Item) bool {
		return !has(s.requirements, o.Requirement) || !has(s.components, o.Component) || s.state != "" && o.State != s.state
	}), nil
}

func reviewCommand() *cobra.Command {
	var a asking
	var s sieve
	var k signing
	var outputs []string
	var interactive bool
	c := &cobra.Command{
		Use:   "review [DIR]",
		Short: "List what only people can answer, and take their decisions",
		Long: `review assesses the system in DIR (here by default) and lists the questions that nobody has settled: first those whose answer lapsed, with what came and went, then by requirement.
Each has its id, what the machine found, where to look, the evidence that would decide, the answers with what each leads to, and the command that gives one. With
--from it reads a document that assess wrote with -o json=FILE.

A decision is signed and written to DIR/.assay/decisions, so that it travels with the repository and its review. It holds until what it is about changes, or until
it expires. Who may decide what is said by the policy (assay policy). --interactive asks one question after the other.`,
		Example: "  assay review lab/shop --requirement CRYP.2\n  assay review lab/shop --interactive --key anna.key --policy policy.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.j.dir = "."
			if len(args) == 1 {
				if err := systemPath.check("", args[0]); err != nil {
					return err
				}
				a.j.dir = args[0]
			}
			target, err := jsonTarget(outputs)
			if err != nil {
				return err
			}
			if interactive {
				if err := k.check(&a, cmd); err != nil {
					return err
				}
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			open, err := s.keep(doc, review.Questions(doc))
			if err != nil {
				return err
			}
			if interactive {
				by, err := k.open(&a, cmd, doc)
				if err != nil {
					return err
				}
				return by.ask(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), open)
			}
			if target != nil {
				var b bytes.Buffer
				if err := review.MakeSheet(doc, open).JSON(&b); err != nil {
					return nothing(err)
				}
				if err := write(*target, b.Bytes(), cmd.OutOrStdout()); err != nil || *target == "" {
					return err
				}
			}
			return listQuestions(cmd.OutOrStdout(), doc, open, a.flagsFor(cmd))
		},
	}
	a.flags(c)
	s.flags(c)
	k.flags(c)
	c.Flags().BoolVar(&interactive, "interactive", false, "ask one question after the other, on a terminal or over a pipe")
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write the questions as `json[=PATH]`; without PATH to standard output")
	c.AddCommand(answerCommand(), refuteCommand(), decisionsCommand(), exportCommand(), importCommand())
	return c
}

// jsonTarget reads -o json[=PATH]; nil is no such output.
func jsonTarget(specs []string) (*string, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	format, path, _ := strings.Cut(specs[0], "=")
	if len(specs) > 1 || format != "json" {
		return nil, usage("-o %s: there is json[=PATH], once", strings.Join(specs, " -o "))
	}
	return &path, nil
}

// A page writes text for people: each line made harmless, and as wide as the screen.
type page struct {
	b     bytes.Buffer
	width int
}

func newPage(w io.Writer) *page { return &page{width: min(max(style(w).Width, 40), 140)} }

// text writes text in lines that fit, the first after first, the others after as many blanks.
func (p *page) text(first, text string) {
	p.hang(first, strings.Repeat(" ", len([]rune(first))), text)
}

func (p *page) hang(first, rest, text string) {
	line, lead := "", first
	for _, w := range strings.Fields(report.Line(text, 0)) {
		if line != "" && len([]rune(lead))+len([]rune(line))+1+len([]rune(w)) > p.width {
			fmt.Fprintf(&p.b, "%s%s\n", lead, line)
			line, lead = "", rest
		}
		line = strings.TrimSpace(line + " " + w)
	}
	fmt.Fprintf(&p.b, "%s\n", strings.TrimRight(lead+line, " "))
}

// raw writes a command to be copied, on one line.
func (p *page) raw(lead, command string) { fmt.Fprintf(&p.b, "%s%s\n", lead, report.Line(command, 0)) }

func (p *page) gap() { p.b.WriteString("\n") }

// componentName is how a component, or the whole system is called where a component's name would stand.
func componentName(name string) string {
	if name == "" {
		return "(whole system)"
	}
	return name
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func leads(s rules.Status) string { return strings.ReplaceAll(s.String(), "_", " ") }

// listQuestions writes the open questions, what is asked of several once.
func listQuestions(w io.Writer, doc *assess.Document, open []review.Item, flags string) error {
	p := newPage(w)
	again, evidence := 0, 0
	for _, o := range open {
		if o.State != "open" {
			again++
		}
		if len(o.Choices) == 0 {
			evidence++
		}
	}
	head := fmt.Sprintf("%s: %s for people", doc.ToE.Name, counted(len(open), "question", "questions"))
	if again > 0 {
		head += fmt.Sprintf("; %d answered before, and asked again", again)
	}
	if evidence > 0 {
		head += fmt.Sprintf("; %d decided by evidence alone", evidence)
	}
	p.text("", head)
	last := ""
	for _, g := range review.Grouped(open) {
		if title := g.Requirement + "  " + g.Title; title != last {
			p.gap()
			p.text("", title)
			last = title
		}
		p.gap()
		p.text("  ", g.Text)
		choices(p, "    ", g.Choices)
		if g.Evidence != "" {
			p.hang("    what decides it: ", "      ", g.Evidence)
		}
		for _, o := range g.Items {
			item(p, o)
		}
		if len(g.Choices) > 0 {
			ids := []string{}
			for _, o := range g.Items {
				if len(o.Unbound) == 0 {
					ids = append(ids, o.ID)
				}
			}
			id := "ID"
			if len(ids) == 1 {
				id = ids[0]
			}
			if len(ids) > 0 {
				p.raw("    ", "assay review answer "+id+" --answer N --because WHY --key KEY "+flags)
			}
		}
	}
	footer(p, doc)
	_, err := w.Write(p.b.Bytes())
	return err
}

// footer says that there are decisions that do not count.
func footer(p *page, doc *assess.Document) {
	n, unknown := 0, 0
	for _, d := range doc.Decisions {
		if d.State == "refused" {
			n++
			if strings.Contains(d.Why, "without a policy") {
				unknown++
			}
		}
	}
	switch {
	case unknown > 0:
		p.gap()
		p.text("", fmt.Sprintf("%s not count: without a policy nobody is known to be who they say. Name it with --policy FILE.", counted(unknown, "decision does", "decisions do")))
	case n > 0:
		p.gap()
		p.text("", fmt.Sprintf("%s not count; assay review list says why.", counted(n, "decision does", "decisions do")))
	}
}

// choices writes the answers that are offered.
func choices(p *page, lead string, cs []review.Choice) {
	for _, c := range cs {
		tail := leads(c.LeadsTo)
		switch {
		case c.LeadsTo == rules.Unknown:
			tail = "stays unknown: bring evidence"
		case !slices.Contains(c.By, "assessor") || len(c.By) > 1:
			tail += ", by " + strings.Join(c.By, " or ")
		}
		p.hang(fmt.Sprintf("%s%d  ", lead, c.N), lead+"   ", c.Answer+"  → "+tail)
	}
}

// item writes what is asked of one subject.
func item(p *page, o review.Item) {
	who := componentName(o.Component)
	if o.Subject != "" && o.Subject != "all of it" && !strings.HasPrefix(o.Subject, "coverage of ") {
		who += ", " + o.Subject
	}
	p.hang("    "+o.ID+"  ", "      ", who)
	for _, b := range o.Before {
		p.hang("      ", "        ", fmt.Sprintf("%s on %s, %q (%s): %s", b.By, day(b.At), b.Answer, b.Text, b.Why))
		for _, x := range b.Came {
			p.hang("      + ", "        ", rootless(x))
		}
		for _, x := range b.Gone {
			p.hang("      - ", "        ", rootless(x))
		}
	}
	for _, f := range o.Found[:min(len(o.Found), 3)] {
		if f != "nothing that was read decides this yet" && f != "not all could be read" {
			p.hang("      found: ", "        ", f)
		}
	}
	if len(o.Look) > 0 {
		text := strings.Join(o.Look[:min(len(o.Look), 4)], ", ")
		if n := len(o.Look) - 4 + o.MoreLook; n > 0 && len(o.Look) > 4 || o.MoreLook > 0 {
			text += fmt.Sprintf(" and %d more", max(n, o.MoreLook))
		}
		p.hang("      look at: ", "        ", text)
	}
	if len(o.Unbound) > 0 {
		p.hang("      ", "        ", "no answer would hold while nobody can read "+strings.Join(o.Unbound[:min(len(o.Unbound), 3)], ", "))
	}
}

// rootless says a part of a focus in words, without the root if that is the main one.
func rootless(text string) string { return strings.TrimPrefix(fact.Told(text), "main/") }

func day(at string) string { return at[:min(len(at), len("2006-01-02"))] }

func decisionsCommand() *cobra.Command {
	var a asking
	var state string
	var outputs []string
	c := &cobra.Command{
		Use:   "list [DIR]",
		Short: "List all decisions, and what became of each",
		Long: `list shows every decision that lies in DIR/.assay/decisions, with who made it and what became of it: ` + statesText() + `.
For one that lapsed it says what came and what went.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.j.dir = "."
			if len(args) == 1 {
				if err := systemPath.check("", args[0]); err != nil {
					return err
				}
				a.j.dir = args[0]
			}
			if state != "" && !slices.ContainsFunc(review.States, func(s [2]string) bool { return s[0] == state }) {
				return usage("--state %s: a decision is %s", state, statesText())
			}
			target, err := jsonTarget(outputs)
			if err != nil {
				return err
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			shown := []assess.DecisionSeen{}
			for _, d := range doc.Decisions {
				if s := review.StateOf(d); state == "" || s == state {
					d.State = s
					shown = append(shown, d)
				}
			}
			if target != nil {
				data, err := json.MarshalIndent(shown, "", " ")
				if err != nil {
					return nothing(err)
				}
				if err := write(*target, append(data, '\n'), cmd.OutOrStdout()); err != nil || *target == "" {
					return err
				}
			}
			return listDecisions(cmd.OutOrStdout(), doc, shown)
		},
	}
	a.flags(c)
	c.Flags().StringVar(&state, "state", "", "only those in this `STATE`")
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write the decisions as `json[=PATH]`; without PATH to standard output")
	return c
}

func statesText() string {
	var out []string
	for _, s := range review.States {
		out = append(out, s[0]+" ("+s[1]+")")
	}
	return strings.Join(out, ", ")
}

// listDecisions writes what became of decisions.
func listDecisions(w io.Writer, doc *assess.Document, ds []assess.DecisionSeen) error {
	p := newPage(w)
	count := map[string]int{}
	for _, d := range ds {
		count[d.State]++
	}
	var sums []string
	for _, s := range review.States {
		if n := count[s[0]]; n > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", n, s[0]))
		}
	}
	p.text("", strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", doc.ToE.Name, counted(len(ds), "decision", "decisions"), strings.Join(sums, ", ")), ": "))
	for _, d := range ds {
		name := d.Digest
		if len(name) > 12 {
			name = name[:12]
		}
		if d.Rule == "" {
			p.gap()
			p.hang(fmt.Sprintf("%-10s ", d.State), "           ", strings.TrimSpace(name+" "+d.Why))
			continue
		}
		p.gap()
		p.hang(fmt.Sprintf("%-10s ", d.State), "           ", fmt.Sprintf("%s  %s %s: %s → %s", name, d.Rule, componentName(d.Component), d.Answer, leads(d.LeadsTo)))
		p.hang("           ", "             ", fmt.Sprintf("%s by %s on %s, until %s: %s", d.Kind, d.By, day(d.At), d.Expires, d.Text))
		if d.Why != "" {
			p.hang("           ", "             ", d.Why)
		}
		for _, x := range d.Came {
			p.hang("           + ", "             ", rootless(x))
		}
		for _, x := range d.Gone {
			p.hang("           - ", "             ", rootless(x))
		}
	}
	_, err := w.Write(p.b.Bytes())
	return err
}

// writeDecision writes an envelope below dir, named by its digest: beside its place, to the disk, then renamed, so that it is there whole or not at all. Neither .assay nor what lies
// in it may be a link to elsewhere.
func writeDecision(dir, digest string, data []byte) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	at := ""
	for _, el := range strings.Split(acquire.DecisionsDir, "/") {
		at = filepath.Join(at, el)
		if err := root.Mkdir(at, 0o777); err != nil && !os.IsExist(err) {
			return "", err
		}
		if info, err := root.Lstat(at); err != nil {
			return "", err
		} else if !info.IsDir() {
			return "", fmt.Errorf("%s is no directory (a link is not followed)", filepath.Join(dir, at))
		}
	}
	name, temp := filepath.Join(at, digest+".json"), filepath.Join(at, ".tmp-"+digest)
	if _, err := root.Lstat(name); err == nil {
		return filepath.Join(dir, name), nil // named by its digest: it is this one
	}
	if err := sweep(root, at); err != nil {
		return "", err
	}
	if err := root.Remove(temp); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
		return "", err
	}
	if d, err := root.Open(at); err == nil {
		err = d.Sync()
		d.Close()
		if err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, name), nil
}

// sweep removes what an interrupted run left half-written in dir: it would be a file of the system.
func sweep(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !halfWritten.MatchString(name) {
			continue
		}
		info, err := root.Lstat(filepath.Join(dir, name))
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > time.Minute { // else somebody is writing it
			err = root.Remove(filepath.Join(dir, name))
		}
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

var halfWritten = regexp.MustCompile(`^\.tmp-[0-9a-f]{64}$`)

// schemeDigests are the digests that a document of this program has.
func schemeDigests() (text, rulings string) {
	t, r := scheme.Digest(), scheme.RulingsDigest()
	return fmt.Sprintf("sha256:%x", t), fmt.Sprintf("sha256:%x", r)
}
