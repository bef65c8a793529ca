package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/artefact"
	"assay/report"
	"assay/rules"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

func evidenceListCommand() *cobra.Command {
	var at string
	c := &cobra.Command{
		Use:   "list [DIR]",
		Short: "Show what was brought: for what, how old it is and how long it counts",
		Long: `list shows each record below DIR/.assay/evidence (here by default): its digest, what it is, for which requirements and component, on which day it was observed,
how many days it still counts (ruling life; the parameters of DIR/assay.yaml hold), and whether the file is there and is what the record is about.`,
		Example: "  assay evidence list lab/shop",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, now, err := evidenceAt(args, at)
			if err != nil {
				return err
			}
			found, err := acquire.Records(dir)
			if err != nil {
				return nothing(err)
			}
			return listEvidence(cmd.OutOrStdout(), found, parametersOf(dir), now)
		},
	}
	c.Flags().StringVar(&at, "at", "", "what `TIME` now is (RFC 3339)")
	return c
}

// evidenceAt returns the directory that a command is about, and the time.
func evidenceAt(args []string, at string) (dir string, now time.Time, err error) {
	dir, now = ".", time.Now().UTC()
	if len(args) == 1 {
		dir = args[0]
	}
	if at != "" {
		if now, err = time.Parse(time.RFC3339, at); err != nil {
			return "", now, usage("--at %q is not a time like 2026-11-24T12:00:00Z", at)
		}
	}
	return dir, now.UTC(), directoryOf(dir)
}

// parametersOf returns the scheme's parameters as the system in dir has them.
func parametersOf(dir string) map[string]string {
	out := map[string]string{}
	for _, p := range scheme.Parameters() {
		out[p.Name] = p.Default
	}
	if data, err := acquire.ReadFile(dir, toe.FileName, 1<<20); err == nil {
		if f, err := toe.Parse(toe.FileName, data); err == nil {
			for name, value := range f.Parameters {
				out[name] = value
			}
		}
	}
	return out
}

func listEvidence(w io.Writer, found *acquire.RecordsFound, parameters map[string]string, now time.Time) error {
	if len(found.Evidence) == 0 {
		_, err := fmt.Fprintln(w, "no evidence was brought")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RECORD\tKIND\tFOR\tCOMPONENT\tOBSERVED\tAGE\tCOUNTS\tFILE")
	for _, e := range found.Evidence {
		r, key, err := toe.ReadRecord(e.Data)
		id := seal.Short(e.Name)
		if err != nil {
			fmt.Fprintf(t, "%s\t(%s)\n", id, report.Line(err.Error(), 0))
			continue
		}
		state := "there"
		switch _, err := e.Content(); {
		case e.Sensitive:
			state = "kept elsewhere"
		case err != nil:
			state = "NOT THERE, OR ANOTHER"
		}
		if key != "" {
			state += ", signed by key " + seal.Short(key)
		}
		age, counts := age(r.Observed, parameters[rules.Life(r.Kind)], now)
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s: %s\n", id, report.Line(r.Kind, 0), report.Line(strings.Join(r.Requirements, ","), 0), report.Line(cmp.Or(r.Component, "(all)"), 0),
			r.Observed, age, counts, report.Line(r.File, 0), state)
	}
	return t.Flush()
}

// age says how old evidence of a day is, and how long it still counts by a parameter in days ("" and what is no number: by nothing).
func age(observed, life string, now time.Time) (old, counts string) {
	day, err := time.Parse(time.DateOnly, observed)
	if err != nil {
		return "?", "not"
	}
	n := int(now.Sub(day) / (24 * time.Hour))
	if now.Before(day) {
		return "still to come", "not yet"
	}
	limit, err := strconv.Atoi(life)
	switch left := limit - n; {
	case err != nil:
		counts = "until its subject changes"
	case left < 0:
		counts = fmt.Sprintf("no more since %s", day.AddDate(0, 0, limit+1).Format(time.DateOnly))
	default:
		counts = manyOf(left, "day more", "days more")
	}
	return manyOf(n, "day", "days"), counts
}

func evidenceVerifyCommand() *cobra.Command {
	var policy string
	c := &cobra.Command{
		Use:   "verify [DIR]",
		Short: "Check that what was brought is what it was, and who signed it",
		Long: `verify checks each file below DIR/.assay/evidence (here by default): that it is a record in canonical form under its own digest, of a kind that its requirements ask for;
that the file it is about lies beside it, unchanged, or is sensitive; and, with --policy, that each signature is by a key that counted on the day of receipt.

Exit codes: 0 all of it holds; 5 something does not.`,
		Example: "  assay evidence verify lab/shop --policy policy.json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, _, err := evidenceAt(args, "")
			if err != nil {
				return err
			}
			var p *toe.Policy
			if policy != "" {
				if p, err = readPolicy(policy); err != nil {
					return err
				}
			}
			found, err := acquire.Records(dir)
			if err != nil {
				return nothing(err)
			}
			faults := 0
			fault := func(name, text string) {
				faults++
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", report.Line(name, 0), report.Line(text, 0))
			}
			for _, e := range found.Evidence {
				if err := verifyEvidence(e, p); err != nil {
					fault(e.Name, err.Error())
				}
			}
			strangers, err := strangersIn(dir, found)
			if err != nil {
				return nothing(err)
			}
			for _, name := range strangers {
				fault(name, "it is no record of assay, or was changed, or no record speaks of it: it is taken for a file of the system")
			}
			if faults > 0 {
				return exit{exitForged, errors.New(manyOf(faults, "file does not hold", "files do not hold"))}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), manyOf(len(found.Evidence), "record holds", "records hold"))
			return err
		},
	}
	c.Flags().StringVar(&policy, "policy", "", "hold signatures against the signed policy in this `FILE`")
	return c
}

// verifyEvidence says what is wrong with a record.
func verifyEvidence(e acquire.EvidenceFile, p *toe.Policy) error {
	r, key, err := toe.ReadRecord(e.Data)
	if err != nil {
		return err
	}
	if k, err := kindOf(r.Kind); err != nil || k != r.Kind {
		return fmt.Errorf("there is no kind of evidence %q", r.Kind)
	}
	if ids, err := requirementsFor(r.Kind, r.Requirements); err != nil || !slices.Equal(ids, r.Requirements) {
		return fmt.Errorf("it is for %s, and not each of them asks for evidence of kind %s", strings.Join(r.Requirements, ", "), r.Kind)
	}
	data, err := e.Content()
	if err != nil {
		return err
	}
	if !r.Sensitive && (int64(len(data)) != r.Size || artefact.Hash(string(data)).String() != r.Digest) {
		return errors.New("the file is not as large as the record says, or has another digest")
	}
	if key == "" || p == nil {
		return nil
	}
	if _, _, err := seal.Verify(e.Data, toe.RecordType, p.Key); err != nil {
		return err
	}
	day := r.Received[:len(time.DateOnly)]
	who, own, ok := p.Holder(key)
	if !ok || own.Revoked || own.From != "" && day < own.From || own.Until != "" && day > own.Until {
		return fmt.Errorf("key %s, %s's, does not count on %s", seal.Short(key), who.ID, day)
	}
	return nil
}

// strangersIn returns the files that lie with the evidence and are none.
func strangersIn(dir string, found *acquire.RecordsFound) (out []string, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(acquire.EvidenceDir)))
	if os.IsNotExist(err) {
		return nil, nil
	}
	for _, e := range entries {
		if name := path.Join(acquire.EvidenceDir, e.Name()); !found.Is(name) {
			out = append(out, e.Name())
		}
	}
	return out, err
}

func manyOf(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
