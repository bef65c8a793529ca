package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/cert"
	"assay/seal"
)

// exitEnded is the exit code for a certificate that holds and no longer counts: suspended, withdrawn, superseded, ended, or its status is too old.
const exitEnded = 6

// A statusing is what the flags of status say.
type statusing struct {
	c     certifying
	check string
	key   string
}

func statusCommand() *cobra.Command {
	var s statusing
	c := &cobra.Command{
		Use:   "status DIRECTORY|BUNDLE",
		Short: "Say what state certificates are in, and suspend one that no longer holds",
		Long: `status lists the certificates of an issuing directory with state, age and end, and what is wrong with any; or it says in what state the certificate in a bundle is, as far as the bundle
tells. What a bundle cannot know is a newer status: see how old the one in it is.

With --check BUNDLE it assesses the system in the directory given (here by default) again, and holds it against the certificate in BUNDLE. If a cell of the certificate is
violated, if evidence has been too old for longer than the grace period (parameter grace.days), or if the files are not those that were certified, it signs with
--status-key that the certificate is suspended, and says why. Otherwise it says that the certificate still holds. It lifts nothing; an issuer does (assay certify
--reinstate). A status key can do nothing but suspend.

Exit codes: 0 the certificate is valid, or still holds; 6 it is suspended (now, or before), withdrawn, superseded, at its end, or its status is too old; 3 something in the directory has to be
finished; 5 a signature or digest does not hold; 2 a wrong use.`,
		Example: `  assay status issuing --policy policy.json
  assay status bundle.zip --policy policy.json
  assay status lab/shop --check bundle.zip --policy policy.json --directory issuing --status-key guard.key --log-key log.key`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.c.j.policy == "" {
				return usageHint("assay policy makes one", "by which policy? --policy FILE")
			}
			if s.check != "" {
				return s.run(cmd, args)
			}
			if len(args) != 1 {
				return usage("of what? The issuing directory, or a bundle: assay status issuing --policy FILE")
			}
			if err := anyPath.check("", args[0]); err != nil {
				return err
			}
			at, err := s.c.at()
			if err != nil {
				return err
			}
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				return listCertificates(cmd.OutOrStdout(), args[0], s.c.j.policy, s.c.checkpoint, at)
			}
			return stateOfBundle(cmd.OutOrStdout(), args[0], s.c.j.policy, at)
		},
	}
	s.c.j.flags(c)
	f := c.Flags()
	f.StringVar(&s.check, "check", "", "assess again, and suspend the certificate in this bundle (`FILE`) if it no longer holds")
	f.StringVar(&s.c.dir, "directory", "", "with --check, the issuing `DIR`")
	f.StringVar(&s.key, "status-key", "", "with --check, sign with the private key in this `FILE`")
	f.StringVar(&s.c.logKey, "log-key", "", "with --check, the secret key of the log, in this `FILE`")
	f.StringVar(&s.c.checkpoint, "checkpoint", "", "the log's checkpoint that was kept in this `FILE`; with the user's own state by default")
	passphraseFlag(c, &s.c.pass)
	return c
}

// listCertificates lists what an issuing directory holds.
func listCertificates(w io.Writer, dir, policy, checkpoint string, at time.Time) error {
	d, err := openIssuing(dir, policy, checkpoint)
	if err != nil {
		return err
	}
	all, log, err := d.List()
	if err != nil {
		return ofCert(err)
	}
	problems, open := 0, 0
	for _, x := range all {
		if x.Certificate == "" {
			open++
		}
	}
	p := newPage(w)
	prepared := ""
	if open > 0 {
		prepared = fmt.Sprintf(", %d prepared and not issued", open)
	}
	p.text("", fmt.Sprintf("%s: %s%s; the log %s has %s", d.Policy.ToE, counted(len(all)-open, "certificate", "certificates"), prepared, d.Policy.Log.Origin, counted(len(log.Entries), "entry", "entries")))
	for _, x := range all {
		p.gap()
		switch {
		case x.Certificate != "" && x.Status != nil:
			p.text("", "certificate "+x.Certificate)
			p.text("  ", stateWords(cert.StateOf(x.History), *x.Status, at))
		case x.Certificate != "":
			p.text("", "certificate "+x.Certificate)
		default:
			p.text("", "prepared, not issued: token "+x.Token)
		}
		if x.Statement != nil {
			c := x.Statement.Predicate
			p.text("  ", fmt.Sprintf("issued %s, ends %s (%s)", c.Issued, c.ValidUntil, leftOf(c.ValidUntil, at)))
			if c.Supersedes != "" {
				p.text("  ", "in the place of "+seal.Short(c.Supersedes))
			}
		}
		if x.Problem != "" {
			problems++
			p.text("  ", "NOT WHOLE: "+x.Problem)
		}
		if x.Bundle != "" {
			p.raw("  ", x.Bundle)
		}
	}
	if _, err := w.Write(p.b.Bytes()); err != nil {
		return err
	}
	if problems > 0 {
		return exit{code: exitUnknown}
	}
	return nil
}

// stateWords says a status, and how old it is.
func stateWords(state string, s cert.Status, at time.Time) string {
	text := fmt.Sprintf("%s, as said %s ago by %s (%s): %s", state, agoOf(s.At, at), s.By.Person, s.By.Role, s.Reason)
	if s.SupersededBy != "" {
		text += ", by certificate " + seal.Short(s.SupersededBy)
	}
	if at.Format(time.RFC3339) >= s.Expires && state != cert.Withdrawn {
		return text + "; that counted until " + s.Expires + ", and nothing newer is known: say it again (assay certify --refresh)"
	}
	return text + "; that counts until " + s.Expires
}

// agoOf says in words how long ago a moment was.
func agoOf(stamp string, at time.Time) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return "an unknown time"
	}
	return spanOf(at.Sub(t))
}

// leftOf says how long there is left.
func leftOf(stamp string, at time.Time) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil || !t.After(at) {
		return "over"
	}
	return "in " + spanOf(t.Sub(at))
}

func spanOf(d time.Duration) string {
	switch h := d.Hours(); {
	case h >= 48:
		return fmt.Sprintf("%d days", int(h/24))
	case h >= 2:
		return fmt.Sprintf("%d hours", int(h))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	}
	return counted(max(0, int(d/time.Second)), "second", "seconds")
}

// stateOfBundle says in what state the certificate in a bundle is.
func stateOfBundle(w io.Writer, file, policy string, at time.Time) error {
	p, err := readPolicy(policy)
	if err != nil {
		return err
	}
	r, err := verifiedBundle(file, p, cert.Options{At: at})
	if err != nil {
		return err
	}
	sayTo(w, "certificate %s of %s", r.Certificate, r.Summary.ToE)
	if r.Status != nil {
		sayTo(w, "  %s", stateWords(r.Status.State, *r.Status, at))
	}
	sayTo(w, "  issued %s, ends %s (%s)", r.Summary.Issued, r.Summary.ValidUntil, leftOf(r.Summary.ValidUntil, at))
	var worst error
	for _, c := range r.Checks {
		if c.Outcome != cert.Fails {
			continue
		}
		sayTo(w, "  %s", c.Text)
		if worst == nil || c.Code < worst.(exit).code {
			worst = exit{c.Code, errors.New(strings.TrimSpace(c.Text))}
		}
	}
	if worst != nil {
		return exit{code: worst.(exit).code}
	}
	return nil
}
