package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/report"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

// exitForged is the exit code for a signature or a digest that does not hold.
const exitForged = 5

// maxPolicy bounds a policy that is read, in bytes; signed, it is in base64.
const maxPolicy = 4 << 20

func policyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Write, sign and show the policy: who may decide what, and by which bar",
		Long: `The policy says who may do what in the certification of one system: people with their roles and keys, parameters, what assay.yaml may loosen, who answers
for what, and the log of certificates. It lies outside the system and is signed by an issuer that it names. Whoever verifies a certificate must have it by
other ways than the certificate.`,
	}
	c.AddCommand(policyNewCommand(), policySignCommand(), policyShowCommand())
	return c
}

func policyNewCommand() *cobra.Command {
	var name, issuer, from, until, out string
	var people []string
	c := &cobra.Command{
		Use:   "new",
		Short: "Write a commented policy for a system, to be completed by hand",
		Long: `new writes a policy with the people given by --person, each as ID:ROLE:NAME:FILE with the file of the public key. Roles are ` + strings.Join(toe.Roles, ", ") + `.
Keys count from --since until --until, both days included.`,
		Example: "  assay policy new --toe shop --issuer 'Example Certification' --person anna:assessor:'Anna Arnold':anna.pub --person iris:issuer:'Iris Ito':iris.pub -o policy.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(name) == "" {
				return usage("which system is the policy for? --toe NAME, as the assessment calls it")
			}
			now := time.Now().UTC()
			if from == "" {
				from = now.Format(time.DateOnly)
			}
			start, err := time.Parse(time.DateOnly, from)
			if err != nil {
				return usage("--since %q is not a day like 2026-11-24", from)
			}
			if until == "" {
				until = start.AddDate(2, 0, 0).Format(time.DateOnly)
			}
			if out != "" {
				if _, err := os.Lstat(out); err == nil {
					return usage("%s exists already", out)
				}
			}
			text, err := policyText(name, issuer, from, until, people)
			if err != nil {
				return err
			}
			if _, err := toe.ParsePolicy("the policy", text); err != nil {
				return usage("these people make no policy: %v", err)
			}
			if out == "" {
				return write("", text, cmd.OutOrStdout())
			}
			if err := writeNew(out, text, 0o644); err != nil {
				return nothing(err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s with %d people. Read it, complete it, and have an issuer sign it:\n  assay policy sign %s --key ISSUER.key -o policy.json\n", out, len(people), out)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&name, "toe", "", "the `NAME` of the system, as the assessment calls it")
	f.StringVar(&issuer, "issuer", "", "the `BODY` that answers for certificates")
	f.StringArrayVar(&people, "person", nil, "a person, as `ID:ROLE:NAME:FILE`; repeatable")
	f.StringVar(&from, "since", "", "the first `DAY` on which the keys count; today by default")
	f.StringVar(&until, "until", "", "the last `DAY` on which the keys count; two years later by default")
	f.StringVarP(&out, "output", "o", "", "write it to this new `FILE`; to standard output by default")
	return c
}

// policyText writes a policy with comments.
func policyText(name, issuer, from, until string, people []string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# The policy of one certification: who may do what, and by which bar. It is signed by an issuer that it names
# (assay policy sign), and whoever verifies a certificate has it by other ways than the certificate.
version: 1

# The system, by the name that the assessment gives it. Decisions and certificates are for it alone.
toe: %s

# The body that answers for certificates.
issuer: %s

# Each person has one role, and each key is one person's. Roles:
#   developer  builds the system, and may say what a library is needed for
#   assessor   judges what the machine cannot; refuting a finding takes two
#   issuer     signs this policy and certificates
#   status     a machine's: it can suspend a certificate, and do nothing else
# A key counts on the days from and until, both included. One that was lost gets "revoked: true": then nothing that it ever signed counts.
`, quoteYAML(name), quoteYAML(issuer))
	if len(people) > 0 {
		b.WriteString("people:\n")
	} else {
		b.WriteString(`people: []
# - id: anna
#   name: Anna Arnold
#   organisation: Example Assessors
#   role: assessor
#   keys:
#   - from: ` + from + `
#     until: ` + until + `
#     pem: |
#       (what assay key public anna.key prints)
`)
	}
	for _, p := range people {
		id, rest, ok1 := strings.Cut(p, ":")
		role, rest, ok2 := strings.Cut(rest, ":")
		i := strings.LastIndexByte(rest, ':')
		if !ok1 || !ok2 || i < 0 {
			return nil, usage("--person %s: write ID:ROLE:NAME:FILE, as in anna:assessor:'Anna Arnold':anna.pub", p)
		}
		who, file := rest[:i], rest[i+1:]
		if err := filePath.check("--person "+id+": ", file); err != nil {
			return nil, err
		}
		data, err := readSmall(file)
		if err != nil {
			return nil, nothing(err)
		}
		key, err := seal.ParsePublicKey(data)
		if err != nil {
			return nil, usage("--person %s: %s: %v; assay key public writes the public key of a private one", id, file, err)
		}
		fmt.Fprintf(&b, "- id: %s\n  name: %s\n  organisation: \"\"\n  role: %s\n  keys:\n  - from: %s # key %s\n    until: %s\n    pem: |\n", quoteYAML(id), quoteYAML(who), quoteYAML(role), quoteYAML(from), seal.Short(key.ID), quoteYAML(until))
		for line := range strings.Lines(string(key.PEM())) {
			b.WriteString("      " + line)
		}
	}
	b.WriteString(`
# The bar, where it is not the scheme's own default (assay explain REQUIREMENT --full names parameters).
parameters: {}
#  life.decision: 180   # days that a decision may be valid

# What assay.yaml may loosen, each with the reason: kind is parameter (what: name=value), exclude, subnet, paths or class.
weakenings: []
#- kind: exclude
#  what: docs/**
#  why: prose that nothing delivers

# Who answers for a requirement of a component that is not the system's alone: by is own, provider or shared.
responsibilities: []
#- component: cluster
#  requirement: ENVI.2
#  by: provider
#  why: the managed cluster's control plane is its provider's

# The transparency log of certificates: its name, and the key of its checkpoints.
#log:
#  origin: ""
#  key: ""
`)
	return b.Bytes(), nil
}

// quoteYAML writes text as a scalar of YAML: what Go quotes is quoted alike there, once what is no text has been taken out.
func quoteYAML(text string) string { return fmt.Sprintf("%q", report.Line(text, 0)) }

func policySignCommand() *cobra.Command {
	var keyFile, pass, out string
	c := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a policy, as an issuer that it names",
		Long: `sign checks a policy (YAML) and signs its text as it stands, comments and all. The key must be one of an issuer in this policy. What is signed is shown by
assay policy show.`,
		Example: "  assay policy sign policy.yaml --key iris.key -o policy.json",
		Args:    named("which policy? For example: assay policy sign policy.yaml --key iris.key -o policy.json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := filePath.check("", args[0]); err != nil {
				return err
			}
			if keyFile == "" {
				return usage("with which key? --key FILE, of an issuer that the policy names")
			}
			text, err := readGiven(args[0], maxPolicy)
			if err != nil {
				return nothing(err)
			}
			p, err := parsePolicy(args[0], text)
			if err != nil {
				return err
			}
			key, err := openKey(cmd.Context(), cmd.ErrOrStderr(), keyFile, pass)
			if err != nil {
				return err
			}
			who, own, ok := p.Holder(key.Public.ID)
			switch {
			case !ok:
				return usage("%s names nobody with the key in %s (%s)", args[0], keyFile, seal.Short(key.Public.ID))
			case who.Role != "issuer":
				return usage("%s is %s's, whose role is %s; a policy is signed by an issuer", keyFile, who.ID, who.Role)
			case own.Revoked:
				return usage("the key in %s is revoked by this policy", keyFile)
			}
			data, err := seal.Sign(toe.PolicyType, text, key)
			if err != nil {
				return nothing(err)
			}
			if _, err := toe.OpenPolicy(out, data); err != nil {
				return nothing(err)
			}
			if err := write(out, data, cmd.OutOrStdout()); err != nil || out == "" {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: the policy %s of %s, signed by %s\n", out, seal.Short(p.Digest), report.Line(p.ToE, 0), report.Line(who.Name, 0))
			return err
		},
	}
	c.Flags().StringVar(&keyFile, "key", "", "the issuer's private key, in this `FILE`")
	passphraseFlag(c, &pass)
	c.Flags().StringVarP(&out, "output", "o", "", "write it to this `FILE`; to standard output by default")
	return c
}

// parsePolicy reads the text of a policy, and holds its parameters against the scheme.
func parsePolicy(name string, text []byte) (*toe.Policy, error) {
	p, err := toe.ParsePolicy(name, text)
	if err != nil {
		return nil, err
	}
	bad := func(param string, err error) error {
		return &toe.Error{File: name, Line: lineOf(text, param), Text: err.Error()}
	}
	for _, param := range sortedKeys(p.Parameters) {
		if err := scheme.CheckParameter(param, p.Parameters[param]); err != nil {
			return nil, bad(param, err)
		}
	}
	for _, w := range p.Weakenings {
		param, value, ok := strings.Cut(w.What, "=")
		if w.Kind != "parameter" {
			continue
		} else if !ok {
			return nil, &toe.Error{File: name, Line: w.Line, Text: "a weakening of a parameter says which value is allowed: what: name=value"}
		} else if err := scheme.CheckParameter(param, value); err != nil {
			return nil, &toe.Error{File: name, Line: w.Line, Text: err.Error()}
		}
	}
	for _, r := range p.Responsibilities {
		if _, ok := scheme.Get(r.Requirement); !ok {
			return nil, &toe.Error{File: name, Line: r.Line, Text: fmt.Sprintf("there is no requirement %q", r.Requirement)}
		}
	}
	return p, nil
}

func sortedKeys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// lineOf returns the line on which a key of text stands, 1 if it is not found.
func lineOf(text []byte, key string) int {
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		name, _, ok := strings.Cut(line, ":")
		if ok && strings.Trim(strings.TrimSpace(name), `"'{`) == key {
			return n
		}
	}
	return 1
}

// readPolicy reads a signed policy and says whether it holds: it is not there or no policy (2), or its signature is not an issuer's of its own (5).
func readPolicy(name string) (*toe.Policy, error) {
	if err := filePath.check("--policy ", name); err != nil {
		return nil, err
	}
	data, err := readGiven(name, maxPolicy)
	if err != nil {
		return nil, nothing(err)
	}
	return verifiedPolicy(name, data)
}

// verifiedPolicy is readPolicy of bytes that came from a file of this name.
func verifiedPolicy(name string, data []byte) (*toe.Policy, error) {
	e, err := seal.Open(data)
	if err != nil {
		if _, err := toe.ParsePolicy(name, data); err == nil {
			return nil, usageHint("have an issuer sign it: assay policy sign "+name+" --key ISSUER.key -o policy.json", "%s is a policy that nobody has signed, so nobody is known by it", name)
		}
		return nil, usage("%s is no signed policy: %v", name, err)
	}
	text, err := e.Bytes()
	if err != nil {
		return nil, usage("%s is no signed policy: %v", name, err)
	}
	if e.PayloadType != toe.PolicyType {
		return nil, usage("%s is no policy, but %q", name, e.PayloadType)
	}
	if _, err := parsePolicy(name, text); err != nil {
		return nil, err
	}
	p, err := toe.OpenPolicy(name, data)
	if err != nil {
		return nil, exit{exitForged, err}
	}
	return p, nil
}

func policyShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show FILE",
		Short: "Show who may do what by a policy, and verify it",
		Long: `show prints the people of a policy with roles, keys and days, its parameters, and what it lets assay.yaml loosen. Of a signed policy it verifies the signature: it must be one
of an issuer whom the policy itself names. That this is the policy you should trust no signature can say: compare its digest.

Exit codes: 0 the policy is signed and holds; 5 its signature does not hold; 3 it is not signed; 2 it is no policy.`,
		Args: named("which policy? For example: assay policy show policy.json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := filePath.check("", args[0]); err != nil {
				return err
			}
			data, err := readGiven(args[0], maxPolicy)
			if err != nil {
				return nothing(err)
			}
			e, failed := seal.Open(data)
			if failed != nil {
				p, err := parsePolicy(args[0], data)
				if err != nil {
					return err
				}
				showPolicy(cmd.OutOrStdout(), p, "NOT SIGNED: nobody is known by it")
				return exit{code: exitUnknown}
			}
			p, err := verifiedPolicy(args[0], data)
			if err != nil {
				return err
			}
			var by []string
			for _, s := range e.Signatures {
				who, _, _ := p.Holder(s.KeyID)
				by = append(by, fmt.Sprintf("%s (%s), key %s", report.Line(who.Name, 0), report.Line(who.ID, 0), seal.Short(s.KeyID)))
			}
			showPolicy(cmd.OutOrStdout(), p, "signed by "+strings.Join(by, " and "))
			return nil
		},
	}
}

// showPolicy writes a policy for people.
func showPolicy(w io.Writer, p *toe.Policy, signed string) {
	say := func(format string, args ...any) {
		for i, a := range args {
			if text, ok := a.(string); ok {
				args[i] = report.Line(text, 0)
			}
		}
		fmt.Fprintf(w, format+"\n", args...)
	}
	say("policy of %s, issued by %s", p.ToE, orNobody(p.Issuer))
	say("  digest  %s", p.Digest)
	say("  %s", signed)
	say("people")
	for _, x := range p.People {
		org := ""
		if x.Organisation != "" {
			org = " of " + x.Organisation
		}
		say("  %-10s %s (%s)%s", x.Role, x.Name, x.ID, org)
		for _, k := range x.Keys {
			revoked := ""
			if k.Revoked {
				revoked = "  REVOKED"
			}
			say("             key %s  %s to %s%s", seal.Short(k.Key.ID), k.From, k.Until, revoked)
		}
		if len(x.Keys) == 0 {
			say("             no key: can sign nothing")
		}
	}
	say("parameters")
	if len(p.Parameters) == 0 {
		say("  the scheme's own")
	}
	for _, name := range sortedKeys(p.Parameters) {
		usual := ""
		if i := slices.IndexFunc(scheme.Parameters(), func(x scheme.Parameter) bool { return x.Name == name }); i >= 0 {
			usual = scheme.Parameters()[i].Default
		}
		say("  %s = %s  (usually %s)", name, p.Parameters[name], usual)
	}
	say("what assay.yaml may loosen")
	if len(p.Weakenings) == 0 {
		say("  nothing")
	}
	for _, x := range p.Weakenings {
		say("  %s %s: %s", x.Kind, x.What, x.Why)
	}
	if len(p.Responsibilities) > 0 {
		say("who answers")
	}
	for _, r := range p.Responsibilities {
		say("  %s of %s: %s  %s", r.Requirement, r.Component, r.By, r.Why)
	}
	if p.Log.Origin != "" {
		say("log %s\n  %s", p.Log.Origin, p.Log.Key)
	}
}

func orNobody(text string) string {
	if text == "" {
		return "nobody that it names"
	}
	return text
}
