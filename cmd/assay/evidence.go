package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/artefact"
	"assay/fact"
	"assay/report"
	"assay/scheme"
	"assay/seal"
	"assay/toe"
)

func evidenceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "evidence",
		Short: "Bring files as evidence, and see what was brought and how long it counts",
		Long: `evidence keeps what people bring: captures, samples of logs, dumps, results of fuzzing, reports, measurements. A file is frozen below
DIR/.assay/evidence, with a record of what it is, what it is for, who saw it and when, so that both travel with the repository. A question about a
requirement is about the evidence brought for it, too: new evidence asks that question anew, and no other, and so does evidence that has grown too old.`,
	}
	c.AddCommand(evidenceAddCommand(), evidenceListCommand(), evidenceVerifyCommand())
	return c
}

// A bringing is what somebody says of a file.
type bringing struct {
	dir, file, component, kind, observed, by, note, tool, at string
	requirements                                             []string
	sensitive                                                bool
	key                                                      *seal.Key
}

func evidenceAddCommand() *cobra.Command {
	var b bringing
	var key, pass string
	c := &cobra.Command{
		Use:   "add FILE --for REQUIREMENT --kind KIND --observed DAY",
		Short: "Freeze a file as evidence",
		Long: `add freezes FILE as evidence for one or more requirements. KIND is one of the kinds that their Evidence rows ask for, in the scheme's words; what is written
wrong is answered with the list. DAY is when it was seen or measured. A file and what is said of it are one record, however often they are added.

With --sensitive the file stays where it is: the record has its digest and, of a text, its first lines without secrets, addresses and long numbers. With --key
the record is signed (DSSE, ECDSA P-384); a resilience level must be, before an assessor can approve it.`,
		Example: "  assay evidence add login.pcap --for AUTH.1,COMM.1 --component gateway --kind \"network capture\" --observed 2026-11-20 --by anna --dir lab/shop",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("which file is the evidence? For example: assay evidence add login.pcap --for COMM.1 --kind \"network capture\" --observed 2026-11-20")
			}
			b.file = args[0]
			if err := filePath.check("", b.file); err != nil {
				return err
			}
			if err := directoryOf(b.dir); err != nil {
				return err
			}
			if key != "" {
				var err error
				if b.key, err = openKey(cmd.Context(), cmd.ErrOrStderr(), key, pass); err != nil {
					return err
				}
			}
			name, fresh, err := b.bring(time.Now().UTC())
			if err != nil {
				return err
			}
			verb := "recorded"
			if !fresh {
				verb = "was recorded already"
			}
			kind, err := kindOf(b.kind)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s as %s\n  %s\n", verb, report.Line(filepath.Base(b.file), 0), kind, report.Line(name, 0))
			return err
		},
	}
	f := c.Flags()
	f.StringSliceVar(&b.requirements, "for", nil, "the `REQUIREMENT`s that it is evidence for, as in COMM.1,COMM.2")
	f.StringVar(&b.component, "component", "", "the `COMPONENT` that it is about; the whole system by default")
	f.StringVar(&b.kind, "kind", "", "what `KIND` of evidence it is, in the scheme's words")
	f.StringVar(&b.observed, "observed", "", "the `DAY` on which it was seen or measured (2026-11-20)")
	f.StringVar(&b.by, "by", "", "the `PERSON` who saw or measured it")
	f.StringVar(&b.tool, "tool", "", "the `NAME` of the tool that made it")
	f.StringVar(&b.note, "note", "", "a `TEXT` for whoever judges it")
	f.BoolVar(&b.sensitive, "sensitive", false, "keep its digest and a redacted excerpt alone")
	f.StringVar(&b.at, "at", "", "the `TIME` at which it was received (RFC 3339); now by default")
	f.StringVar(&b.dir, "dir", ".", "the `DIR` of the system")
	f.StringVar(&key, "key", "", "sign the record with the private key in this `FILE`")
	passphraseFlag(c, &pass)
	return c
}

// directoryOf demands a directory, which evidence can be written to and read from.
func directoryOf(dir string) error {
	if err := systemPath.check("--dir ", dir); err != nil {
		return err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usage("%s is no directory: evidence lies in the directory of the system", dir)
	}
	return nil
}

// bring writes the record, and the file unless it is sensitive. It returns where the record lies, and whether it is new.
func (b bringing) bring(now time.Time) (name string, fresh bool, err error) {
	r, data, err := b.record(now)
	if err != nil {
		return "", false, err
	}
	was, err := acquire.Records(b.dir)
	if err != nil {
		return "", false, nothing(err)
	}
	for _, e := range was.Evidence {
		old, key, err := toe.ReadRecord(e.Data)
		if err != nil || b.key == nil != (key == "") || b.key != nil && b.key.Public.ID != key || e.Fault != "" {
			continue
		}
		if old.Received = r.Received; equalRecords(old, r) {
			return filepath.Join(b.dir, filepath.FromSlash(acquire.EvidenceDir), e.Name), false, nil
		}
	}
	text, err := r.Write(b.key)
	if err != nil {
		return "", false, usage("%v", err)
	}
	if !r.Sensitive {
		if _, err := freezeFile(b.dir, r.SHA256+".bin", data); err != nil {
			return "", false, nothing(fmt.Errorf("write the evidence: %w", err))
		}
	}
	name, err = freezeFile(b.dir, seal.Digest(text)+".json", text) // last: a record without its file would be evidence that nobody has
	if err != nil {
		return "", false, nothing(fmt.Errorf("write the record: %w", err))
	}
	return name, true, nil
}

func equalRecords(a, b toe.Record) bool {
	x, err1 := seal.Encode(a)
	y, err2 := seal.Encode(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// record checks what was said against the scheme and the calendar, and reads the file.
func (b bringing) record(now time.Time) (r toe.Record, data []byte, err error) {
	kind, err := kindOf(b.kind)
	if err != nil {
		return r, nil, err
	}
	requirements, err := requirementsFor(kind, b.requirements)
	if err != nil {
		return r, nil, err
	}
	received := now.Truncate(time.Second)
	if b.at != "" {
		if received, err = time.Parse(time.RFC3339, b.at); err != nil {
			return r, nil, usage("--at %q is not a time like 2026-11-24T12:00:00Z", b.at)
		}
		received = received.UTC().Truncate(time.Second)
	}
	switch _, err := time.Parse(time.DateOnly, b.observed); {
	case b.observed == "":
		return r, nil, usage("when was it seen or measured? Say so with --observed, as in --observed 2026-11-20")
	case err != nil:
		return r, nil, usage("--observed %q is not a day like 2026-11-20", b.observed)
	case received.After(now):
		return r, nil, usage("--at %s is still to come", received.Format(time.RFC3339))
	case b.observed > received.Format(time.DateOnly):
		return r, nil, usage("it was observed on %s, and received before that, on %s", b.observed, received.Format(time.DateOnly))
	}
	r = toe.Record{Format: toe.RecordFormat, Kind: kind, Requirements: requirements, Component: b.component, File: filepath.Base(b.file), Observed: b.observed,
		Received: received.Format(time.RFC3339), By: b.by, Tool: fact.MaskedText(b.tool), Note: fact.MaskedText(b.note), Sensitive: b.sensitive}
	if data, err = takeFile(&r, b.file); err != nil {
		return r, nil, err
	}
	if err := r.Check(); err != nil {
		return r, nil, usage("%v", err)
	}
	return r, data, nil
}

// kindOf returns a kind of evidence as the scheme spells it.
func kindOf(said string) (string, error) {
	var names []string
	for _, k := range scheme.Kinds() {
		if strings.EqualFold(k.Name, strings.Join(strings.FieldsFunc(said, func(r rune) bool { return r == ' ' || r == '-' || r == '_' }), " ")) {
			return k.Name, nil
		}
		names = append(names, k.Name)
	}
	for _, r := range scheme.All() { // the words of a requirement's Evidence row, where they are of one kind
		for _, it := range r.EvidenceItems {
			if strings.EqualFold(it.Text, said) && len(it.Kinds) == 1 {
				return it.Kinds[0], nil
			}
		}
	}
	if said == "" {
		return "", usageHint("the kinds are "+strings.Join(names, ", "), "what kind of evidence is it? Say so with --kind")
	}
	return "", usageHint("the kinds are "+strings.Join(names, ", "), "there is no kind of evidence %q", said)
}

// requirementsFor returns the requirements named, each of which must ask for that kind in its Evidence row.
func requirementsFor(kind string, said []string) (out []string, err error) {
	var asking []string
	for _, r := range scheme.All() {
		if slices.ContainsFunc(r.EvidenceItems, func(it scheme.Item) bool { return slices.Contains(it.Kinds, kind) }) {
			asking = append(asking, r.ID)
		}
	}
	who := kind + " is asked for by " + strings.Join(asking, ", ")
	if len(asking) == 0 {
		who = "no requirement asks for " + kind
	}
	for _, s := range said {
		r, ok := scheme.Get(strings.TrimSpace(s))
		switch {
		case !ok:
			return nil, usageHint(who, "there is no requirement %q", s)
		case !slices.Contains(asking, r.ID):
			var kinds []string
			for _, it := range r.EvidenceItems {
				kinds = append(kinds, it.Kinds...)
			}
			slices.Sort(kinds)
			return nil, usageHint(fmt.Sprintf("%s asks for %s; %s", r.ID, strings.Join(slices.Compact(kinds), ", "), who), "%s does not ask for evidence of kind %q", r.ID, kind)
		}
		out = append(out, r.ID)
	}
	if len(out) == 0 {
		return nil, usageHint(who, "which requirement is it evidence for? Say so with --for")
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// takeFile reads the file that r is about, and says in r what it holds. What is sensitive may have any size, and only a part of it is ever in memory.
func takeFile(r *toe.Record, name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nothing(err)
	}
	if !info.Mode().IsRegular() {
		return nil, usage("%s is no regular file", name)
	}
	if !r.Sensitive && info.Size() > acquire.MaxContent {
		return nil, usageHint("with --sensitive the record has its digest alone, and the file stays where it is", "%s is larger than %d MiB, which is the most that is kept with the files of the system", name, acquire.MaxContent>>20)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nothing(err)
	}
	defer f.Close()
	var data bytes.Buffer
	plain, framed := sha256.New(), sha256.New()
	if err := binary.Write(framed, binary.BigEndian, uint64(info.Size())); err != nil { // as artefact.Hash has it
		return nil, err
	}
	var into io.Writer = io.MultiWriter(plain, framed, &data)
	if r.Sensitive {
		into = io.MultiWriter(plain, framed, &head{b: &data, left: excerptRead})
	}
	n, err := io.Copy(into, io.LimitReader(f, info.Size()+1))
	if err != nil {
		return nil, nothing(err)
	}
	if n != info.Size() {
		return nil, nothing(fmt.Errorf("%s changed while it was read", name))
	}
	r.Size, r.SHA256, r.Digest = n, hex.EncodeToString(plain.Sum(nil)), artefact.Digest(framed.Sum(nil)).String()
	if r.Sensitive {
		r.Excerpt = excerpt(data.Bytes())
		return nil, nil
	}
	return data.Bytes(), nil
}

// A head keeps the first bytes of what is written to it.
type head struct {
	b    *bytes.Buffer
	left int
}

func (h *head) Write(p []byte) (int, error) {
	n := min(len(p), h.left)
	h.left -= n
	h.b.Write(p[:n])
	return len(p), nil
}

// Bounds of an excerpt, in bytes and lines.
const (
	excerptRead  = 64 << 10
	excerptLines = 10
	excerptLine  = 160
)

// personal matches what says who somebody is or what is theirs: addresses of mail and of machines, long numbers.
var personal = regexp.MustCompile(`[^\s@<>"'(),;:=]+@[^\s@<>"'(),;:=]+|\b\d{1,3}(\.\d{1,3}){3}\b|\d[\d \-]{4,}\d`)

// excerpt returns the first lines of a text, without secrets and without what tells people apart; of what is no text nothing.
func excerpt(data []byte) string {
	if i := bytes.LastIndexByte(data, '\n'); i >= 0 && len(data) == excerptRead {
		data = data[:i] // a line that was cut off may hold half a secret, which nobody knows by its half
	} else if len(data) == excerptRead {
		return ""
	}
	if !utf8.Valid(data) || bytes.ContainsFunc(data, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return ""
	}
	text := personal.ReplaceAllString(fact.MaskedText(string(data)), "…")
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if len(line) > excerptLine {
			line = strings.ToValidUTF8(line[:excerptLine], "") + "…"
		}
		if out = append(out, line); len(out) == excerptLines {
			break
		}
	}
	return strings.Join(out, "\n")
}

// freezeFile writes data below the directory of evidence, whole or not at all, and never over anything: what has its name is what its name says. Neither .assay
// nor what lies in it may be a link to elsewhere.
func freezeFile(dir, name string, data []byte) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	for _, d := range []string{acquire.RecordsDir, acquire.EvidenceDir} {
		if err := root.Mkdir(d, 0o777); err != nil && !os.IsExist(err) {
			return "", err
		}
		if info, err := root.Lstat(d); err != nil {
			return "", err
		} else if !info.IsDir() {
			return "", fmt.Errorf("%s is no directory (a link is not followed)", d)
		}
	}
	at := path.Join(acquire.EvidenceDir, name)
	shown := filepath.Join(dir, filepath.FromSlash(at))
	temp := path.Join(acquire.EvidenceDir, fmt.Sprintf(".tmp-%d-%s", os.Getpid(), name))
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	defer root.Remove(temp)
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	if err := root.Link(temp, at); os.IsExist(err) {
		was, err := acquire.ReadFile(dir, at, int64(len(data)))
		if err != nil || !bytes.Equal(was, data) {
			return "", fmt.Errorf("%s is there and is not what its name says; it is left as it is", shown)
		}
	} else if err != nil {
		return "", err
	}
	d, err := root.Open(acquire.EvidenceDir)
	if err != nil {
		return "", err
	}
	defer d.Close()
	return shown, d.Sync()
}
