package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/scheme"
)

// A database is what the verbs of db have in common: where the vulnerability database is, and when now is.
type database struct {
	dir, at string
}

// Names of environment variables that stand for flags.
const (
	fromVariable      = "ASSAY_ADVISORIES"
	exploitedVariable = "ASSAY_KNOWN_EXPLOITED"
)

func dbCommand() *cobra.Command {
	var d database
	c := &cobra.Command{
		Use:   "db",
		Short: "Fill and look at the local database of known vulnerabilities",
		Long: `db keeps what the databases of OSV know of libraries on this machine, so that assess can look libraries up without the
network. How old it is counts: data of more than some days (parameter life.vulnerability_data) decides nothing.

Without a network, copy the archives that OSV publishes, a git repository of advisories or the list of known exploited
vulnerabilities to this machine, and import them.`,
		Example: "  assay db update\n  assay db import vulndb.git npm/all.zip known_exploited_vulnerabilities.json\n  assay db list",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return d.list(cmd.OutOrStdout()) },
	}
	c.PersistentFlags().StringVar(&d.dir, "database", "", "the database is in this `DIR`; the user's by default")
	c.PersistentFlags().StringVar(&d.at, "at", "", "what `TIME` now is (RFC 3339); no data is of a later day")
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "Show what the database has, of which day it is, and from where", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.list(cmd.OutOrStdout()) },
	}, d.importCommand(), d.updateCommand())
	return c
}

// databaseDir returns where the vulnerability database is that a flag names, "" for nowhere.
func databaseDir(flag string) string {
	switch flag {
	case "none":
		return ""
	case "":
		return acquire.AdvisoryDir()
	}
	return flag
}

func (d *database) open() (dir string, now time.Time, err error) {
	now = time.Now().UTC()
	if d.at != "" {
		if now, err = time.Parse(time.RFC3339, d.at); err != nil {
			return "", now, usage("--at %q is not a time like 2026-11-24T12:00:00Z", d.at)
		}
	}
	if dir = databaseDir(d.dir); dir == "" {
		return "", now, usage("there is no database to work on: say --database DIR")
	}
	return dir, now, nil
}

func (d *database) options(now time.Time, o *acquire.ImportOptions, p *progress) (err error) {
	o.Now, o.Progress = now, p.show
	for i, e := range o.Ecosystems {
		if o.Ecosystems[i], err = ecosystem(e); err != nil {
			return err
		}
	}
	if o.Day != "" {
		if t, err := time.Parse(time.DateOnly, o.Day); err != nil {
			return usage("--day %q is not a day like 2026-11-24", o.Day)
		} else if t.After(now) {
			return usage("--day %s is later than now", o.Day)
		}
	}
	return nil
}

// ecosystem returns how assay spells an ecosystem.
func ecosystem(name string) (string, error) {
	e, release, ok := acquire.Ecosystem(name)
	if !ok || release != "" {
		return "", usage("there is no ecosystem %q; there are %s", name, strings.Join(acquire.KnownEcosystems(), ", "))
	}
	return e, nil
}

func (d *database) importCommand() *cobra.Command {
	var o acquire.ImportOptions
	c := &cobra.Command{
		Use:   "import PATH…",
		Short: "Put advisories from files into the database",
		Long: `import reads advisories in the format of OSV: the archives that OSV publishes (npm/all.zip), directories of them, files of
JSON or YAML and directories of these, git repositories (of which the revision in HEAD is read, also of bare ones), and the
list of known exploited vulnerabilities. What a file is shows by its content.

All paths of one command together replace what the database has of the ecosystems that they are about; with --add they are
merged with it. The day of the data is that of the commit; else --day; else when the entry was modified that was modified last.`,
		Example: "  assay db import vulndb.git\n  assay db import --add --day 2026-11-24 our-own-advisories/",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, now, err := d.open()
			if err != nil {
				return err
			}
			p := newProgress(cmd.ErrOrStderr())
			defer p.stop()
			if err := d.options(now, &o, p); err != nil {
				return err
			}
			got, err := acquire.ImportAdvisories(cmd.Context(), dir, args, o)
			if err != nil {
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				return nothing(advise(err))
			}
			return told(cmd.OutOrStdout(), p, got)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.Add, "add", false, "merge with what the database has, in place of replacing it; of two entries with one id the one modified last remains")
	f.StringVar(&o.Day, "day", "", "the `DAY` of which data is that does not say it itself, 2026-11-24")
	f.StringVar(&o.Source, "source", "", "the `NAME` of where the data is from; the file's or directory's by default")
	f.StringSliceVar(&o.Ecosystems, "ecosystem", nil, "the `ECOSYSTEM` that the data has all entries of; repeatable; what the data shows by default")
	f.BoolVar(&o.Tolerate, "tolerate", false, "leave out files that cannot be read; how many is said beside the source")
	f.BoolVar(&o.Fewer, "fewer", false, "replace data even by less than half of it")
	return c
}

func (d *database) updateCommand() *cobra.Command {
	var o acquire.UpdateOptions
	c := &cobra.Command{
		Use:   "update [ECOSYSTEM…]",
		Short: "Fetch what OSV publishes, and the list of known exploited vulnerabilities",
		Long: `update fetches BASE/<Ecosystem>/all.zip of each ecosystem that is named, or that the database has, or of all if it has none.
What did not change is not fetched again. It is the only command that uses the network for advisories.

BASE is ` + acquire.OSVBucket + ` unless --from or the variable
` + fromVariable + ` names a mirror: a URL, or a directory of the same layout. The list of known exploited vulnerabilities is
that of CISA; with a mirror, name one with --exploited or the variable ` + exploitedVariable + `.`,
		Example: "  assay db update npm maven\n  assay db update --from https://mirror.example/osv --exploited https://mirror.example/kev.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, now, err := d.open()
			if err != nil {
				return err
			}
			p := newProgress(cmd.ErrOrStderr())
			defer p.stop()
			if err := d.options(now, &o.ImportOptions, p); err != nil {
				return err
			}
			if !cmd.Flags().Changed("from") {
				o.From = os.Getenv(fromVariable)
			}
			if !cmd.Flags().Changed("exploited") {
				o.Exploited = os.Getenv(exploitedVariable)
			}
			if o.From == "" {
				o.From = acquire.OSVBucket
				if o.Exploited == "" {
					o.Exploited = acquire.ExploitedCatalogue
				}
			}
			if o.Exploited == "none" {
				o.Exploited = ""
			}
			var ecos []string
			for _, a := range args {
				e, err := ecosystem(a)
				if err != nil {
					return err
				}
				ecos = append(ecos, e)
			}
			if len(ecos) == 0 {
				if ecos, err = offered(dir, o.From); err != nil {
					return nothing(err)
				}
			}
			got, failed := acquire.UpdateAdvisories(cmd.Context(), dir, ecos, o)
			if cmd.Context().Err() != nil {
				return cmd.Context().Err()
			}
			if got != nil {
				if err := told(cmd.OutOrStdout(), p, got); err != nil {
					return err
				}
			}
			if failed != nil {
				return nothing(advise(fmt.Errorf("what failed is as it was before:\n  %s", strings.ReplaceAll(failed.Error(), "\n", "\n  "))))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.From, "from", "", "fetch from this `URL|DIR`")
	f.StringVar(&o.Exploited, "exploited", "", "take the list of known exploited vulnerabilities from this `URL|FILE`; \"none\" takes none")
	f.StringVar(&o.Day, "day", "", "the `DAY` of which the data of a directory is, 2026-11-24")
	f.BoolVar(&o.Tolerate, "tolerate", false, "leave out files that cannot be read; how many is said beside the source")
	f.BoolVar(&o.Fewer, "fewer", false, "replace data even by less than half of it")
	return c
}

// offered returns what to update when nothing is named: what the database has; if it has nothing, what a directory offers; else all.
func offered(dir, from string) (ecos []string, err error) {
	db, err := acquire.OpenAdvisories(dir)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	for _, e := range db.Ecosystems() {
		ecos = append(ecos, e.Ecosystem)
	}
	if len(ecos) > 0 {
		return ecos, nil
	}
	if acquire.IsURL(from) {
		return acquire.KnownEcosystems(), nil
	}
	list, err := os.ReadDir(from)
	if err != nil {
		return nil, fmt.Errorf("read the mirror: %w", err)
	}
	for _, l := range list {
		if _, err := os.Stat(filepath.Join(from, l.Name(), "all.zip")); err == nil {
			if e, release, ok := acquire.Ecosystem(l.Name()); ok && release == "" {
				ecos = append(ecos, e)
			}
		}
	}
	if len(ecos) == 0 {
		return nil, hint{fmt.Errorf("%s holds no <Ecosystem>/all.zip", from), "for other layouts there is assay db import"}
	}
	return ecos, nil
}

// advise says what to do about an error of an import.
func advise(err error) error {
	var malformed *acquire.MalformedError
	var fewer *acquire.FewerError
	switch {
	case errors.As(err, &fewer):
		return hint{err, "--add merges the two; --fewer replaces it all the same"}
	case errors.As(err, &malformed):
		return hint{err, "nothing was changed; --tolerate imports the rest"}
	}
	return err
}

// told says what an import did.
func told(w io.Writer, p *progress, got *acquire.Imported) error {
	p.stop()
	for _, m := range got.Malformed {
		p.warn("malformed: " + m)
	}
	var b strings.Builder
	for _, e := range got.Ecosystems {
		fmt.Fprintf(&b, "%s: %d entries about %d libraries, of %s, from %s", e.Ecosystem, e.Entries, e.Names, e.Day, e.Source())
		if was, ok := got.Before[e.Ecosystem]; ok {
			fmt.Fprintf(&b, " (before: %d entries)", was)
		}
		b.WriteString("\n")
	}
	if got.Exploited != nil {
		fmt.Fprintf(&b, "known exploited: %d vulnerabilities, of %s, from %s\n", got.Exploited.Entries, got.Exploited.Day, got.Exploited.Name)
	}
	for _, u := range got.Unchanged {
		fmt.Fprintf(&b, "%s: unchanged\n", u)
	}
	for _, n := range got.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// list shows what the database has, and what to do next.
func (d *database) list(w io.Writer) error {
	dir, now, err := d.open()
	if err != nil {
		return err
	}
	db, err := acquire.OpenAdvisories(dir)
	if err != nil {
		return nothing(err)
	}
	defer db.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "vulnerability database in %s\n", dir)
	life := lifeOfData()
	var old, damaged []string
	ecos := db.Ecosystems()
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(ecos) > 0 {
		fmt.Fprintln(t, "\nECOSYSTEM\tENTRIES\tLIBRARIES\tOF\tAGE\tSIZE\tSOURCE")
	}
	for _, e := range ecos {
		if e.Fault != "" {
			fmt.Fprintf(t, "%s\t\t\t\t\t\tdamaged\n", e.Ecosystem)
			damaged = append(damaged, e.Fault)
			continue
		}
		age, days := ageOf(e.Day, now)
		if days > life {
			old = append(old, e.Ecosystem)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", e.Ecosystem, e.Entries, e.Names, e.Day, age, size(e.Size), e.Source())
	}
	t.Flush()
	list, fault := db.Exploited()
	switch {
	case fault != "":
		damaged = append(damaged, fault)
	case list.Name != "":
		age, _ := ageOf(list.Day, now)
		fmt.Fprintf(&b, "\nknown exploited: %d vulnerabilities, of %s (%s), from %s\n", list.Entries, list.Day, age, list.Name)
	}
	b.WriteString("\n")
	for _, x := range damaged {
		fmt.Fprintln(&b, x)
	}
	for _, e := range ecos {
		if e.Malformed > 0 {
			fmt.Fprintf(&b, "%s: of %d entries only the libraries' names could be read; these libraries are unknown\n", e.Ecosystem, e.Malformed)
		}
	}
	switch {
	case len(ecos) == 0:
		fmt.Fprintln(&b, "It has no data. Fetch it: assay db update. Without a network: assay db import PATH…")
	case len(old) > 0:
		fmt.Fprintf(&b, "Data of more than %d days decides nothing. Fetch it anew: assay db update %s\n", life, strings.Join(old, " "))
	}
	if len(ecos) > 0 && list.Name == "" && fault == "" {
		fmt.Fprintln(&b, "It has no list of known exploited vulnerabilities: assay db update fetches it, assay db import FILE reads it.")
	}
	_, err = io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// lifeOfData is how many days vulnerability data counts, unless assay.yaml says otherwise.
func lifeOfData() int {
	ps := scheme.Parameters()
	i := slices.IndexFunc(ps, func(p scheme.Parameter) bool { return p.Name == "life.vulnerability_data" })
	n, err := strconv.Atoi(ps[i].Default)
	if err != nil {
		panic(err)
	}
	return n
}

func ageOf(day string, now time.Time) (string, int) {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "?", 0
	}
	n := int(now.Sub(t).Hours() / 24)
	switch {
	case n < 0:
		return "of a later day than now", n
	case n == 1:
		return "1 day", n
	}
	return fmt.Sprintf("%d days", n), n
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d kB", (n+1023)>>10)
}
