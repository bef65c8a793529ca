package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"assay/acquire"
	"assay/assess"
	"assay/cert"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// A judged run is all that a document was made of, while the store is open.
type judged struct {
	doc        *assess.Document
	assessment *assess.Assessment
	store      *acquire.Store
	engine     *assess.Engine
	bar        bar
	config     *toe.File
	records    *acquire.RecordsFound
	at         time.Time
}

// A certifying is what the flags of certify say. Which of its works is meant follows from them: prepare, issue, or change a state.
type certifying struct {
	j          job
	dir        string // the issuing directory
	issuer     string
	from       string // bundle of the certificate to supersede
	content    bool
	all        bool // obstacles
	token      string
	key, pass  string
	logKey     string
	checkpoint string
	because    string
	change     map[string]*string // flag, certificate
}

// stateChanges are the flags that change the state of a certificate, with the state.
var stateChanges = []struct{ flag, state, what string }{
	{"suspend", cert.Suspended, "say that this `CERTIFICATE` is suspended; a status key may"},
	{"withdraw", cert.Withdrawn, "say that this `CERTIFICATE` is withdrawn, for ever"},
	{"reinstate", cert.Valid, "say that this `CERTIFICATE` is valid again"},
	{"refresh", "", "say again what this `CERTIFICATE` is, so that it is known for some days more"},
}

func certifyCommand() *cobra.Command {
	k := certifying{change: map[string]*string{}}
	c := &cobra.Command{
		Use:   "certify [DIR]",
		Short: "Prepare a certificate, issue it, and say what becomes of it",
		Long: `certify assesses the system in DIR (here by default) as assess does, judges everything once more with nothing remembered, and says what stands in the way of a
certificate. If nothing does, it prepares one in the issuing directory (--directory) and prints a token, with what the certificate would attest and what not. The token is
the digest of what is going to be signed; it can be used once, within a day.

With --issue TOKEN it signs what was prepared, enters it in the log, and makes the bundle that anybody can verify (assay verify). The log's checkpoint is kept outside of the
issuing directory, in --checkpoint FILE or with the user's own state, so that a log that was changed shows the next time.

With --from BUNDLE it prepares a certificate that takes the place of the one in BUNDLE: it lists which cells were judged anew, because what is looked at in them has
changed, and which decisions lapsed and why. The others are carried over.

--suspend, --withdraw, --reinstate and --refresh sign a new status of a certificate, named by its digest or the beginning of that. A status is known for some days only
(parameter status.days); --refresh says it again. A status key can suspend and do nothing else.

Exit codes: 0 done; 1 something that is violated stands in the way; 3 something unknown or open does; 2 a wrong use, or a key that may not do this; 5 a signature or digest
that does not hold; 4 nothing could be assessed.`,
		Example: `  assay certify lab/shop --policy policy.json --directory issuing
  assay certify --issue TOKEN --key iris.key --log-key log.key --policy policy.json --directory issuing
  assay certify lab/shop --from bundle.zip --policy policy.json --directory issuing
  assay certify --suspend CERTIFICATE --because "a key was lost" --key iris.key --log-key log.key --policy policy.json --directory issuing`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return k.run(cmd, args) },
	}
	k.j.flags(c)
	f := c.Flags()
	f.StringVar(&k.dir, "directory", "", "the issuing `DIR`: certificates, statuses and the log")
	f.StringVar(&k.issuer, "issuer", "", "who is going to sign: the `KEY`'s id or its beginning, or the person's id in the policy; not needed if there is one issuer")
	f.StringVar(&k.from, "from", "", "prepare a certificate that takes the place of the one in this bundle (`FILE`)")
	f.BoolVar(&k.content, "with-artefacts", false, "put the content of all files into the bundle, so that facts can be read again (assay verify --replay=full)")
	f.BoolVar(&k.all, "all", false, "list all that stands in the way")
	f.StringVar(&k.token, "issue", "", "sign what was prepared under this `TOKEN`")
	f.StringVar(&k.key, "key", "", "sign with the private key in this `FILE`")
	passphraseFlag(c, &k.pass)
	f.StringVar(&k.logKey, "log-key", "", "the secret key of the log, in this `FILE` (assay key log)")
	f.StringVar(&k.checkpoint, "checkpoint", "", "keep the log's checkpoint in this `FILE`; with the user's own state by default")
	f.StringVar(&k.because, "because", "", "the reason, in your words")
	for _, x := range stateChanges {
		k.change[x.flag] = f.String(x.flag, "", x.what)
	}
	c.AddCommand(certifyShowCommand())
	return c
}

// run finds out which work is meant, and does it.
func (k *certifying) run(cmd *cobra.Command, args []string) error {
	var works []string
	for _, x := range stateChanges {
		if *k.change[x.flag] != "" {
			works = append(works, "--"+x.flag)
		}
	}
	if k.token != "" {
		works = append(works, "--issue")
	}
	if k.from != "" {
		works = append(works, "--from")
	}
	switch {
	case cmd.Flags().Changed("issue") && !digestText.MatchString(k.token):
		return usageHint("assay certify DIR prepares a certificate and prints the token", "--issue %s: that is no token", k.token)
	case len(works) > 1:
		return usage("%s are different things; do one at a time", strings.Join(works, " and "))
	case k.j.policy == "":
		return usageHint("assay policy makes one", "by which policy? --policy FILE")
	case k.dir == "":
		return usage("where are certificates kept? --directory DIR")
	case len(works) == 1 && works[0] != "--from" && len(args) > 0:
		return usage("%s is about what was prepared or issued, not about %s", works[0], args[0])
	}
	d, err := openIssuing(k.dir, k.j.policy, k.checkpoint)
	if err != nil {
		return err
	}
	at, err := k.at()
	if err != nil {
		return err
	}
	if len(works) == 1 && works[0] == "--issue" {
		key, err := k.sign(cmd, d)
		if err != nil {
			return err
		}
		x, err := d.Issue(cmd.Context(), k.token, key, at)
		if err != nil {
			return ofCert(err)
		}
		if err := d.remember(x.Checkpoint.Text); err != nil {
			return err
		}
		p := x.Statement.Predicate
		sayTo(cmd.OutOrStdout(), "issued certificate %s", x.Certificate)
		sayTo(cmd.OutOrStdout(), "  of %s, serial number %s, valid until %s", p.ToE, p.Serial, p.ValidUntil)
		if p.Supersedes != "" {
			sayTo(cmd.OutOrStdout(), "  in the place of %s", p.Supersedes)
		}
		d.told(cmd.OutOrStdout(), x, k.j.policy)
		return nil
	}
	for _, x := range stateChanges {
		if name := *k.change[x.flag]; name != "" {
			return k.set(cmd, d, name, x.state, at)
		}
	}
	k.j.dir = "."
	if len(args) == 1 {
		k.j.dir = args[0]
	}
	if err := systemPath.check("", k.j.dir); err != nil {
		return err
	}
	return k.prepare(cmd, d)
}

// at is when this is: now, or what --at says.
func (k *certifying) at() (time.Time, error) {
	if k.j.at == "" {
		return time.Now().UTC().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, k.j.at)
	if err != nil {
		return at, usage("--at %q is not a time like 2026-11-24T12:00:00Z", k.j.at)
	}
	return at.UTC().Truncate(time.Second), nil
}

// sign opens the keys that issuing takes.
func (k *certifying) sign(cmd *cobra.Command, d *issuing) (*seal.Key, error) {
	if k.key == "" {
		return nil, usage("who signs? --key FILE")
	}
	if err := d.secret(k.logKey); err != nil {
		return nil, err
	}
	return openKey(cmd.Context(), cmd.ErrOrStderr(), k.key, k.pass)
}

// set signs a new status.
func (k *certifying) set(cmd *cobra.Command, d *issuing, name, state string, at time.Time) error {
	if state != "" && strings.TrimSpace(k.because) == "" {
		return usage("why? --because TEXT")
	}
	listed, err := d.find(name)
	if err != nil {
		return err
	}
	key, err := k.sign(cmd, d)
	if err != nil {
		return err
	}
	if state == "" && listed.Status != nil {
		state = cert.StateOf(listed.History)
		if state == cert.Valid && at.Format(time.RFC3339) >= listed.Statement.Predicate.ValidUntil {
			state, k.because = cert.Expired, cmp.Or(k.because, "its time is over")
		}
	}
	return d.set(cmd, listed.Certificate, cert.Change{State: state, Reason: k.because}, key, at, k.j.policy)
}

// An issuing is an issuing directory, with the file of the checkpoint that was seen last.
type issuing struct {
	cert.Directory
	kept string
}

// openIssuing opens an issuing directory under a policy.
func openIssuing(dir, policy, checkpoint string) (*issuing, error) {
	p, err := readPolicy(policy)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, usage("--directory %s is a file", dir)
	}
	d := &issuing{Directory: cert.Directory{Path: dir, Policy: p}, kept: checkpoint}
	if d.kept == "" {
		if d.kept, err = stateFile("checkpoints", seal.Digest([]byte(p.Log.Origin+"\n"+p.Log.Key))); err != nil {
			return nil, usageHint("name a file with --checkpoint FILE", "there is no place for the log's checkpoint: %v", err)
		}
	}
	if d.Kept, err = readGiven(d.kept, cert.MaxCheckpoint); err != nil && !os.IsNotExist(err) {
		return nil, nothing(fmt.Errorf("read the log's checkpoint: %w", err))
	}
	return d, nil
}

// stateFile names a file among what programs keep of a user.
func stateFile(parts ...string) (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" || !filepath.IsAbs(base) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(append([]string{base, "assay"}, parts...)...), nil
}

// secret reads the secret key of the log.
func (d *issuing) secret(file string) error {
	if file == "" {
		return usageHint("assay key log makes one", "with which key does the log sign its checkpoints? --log-key FILE")
	}
	if err := filePath.check("--log-key ", file); err != nil {
		return err
	}
	data, err := readSmall(file)
	if err != nil {
		return nothing(err)
	}
	d.Log = strings.TrimSpace(string(data))
	return nil
}

// remember keeps a checkpoint for the next time.
func (d *issuing) remember(text []byte) error {
	if err := os.MkdirAll(filepath.Dir(d.kept), 0o700); err != nil {
		return nothing(fmt.Errorf("keep the log's checkpoint: %w", err))
	}
	if err := writeFile(d.kept, text); err != nil {
		return nothing(fmt.Errorf("keep the log's checkpoint: %w", err))
	}
	return nil
}

// find returns the certificate whose digest begins with name.
func (d *issuing) find(name string) (cert.Listed, error) {
	all, _, err := d.List()
	if err != nil {
		return cert.Listed{}, ofCert(err)
	}
	var found []cert.Listed
	for _, x := range all {
		if x.Certificate != "" && x.Bundle != "" && len(name) >= 6 && strings.HasPrefix(x.Certificate, name) {
			found = append(found, x)
		}
	}
	switch {
	case len(found) == 0:
		return cert.Listed{}, usageHint("assay status "+shellWord(d.Path)+" --policy FILE lists them", "there is no certificate %s in %s", name, d.Path)
	case len(found) > 1:
		return cert.Listed{}, usage("%s is the beginning of several certificates", name)
	case found[0].Statement == nil:
		return cert.Listed{}, exit{exitForged, errors.New(found[0].Problem)}
	}
	return found[0], nil
}

// set signs a new status of a certificate, and says so.
func (d *issuing) set(cmd *cobra.Command, certificate string, c cert.Change, key *seal.Key, at time.Time, policy string) error {
	x, err := d.SetStatus(cmd.Context(), certificate, c, key, at)
	if err != nil {
		return ofCert(err)
	}
	if err := d.remember(x.Checkpoint.Text); err != nil {
		return err
	}
	sayTo(cmd.OutOrStdout(), "certificate %s is %s, known until %s: %s", seal.Short(certificate), x.Status.State, x.Status.Expires, x.Status.Reason)
	d.told(cmd.OutOrStdout(), x, policy)
	return nil
}

// told says where the bundle is, and what to do with it.
func (d *issuing) told(w io.Writer, x *cert.Issued, policy string) {
	sayTo(w, "  bundle: %s", x.Bundle)
	sayTo(w, "  the log has %s; its checkpoint is kept in %s", counted(int(x.Checkpoint.Size), "entry", "entries"), d.kept)
	sayTo(w, "  whoever has the bundle and the policy verifies it: assay verify %s --policy %s", shellWord(x.Bundle), shellWord(policy))
}

// sayTo writes a line that commands no terminal.
func sayTo(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, harmless(fmt.Sprintf(format, args...)))
}

// ofCert turns an error of package cert into an exit: what it calls a failure has a code of its own.
func ofCert(err error) error {
	var f *cert.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return exit{f.Code, err}
	case errors.Is(err, context.Canceled):
		return err
	}
	return nothing(err)
}

// prepare assesses, and prepares a certificate or says what stands in its way.
func (k *certifying) prepare(cmd *cobra.Command, d *issuing) error {
	issuer, err := issuerKey(d.Policy, k.issuer)
	if err != nil {
		return err
	}
	var old *before
	if k.from != "" {
		if old, err = readBefore(k.from, d.Policy); err != nil {
			return err
		}
	}
	k.j.keep = func(r *judged) error { return k.judged(cmd, d, r, issuer, old) }
	_, err = k.j.run(cmd.Context(), cmd.ErrOrStderr())
	return err
}

func (k *certifying) judged(cmd *cobra.Command, d *issuing, r *judged, issuer string, old *before) error {
	in := cert.Input{Issuer: issuer, At: r.at, Document: r.doc, Declared: r.config, Engine: r.engine, Artefacts: r.assessment.Artefacts, Store: r.store, Decisions: r.bar.files, Content: k.content}
	if r.records != nil {
		for _, e := range r.records.Evidence {
			data, err := e.Content()
			if err != nil {
				return exit{exitUnknown, fmt.Errorf("the evidence %s cannot go into a bundle: %w", e.Name, err)}
			}
			in.Records = append(in.Records, cert.Record{Record: e.Data, File: data})
		}
	}
	out := cmd.OutOrStdout()
	if old != nil {
		in.Carried = old.carry(r.doc)
		if err := old.tell(out, in.Carried, r.doc); err != nil {
			return err
		}
	}
	p, obstacles, err := d.Prepare(in)
	if len(obstacles) > 0 {
		if err := k.standing(cmd, r.doc, obstacles); err != nil {
			return err
		}
	}
	if err != nil {
		return ofCert(err)
	}
	pg := newPage(out)
	pg.text("", fmt.Sprintf("%s: nothing stands in the way of a certificate. It would say:", r.doc.ToE.Name))
	for _, s := range p.Statement.Predicate.Attests {
		pg.hang("  + ", "    ", s)
	}
	pg.text("", "It would not say more than that:")
	for _, s := range p.Statement.Predicate.DoesNotAttest {
		pg.hang("  - ", "    ", s)
	}
	pg.gap()
	pg.raw("token ", p.Token)
	issue := pflag.NewFlagSet("issue", pflag.ContinueOnError) // of the flags of certify those that issuing reads
	for _, name := range []string{"at", "checkpoint", "directory", "key", "log-key", "passphrase-file", "policy"} {
		issue.AddFlag(cmd.Flags().Lookup(name))
	}
	pg.raw("  issue it within a day: ", next(cmd, []string{"assay certify --issue", p.Token}, issue, "--key KEY", "--log-key LOG"))
	_, err = out.Write(pg.b.Bytes())
	return err
}

// issuerKey returns the id of the key that is going to sign: the one that said names, or that of the only issuer.
func issuerKey(p *toe.Policy, said string) (string, error) {
	var ids, names []string
	for _, x := range p.People {
		if x.Role != "issuer" {
			continue
		}
		for _, key := range x.Keys {
			if said == "" && !key.Revoked || said != "" && (x.ID == said || len(said) >= 6 && strings.HasPrefix(key.Key.ID, said)) {
				ids, names = append(ids, key.Key.ID), append(names, x.ID+" "+seal.Short(key.Key.ID))
			}
		}
	}
	switch {
	case len(ids) == 1:
		return ids[0], nil
	case len(ids) == 0 && said == "":
		return "", usage("the policy names no issuer with a key")
	case len(ids) == 0:
		return "", usage("the policy names no issuer %s", said)
	}
	return "", usage("who is going to sign? --issuer KEY: there are %s", strings.Join(names, ", "))
}

// shown is how many sentences are shown of one requirement, unless all are wanted.
const shown = 3

// standing writes what stands in the way: what is violated first, then by requirement, what is said of several components once.
func (k *certifying) standing(cmd *cobra.Command, doc *assess.Document, obstacles []cert.Obstacle) error {
	w := cmd.OutOrStdout()
	type group struct {
		status      rules.Status
		requirement string
		texts       []string
		of          map[string][]string // components, by text
	}
	var groups []*group
	for _, o := range obstacles {
		name := o.Requirement
		if o.Component != "" && name != "" {
			name += " of " + o.Component
		}
		text := strings.TrimPrefix(o.Text, fmt.Sprintf("%s is %s: ", name, o.Status))
		i := slices.IndexFunc(groups, func(g *group) bool { return g.requirement == o.Requirement && g.status == o.Status })
		if i < 0 {
			groups, i = append(groups, &group{status: o.Status, requirement: o.Requirement, of: map[string][]string{}}), len(groups)
		}
		g := groups[i]
		if _, had := g.of[text]; !had {
			g.texts = append(g.texts, text)
		}
		if o.Requirement != "" {
			g.of[text] = append(g.of[text], componentName(o.Component))
		} else {
			g.of[text] = nil
		}
	}
	place := map[string]int{}
	for i, r := range scheme.All() {
		place[r.ID] = i + 1
	}
	rank := func(g *group) int {
		switch {
		case g.requirement == "":
			return 0
		case g.status == rules.Violated:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(place[a.requirement], place[b.requirement]))
	})
	p := newPage(w)
	p.text("", fmt.Sprintf("%s: in the way of a certificate", doc.ToE.Name))
	for _, g := range groups {
		p.gap()
		if req, ok := scheme.Get(g.requirement); ok {
			p.text("", fmt.Sprintf("%s  %s: %s", req.ID, req.Title, leads(g.status)))
		} else {
			p.text("", "Of all of it")
		}
		n := len(g.texts)
		if !k.all && n > shown+1 {
			n = shown
		}
		for _, text := range g.texts[:n] {
			if of := g.of[text]; len(of) > 0 {
				text += "  [" + firstOf(of, 4) + "]"
			}
			p.hang("  ", "    ", text)
		}
		if rest := len(g.texts) - n; rest > 0 {
			p.text("  ", fmt.Sprintf("and %d more (--all)", rest))
		}
	}
	p.gap()
	p.raw("what leads from here to a certificate: ", next(cmd, []string{"assay plan", shellWord(k.j.dir)}, planCommand().Flags()))
	_, err := w.Write(p.b.Bytes())
	return err
}
