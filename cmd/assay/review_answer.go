package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/assess"
	"assay/report"
	"assay/review"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// A signing is what a person says to sign: a key and, to be sure, a name.
type signing struct {
	key, pass, as string
}

func (s *signing) flags(c *cobra.Command) {
	c.Flags().StringVar(&s.key, "key", "", "sign with the private key in this `FILE`")
	c.Flags().StringVar(&s.as, "as", "", "the `PERSON` who signs, by the policy's id: an error if the key is another's")
	passphraseFlag(c, &s.pass)
}

// check says what is missing, before anything is assessed.
func (s *signing) check(a *asking, cmd *cobra.Command) error {
	switch {
	case s.key == "":
		return usage("who decides? Name the key to sign with: --key FILE")
	case a.policy(cmd) == "":
		return usage("by which policy are people known? --policy FILE")
	case a.j.revision != "" || acquire.Elsewhere(a.j.dir):
		return usage("decisions are written to a directory, and %s is none; answer in a checkout of it", a.j.dir)
	}
	if err := filePath.check("--key ", s.key); err != nil {
		return err
	}
	return filePath.check("--policy ", a.policy(cmd))
}

// A signer makes decisions about one assessment.
type signer struct {
	doc    *assess.Document
	policy *toe.Policy
	key    *seal.Key
	who    toe.Person
	at     time.Time
	days   int // that a decision may be valid
	dir    string
	wrote  int
}

// open opens key and policy, and says who signs. The role is the policy's to say.
func (s *signing) open(a *asking, cmd *cobra.Command, doc *assess.Document) (*signer, error) {
	policy, err := readPolicy(a.policy(cmd))
	if err != nil {
		return nil, err
	}
	text, rulings := schemeDigests()
	switch {
	case policy.ToE != doc.ToE.Name:
		return nil, usage("the policy is for the system %q, and this is %q", policy.ToE, doc.ToE.Name)
	case doc.Scheme.Digest != text || doc.Scheme.Rulings != rulings:
		return nil, usage("the document was made by another version of the scheme; assess again")
	}
	key, err := openKey(cmd.Context(), cmd.ErrOrStderr(), s.key, s.pass)
	if err != nil {
		return nil, err
	}
	at := time.Now().UTC().Truncate(time.Second)
	if a.j.at != "" {
		if at, err = time.Parse(time.RFC3339, a.j.at); err != nil {
			return nil, usage("--at %q is not a time like 2026-11-24T12:00:00Z", a.j.at)
		}
		at = at.UTC().Truncate(time.Second)
	}
	holder, _, _ := policy.Holder(key.Public.ID)
	who, err := policy.Acts(key.Public.ID, holder.Role, at.Format(time.DateOnly))
	if err != nil {
		return nil, usage("%v", err)
	}
	if s.as != "" && s.as != who.ID {
		return nil, usage("the key in %s is %s's, not %s's", s.key, who.ID, s.as)
	}
	return &signer{doc: doc, policy: policy, key: key, who: who, at: at, days: lifeOfDecisions(doc, policy), dir: a.j.dir}, nil
}

// lifeOfDecisions is how many days a decision may be valid: by the policy, or by the scheme; assay.yaml can only make it fewer.
func lifeOfDecisions(doc *assess.Document, policy *toe.Policy) int {
	const name = "life.decision"
	value := policy.Parameters[name]
	for _, p := range scheme.Parameters() {
		if p.Name == name && value == "" {
			value = p.Default
		}
	}
	days, err := strconv.Atoi(value)
	if err != nil {
		panic("the parameter " + name + " is no number") // it was checked where it was read
	}
	if n, err := strconv.Atoi(doc.Scheme.Parameters[name]); err == nil && n < days {
		days = n
	}
	return days
}

// words are what s says beside an answer. Expires is a day, "" for the last that is allowed.
func (s *signer) words(kind, because string, evidence []string, expires string) (review.Words, error) {
	last := s.at.AddDate(0, 0, s.days).Format(time.DateOnly)
	today := s.at.Format(time.DateOnly)
	switch _, err := time.Parse(time.DateOnly, expires); {
	case expires == "":
		expires = last
	case err != nil:
		return review.Words{}, usage("--expires %q is not a day like 2026-11-24", expires)
	case expires < today:
		return review.Words{}, usage("--expires %s is over already", expires)
	case expires > last:
		return review.Words{}, usage("--expires %s is too late: a decision of %s may be valid for %d days (life.decision), until %s", expires, today, s.days, last)
	}
	w := review.Words{Kind: kind, Text: strings.TrimSpace(because), Evidence: []string{}, By: review.By{Person: s.who.ID, Role: s.who.Role, Key: s.key.Public.ID},
		At: s.at.Format(time.RFC3339), Expires: expires, ToE: s.doc.ToE.Name}
	for _, e := range evidence {
		digest, err := evidenceDigest(e)
		if err != nil {
			return w, err
		}
		if !slices.Contains(w.Evidence, digest) {
			w.Evidence = append(w.Evidence, digest)
		}
	}
	if len(w.Evidence) == 0 {
		w.Evidence = nil
	}
	return w, nil
}

var digestText = regexp.MustCompile(`^(?:sha256:)?([0-9a-f]{64})$`)

// evidenceDigest returns the SHA-256 that a person names: itself, or that of a file.
func evidenceDigest(said string) (string, error) {
	if m := digestText.FindStringSubmatch(said); m != nil {
		return m[1], nil
	}
	if err := filePath.check("--evidence ", said); err != nil {
		return "", err
	}
	f, err := os.Open(said)
	if err != nil {
		return "", nothing(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", nothing(err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// seal signs d, and makes sure that it will count.
func (s *signer) seal(d review.Decision) ([]byte, error) {
	data, err := d.Sign(s.key)
	if err != nil {
		return nil, err
	}
	c := review.Context{Policy: s.policy, ToE: s.doc.ToE.Name, Scheme: s.doc.Scheme.Digest, Rulings: s.doc.Scheme.Rulings, Day: s.at.Format(time.DateOnly), MaxDays: s.days}
	if r := review.Open([]review.File{{Name: "new", Data: data}}, c); len(r) != 1 || r[0].Refused != "" {
		return nil, errors.New(r[0].Refused)
	}
	return data, nil
}

// write writes a signed decision, and says so.
func (s *signer) write(w io.Writer, d review.Decision, data []byte) error {
	name, err := writeDecision(s.dir, seal.Digest(data), data)
	if err != nil {
		return nothing(fmt.Errorf("write the decision: %w", err))
	}
	s.wrote++
	_, err = fmt.Fprintf(w, "decided %s %s: %s, until %s\n  %s\n", d.Rule, report.Line(componentName(d.Component), 0), strings.ReplaceAll(d.LeadsTo, "_", " "), d.Expires, name)
	return err
}

func answerCommand() *cobra.Command {
	var a asking
	var k signing
	var sv sieve
	var answer, because, kind, expires string
	var evidence []string
	var lapsed, same bool
	c := &cobra.Command{
		Use:   "answer ID…",
		Short: "Answer questions: sign a decision for each",
		Long: `answer signs a decision for each question named, and writes it to .assay/decisions below --dir. ANSWER is the number of an answer or its words; several questions must offer
it alike. With --same-focus it answers those as well that ask the same about the same. With --all-lapsed it answers what was answered before and lapsed or expired, as it
was answered, unless --answer says otherwise: look at what came and went first (assay review --state lapsed).

Which kind a decision is follows from the answer; --kind says otherwise: ` + kindsText() + `. Who may make which is said by the role that the policy gives to the
key's holder. Nothing is written unless all can be.`,
		Example: "  assay review answer q:0123456789abcdef --answer 1 --because 'read both handlers' --key anna.key --policy policy.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !lapsed:
				return usage("which question? assay review lists them with their ids")
			case len(args) > 0 && lapsed:
				return usage("--all-lapsed names the questions itself")
			case answer == "" && !lapsed:
				return usage("which answer? --answer NUMBER or the words of one that is offered")
			case strings.TrimSpace(because) == "":
				return usage("a decision needs a reason: --because TEXT")
			case kind != "" && !slices.ContainsFunc(review.Kinds, func(x review.Kind) bool { return x.Name == kind }):
				return usage("--kind %s: there are %s", kind, kindsText())
			}
			if err := k.check(&a, cmd); err != nil {
				return err
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			open := review.Questions(doc)
			ids := args
			if lapsed {
				ids = nil
				some, err := sv.keep(doc, slices.Clone(open))
				if err != nil {
					return err
				}
				for _, o := range some {
					if o.State != "open" && len(o.Before) > 0 {
						ids = append(ids, o.ID)
					}
				}
				if len(ids) == 0 {
					return usage("no decision has lapsed")
				}
			}
			if same {
				var all []string
				for _, id := range ids {
					for _, x := range review.SameFocus(open, id) {
						if !slices.Contains(all, x) {
							all = append(all, x)
						}
					}
				}
				ids = all
			}
			by, err := k.open(&a, cmd, doc)
			if err != nil {
				return err
			}
			w, err := by.words(kind, because, evidence, expires)
			if err != nil {
				return err
			}
			ds, err := decide(doc, open, ids, answer, w)
			if err != nil {
				return err
			}
			return by.all(cmd.OutOrStdout(), ds)
		},
	}
	a.flags(c)
	k.flags(c)
	sv.flags(c)
	f := c.Flags()
	f.StringVar(&a.j.dir, "dir", ".", "the `DIR` of the system")
	f.StringVar(&answer, "answer", "", "the answer, by its number or in its words")
	f.StringVar(&because, "because", "", "the reason, in your words")
	f.StringArrayVar(&evidence, "evidence", nil, "evidence that it rests on, as a `FILE` or by its SHA-256; repeatable")
	f.StringVar(&kind, "kind", "", "the `KIND` of decision, where it is not the usual one for this answer")
	f.StringVar(&expires, "expires", "", "the last `DAY` on which it holds; as late as allowed by default")
	f.BoolVar(&lapsed, "all-lapsed", false, "answer all that lapsed or expired, of those that --requirement and --component name")
	f.BoolVar(&same, "same-focus", false, "answer those as well that ask the same about the same")
	return c
}

func kindsText() string {
	var out []string
	for _, k := range review.Kinds {
		out = append(out, k.Name)
	}
	return strings.Join(out, ", ")
}

// decide makes a decision of each question in ids, or says all that is wrong with them.
func decide(doc *assess.Document, open []review.Item, ids []string, answer string, w review.Words) (ds []review.Decision, err error) {
	var wrong []string
	first := -1
	done := map[string]bool{}
	for _, id := range ids {
		if done[id] {
			continue
		}
		done[id] = true
		i := slices.IndexFunc(open, func(o review.Item) bool { return o.ID == id })
		if i < 0 {
			text := "there is no such question; assay review lists them"
			if slices.ContainsFunc(doc.Questions, func(q assess.QuestionAsked) bool { return q.ID == id }) {
				text = "it is decided; assay review list shows by whom"
			}
			wrong = append(wrong, id+": "+text)
			continue
		}
		said := answer
		if said == "" {
			said = open[i].Before[0].Answer
		}
		if _, numbered := strconv.Atoi(strings.TrimSpace(said)); numbered == nil && first >= 0 && !slices.EqualFunc(open[first].Choices, open[i].Choices, func(a, b review.Choice) bool { return a.Answer == b.Answer }) {
			wrong = append(wrong, fmt.Sprintf("%s: it offers other answers than %s, so %s means two things; write the answer in words, or answer them apart", id, open[first].ID, said))
			continue
		}
		if first < 0 {
			first = i
		}
		c, err := open[i].Choose(said)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		d, err := review.Answer(doc, id, c.Answer, w)
		if err != nil {
			wrong = append(wrong, id+": "+err.Error())
			continue
		}
		ds = append(ds, d)
	}
	if len(wrong) > 0 {
		return nil, usage("%s\nnothing was written", strings.Join(wrong, "\n"))
	}
	return ds, nil
}

// all signs decisions, and writes them when all are signed.
func (s *signer) all(w io.Writer, ds []review.Decision) error {
	var sealed [][]byte
	for _, d := range ds {
		data, err := s.seal(d)
		if err != nil {
			return usage("%s %s: %v\nnothing was written", d.Rule, componentName(d.Component), err)
		}
		sealed = append(sealed, data)
	}
	for i, d := range ds {
		if err := s.write(w, d, sealed[i]); err != nil {
			return err
		}
	}
	return nil
}

func refuteCommand() *cobra.Command {
	var a asking
	var k signing
	var because, expires string
	var evidence []string
	c := &cobra.Command{
		Use:   "refute [FINDING…]",
		Short: "Say that a violation that was found is none; it takes two assessors",
		Long: `refute signs, for each finding named by the beginning of its id, that it is false. When a second assessor has done so the finding is settled; it stays visible for ever, marked. Without a
finding it lists those that can be refuted.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				doc, err := a.document(cmd)
				if err != nil {
					return err
				}
				return listViolations(cmd.OutOrStdout(), doc, a.flagsFor(cmd))
			}
			if strings.TrimSpace(because) == "" {
				return usage("a decision needs a reason: --because TEXT")
			}
			if err := k.check(&a, cmd); err != nil {
				return err
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			by, err := k.open(&a, cmd, doc)
			if err != nil {
				return err
			}
			w, err := by.words("", because, evidence, expires)
			if err != nil {
				return err
			}
			var ds []review.Decision
			for _, said := range args {
				id, err := review.Finding(doc, said)
				if err != nil {
					return usage("%v", err)
				}
				for _, v := range review.Violations(doc) {
					if v.ID == id && slices.Contains(v.By, by.who.ID) {
						return usage("%s has refuted %s already; it takes another assessor", by.who.ID, said)
					}
				}
				d, err := review.Refute(doc, id, w)
				if err != nil {
					return usage("%v", err)
				}
				ds = append(ds, d)
			}
			return by.all(cmd.OutOrStdout(), ds)
		},
	}
	a.flags(c)
	k.flags(c)
	f := c.Flags()
	f.StringVar(&a.j.dir, "dir", ".", "the `DIR` of the system")
	f.StringVar(&because, "because", "", "the reason, in your words")
	f.StringArrayVar(&evidence, "evidence", nil, "evidence that it rests on, as a `FILE` or by its SHA-256; repeatable")
	f.StringVar(&expires, "expires", "", "the last `DAY` on which it holds; as late as allowed by default")
	return c
}

func listViolations(w io.Writer, doc *assess.Document, flags string) error {
	p := newPage(w)
	vs := review.Violations(doc)
	p.text("", fmt.Sprintf("%s: %s that nobody has settled", doc.ToE.Name, counted(len(vs), "violation", "violations")))
	for _, v := range vs {
		p.gap()
		p.hang("  "+strings.TrimPrefix(v.ID, "sha256:")[:16]+"  ", "    ", fmt.Sprintf("%s %s: %s", v.Requirement, componentName(v.Component), v.Text))
		if len(v.Look) > 0 {
			p.hang("    look at: ", "      ", strings.Join(v.Look[:min(len(v.Look), 4)], ", "))
		}
		if len(v.By) > 0 {
			p.hang("    ", "      ", "refuted by "+strings.Join(v.By, " and ")+"; it takes a second assessor")
		}
	}
	if len(vs) > 0 {
		p.gap()
		p.raw("  ", "assay review refute FINDING --because WHY --key KEY "+flags)
	}
	_, err := w.Write(p.b.Bytes())
	return err
}

func exportCommand() *cobra.Command {
	var a asking
	var s sieve
	c := &cobra.Command{
		Use:   "export OUTPUT",
		Short: "Write the open questions into one file, for work elsewhere",
		Long: `export writes the open questions into OUTPUT: as a table (CSV) if it is called so, else as JSON. Whoever answers fills in answer (its number or its words) and because; kind, expires
and brings (digests of evidence) may be left empty. assay review import FILE signs what was filled in.`,
		Example: "  assay review export questions.csv --dir lab/shop --requirement QUAL.3",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := named("into which file? For example: assay review export questions.csv")(cmd, args); err != nil {
				return err
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			open, err := s.keep(doc, review.Questions(doc))
			if err != nil {
				return err
			}
			open = slices.DeleteFunc(open, func(o review.Item) bool { return len(o.Choices) == 0 })
			sheet := review.MakeSheet(doc, open)
			var b bytes.Buffer
			if strings.EqualFold(filepath.Ext(args[0]), ".csv") {
				err = sheet.CSV(&b)
			} else {
				err = sheet.JSON(&b)
			}
			if err != nil {
				return nothing(err)
			}
			if err := write(args[0], b.Bytes(), cmd.OutOrStdout()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s: %s\n", args[0], counted(len(open), "question", "questions"))
			return err
		},
	}
	a.flags(c)
	s.flags(c)
	c.Flags().StringVar(&a.j.dir, "dir", ".", "the `DIR` of the system")
	return c
}

func importCommand() *cobra.Command {
	var a asking
	var k signing
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Sign the answers that were filled into an exported file",
		Long: `import reads a file that assay review export wrote and somebody filled in, and signs a decision for each answer: whoever imports decides, and answers for it. Each row is held against the
questions of today. A row with an id that nobody asks, about what has changed since, or with an answer that is not offered is an error, told and left out; the others are
written all the same. Exit code: 0 all were, 2 some were not.`,
		Example: "  assay review import questions.csv --dir lab/shop --key anna.key --policy policy.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := named("which file? For example: assay review import questions.csv")(cmd, args); err != nil {
				return err
			}
			if err := filePath.check("", args[0]); err != nil {
				return err
			}
			data, err := readGiven(args[0], 64<<20)
			if err != nil {
				return nothing(err)
			}
			sheet, err := review.ReadSheet(data)
			if err != nil {
				return usage("%s: %v", args[0], err)
			}
			if err := k.check(&a, cmd); err != nil {
				return err
			}
			doc, err := a.document(cmd)
			if err != nil {
				return err
			}
			by, err := k.open(&a, cmd, doc)
			if err != nil {
				return err
			}
			w, err := by.words("", "", nil, "")
			if err != nil {
				return err
			}
			taken := sheet.Take(doc, w)
			var wrong []string
			for _, t := range taken {
				var sealed []byte
				if t.Err == nil {
					if _, err := by.words("", "x", t.Decision.Evidence, t.Decision.Expires); err != nil {
						t.Err = err
					} else {
						sealed, t.Err = by.seal(t.Decision)
					}
				}
				if t.Err != nil {
					wrong = append(wrong, fmt.Sprintf("%s: %v", cmp0(t.ID), t.Err))
					continue
				}
				if err := by.write(cmd.OutOrStdout(), t.Decision, sealed); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s of %s in %s\n", counted(by.wrote, "decision", "decisions"), counted(len(taken), "answer", "answers"), args[0])
			if len(wrong) > 0 {
				return usage("%s not taken:\n%s", counted(len(wrong), "answer was", "answers were"), strings.Join(wrong, "\n"))
			}
			return nil
		},
	}
	a.flags(c)
	k.flags(c)
	c.Flags().StringVar(&a.j.dir, "dir", ".", "the `DIR` of the system")
	return c
}

func cmp0(id string) string {
	if id == "" {
		return "a row without id"
	}
	return id
}

// errQuit says that nobody wants to be asked any more.
var errQuit = errors.New("quit")

// ask asks one question after the other. Each decision is written at once, so that nothing is lost however it ends.
func (s *signer) ask(ctx context.Context, in io.Reader, out io.Writer, open []review.Item) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		sc := bufio.NewScanner(in)
		sc.Buffer(nil, review.MaxText*4)
		for sc.Scan() {
			select {
			case lines <- sc.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	read := func(prompt string) (string, error) {
		fmt.Fprint(out, prompt)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case l, ok := <-lines:
			if !ok {
				return "", errQuit
			}
			return strings.TrimSpace(l), nil
		}
	}
	open = slices.DeleteFunc(open, func(o review.Item) bool { return len(o.Choices) == 0 || len(o.Unbound) > 0 })
	skipped := 0
	var err error
	for i, o := range open {
		p := newPage(out)
		p.gap()
		p.text("", fmt.Sprintf("%d of %d  %s  %s", i+1, len(open), o.Requirement, componentName(o.Component)))
		p.text("  ", o.Text)
		item(p, o)
		if o.Evidence != "" {
			p.hang("    what decides it: ", "      ", o.Evidence)
		}
		choices(p, "    ", o.Choices)
		if _, err := out.Write(p.b.Bytes()); err != nil {
			return nothing(err)
		}
		var done bool
		if done, err = s.one(o, read, out); err != nil {
			break
		} else if !done {
			skipped++
		}
	}
	if err != nil && !errors.Is(err, errQuit) && !errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprintf(out, "\n%s written, %d skipped, %d left\n", counted(s.wrote, "decision", "decisions"), skipped, len(open)-s.wrote-skipped)
	if errors.Is(err, context.Canceled) {
		return nothing(fmt.Errorf("interrupted; %s written before, and nothing is lost", counted(s.wrote, "decision was", "decisions were")))
	}
	return nil
}

// one asks o until it is answered or skipped.
func (s *signer) one(o review.Item, read func(string) (string, error), out io.Writer) (done bool, err error) {
	for {
		said, err := read(fmt.Sprintf("  answer 1-%d, s skip, q quit, ? show > ", len(o.Choices)))
		if err != nil {
			return false, err
		}
		switch said {
		case "q":
			return false, errQuit
		case "s":
			return false, nil
		case "":
			continue
		case "?":
			p := newPage(out)
			p.text("    ", "rule "+o.Rule+", about "+o.About)
			for _, f := range s.doc.Focuses[o.About] {
				p.text("      ", rootless(f.Text))
			}
			for _, l := range o.Look {
				p.text("    look at: ", l)
			}
			if _, err := out.Write(p.b.Bytes()); err != nil {
				return false, nothing(err)
			}
			continue
		}
		c, err := o.Choose(said)
		if err != nil {
			fmt.Fprintf(out, "  %s\n", report.Line(err.Error(), 0))
			continue
		}
		why, err := read("  why (empty goes back) > ")
		if err != nil {
			return false, err
		}
		if why == "" {
			continue
		}
		w, err := s.words("", why, nil, "")
		if err != nil {
			return false, err
		}
		d, err := review.Answer(s.doc, o.ID, c.Answer, w)
		var data []byte
		if err == nil {
			data, err = s.seal(d)
		}
		if err != nil {
			fmt.Fprintf(out, "  %s\n", report.Line(err.Error(), 0))
			continue
		}
		return true, s.write(out, d, data)
	}
}
