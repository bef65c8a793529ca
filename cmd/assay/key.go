package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"assay/report"
	"assay/seal"
)

// passphraseVariable is the environment variable with the passphrase of a key, for machines.
const passphraseVariable = "ASSAY_PASSPHRASE"

// leastPassphrase is how many bytes a new passphrase has at least.
const leastPassphrase = 8

func keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Make and list the keys that people sign with",
		Long: `key makes the keys with which people sign decisions, policies, certificates and statuses: ECDSA over P-384, in PEM files that OpenSSL
reads and writes. What a key may sign is said by the policy, never by the key.`,
	}
	c.AddCommand(keyNewCommand(), keyListCommand(), keyPublicCommand(), keyLogCommand())
	return c
}

var keyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

func keyNewCommand() *cobra.Command {
	var dir, file string
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a key, encrypted with a passphrase",
		Long: `new writes NAME.key, a private key that is encrypted with a passphrase (PKCS #8, PBKDF2, AES-256; only you can read the file), with its public key behind it,
and NAME.pub, the public key for the policy. It overwrites nothing.

The passphrase is asked for on the terminal, twice. For machines it is the first line of --passphrase-file FILE, or the environment variable
` + passphraseVariable + `.`,
		Example: "  assay key new anna -o ~/keys",
		Args:    named("what is the key to be called? For example: assay key new anna"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !keyName.MatchString(args[0]) {
				return usage("%q is no name for a key: it is the beginning of a file's name, of letters, digits, dots and hyphens", args[0])
			}
			private, public := filepath.Join(dir, args[0]+".key"), filepath.Join(dir, args[0]+".pub")
			for _, name := range []string{private, public} {
				if _, err := os.Lstat(name); err == nil {
					return usage("%s exists already, and a key is never overwritten", name)
				}
			}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nothing(err)
			}
			pass, err := newPassphrase(cmd, file)
			if err != nil {
				return err
			}
			key, err := seal.Generate()
			if err != nil {
				return nothing(err)
			}
			text, err := key.PEM(pass)
			if err != nil {
				return nothing(err)
			}
			if err := writeNew(private, append(text, key.Public.PEM()...), 0o600); err != nil {
				return nothing(err)
			}
			if err := writeNew(public, key.Public.PEM(), 0o644); err != nil {
				return nothing(err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "key %s\n  %s is the private key: keep it, and its passphrase\n  %s is the public key, for the policy\n", key.Public.ID, private, public)
			return err
		},
	}
	c.Flags().StringVarP(&dir, "output", "o", ".", "write it into this `DIR`")
	passphraseFlag(c, &file)
	return c
}

func passphraseFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "passphrase-file", "", "the passphrase of the key is the first line of this `FILE`")
}

// named demands exactly one argument, and says what is missing.
func named(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage("%s", what)
		}
		return nil
	}
}

// writeNew writes a file that is not there yet, whole and to the disk.
func writeNew(name string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(name)
	}
	return err
}

func keyListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [DIR|FILE]…",
		Short: "List keys: id, file, kind, public part",
		Long: `list says of each key in the directories and files given (here by default) its id, its file, whether it is private, and its public part. The id is the SHA-256
of the public key; what a key is called is only the name of its file. An encrypted key that does not carry its public part needs its
passphrase for that: assay key public FILE.`,
		Example: "  assay key list ~/keys",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			var names []string
			for _, a := range args {
				if err := anyPath.check("", a); err != nil {
					return err
				}
				if info, err := os.Stat(a); err == nil && info.IsDir() {
					entries, err := os.ReadDir(a)
					if err != nil {
						return nothing(err)
					}
					for _, e := range entries {
						if e.Type().IsRegular() && slices.Contains([]string{".key", ".pub", ".pem"}, filepath.Ext(e.Name())) {
							names = append(names, filepath.Join(a, e.Name()))
						}
					}
					continue
				}
				names = append(names, a)
			}
			n := 0
			for _, name := range names {
				lines, err := describeKey(name)
				if err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "assay: %s: %s\n", report.Line(name, 0), report.Line(err.Error(), 0))
					continue
				}
				n++
				for _, l := range lines {
					fmt.Fprintln(cmd.OutOrStdout(), l)
				}
			}
			if n == 0 {
				return nothing(hint{fmt.Errorf("there is no key in %s", strings.Join(args, ", ")), "make one: assay key new NAME"})
			}
			return nil
		},
	}
}

// describeKey says what a file holds: id, file and kind on a line, the public part on the next.
func describeKey(name string) ([]string, error) {
	data, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	kind, id := "", "(encrypted)"
	public, failed := seal.ParsePublicKey(data)
	if failed == nil {
		kind = "public"
	}
	switch key, err := seal.ParseKey(data, nil); {
	case err == nil:
		kind, public, failed = "private, not encrypted", key.Public, nil
	case errors.Is(err, seal.ErrPassphrase):
		kind = "private, encrypted"
	case failed != nil:
		return nil, err
	}
	if failed != nil {
		return []string{fmt.Sprintf("%-64s  %s  %s", id, report.Line(name, 0), kind), "  its public part needs its passphrase: assay key public " + report.Line(name, 0)}, nil
	}
	b, _ := pem.Decode(public.PEM())
	return []string{fmt.Sprintf("%s  %s  %s", public.ID, report.Line(name, 0), kind), "  " + base64.StdEncoding.EncodeToString(b.Bytes)}, nil
}

func keyPublicCommand() *cobra.Command {
	var file, out string
	c := &cobra.Command{
		Use:   "public FILE",
		Short: "Write the public key of a key, in PEM",
		Long: `public writes the public key of FILE, which may be a private key, with or without a passphrase, or a public one. With a passphrase at hand (see assay key new
--help) the public key is computed from the private one, else it is the one that stands in the file.`,
		Example: "  assay key public anna.key -o anna.pub",
		Args:    named("of which key? For example: assay key public anna.key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := filePath.check("", args[0]); err != nil {
				return err
			}
			data, err := readSmall(args[0])
			if err != nil {
				return nothing(err)
			}
			public, failed := seal.ParsePublicKey(data)
			key, err := seal.ParseKey(data, nil)
			if errors.Is(err, seal.ErrPassphrase) && (failed != nil || file != "" || os.Getenv(passphraseVariable) != "") {
				if key, err = openKey(cmd.Context(), cmd.ErrOrStderr(), args[0], file); err != nil {
					return err
				}
			}
			switch {
			case err == nil && failed == nil && key.Public.ID != public.ID:
				return usage("%s holds a private key and the public key of another", args[0])
			case err == nil:
				public = key.Public
			case failed != nil:
				return usage("%s: %v", args[0], err)
			}
			return write(out, public.PEM(), cmd.OutOrStdout())
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write it to this `FILE`; to standard output by default")
	passphraseFlag(c, &file)
	return c
}

// readSmall reads a file of keys or passphrases.
func readSmall(name string) ([]byte, error) { return readGiven(name, 64<<10) }

// readGiven reads at most limit bytes of a file that the user named, which may be a pipe or a link.
func readGiven(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

// openKey reads the private key in a file. Its passphrase is that of file, of the environment, or what is typed on the terminal.
func openKey(ctx context.Context, stderr io.Writer, name, file string) (*seal.Key, error) {
	if err := filePath.check("--key ", name); err != nil {
		return nil, err
	}
	data, err := readSmall(name)
	if err != nil {
		return nil, nothing(fmt.Errorf("read the key: %w", err))
	}
	key, err := seal.ParseKey(data, nil)
	if errors.Is(err, seal.ErrPassphrase) {
		pass, err := passphrase(ctx, stderr, file, "passphrase of "+name+": ")
		if err != nil {
			return nil, err
		}
		if key, err = seal.ParseKey(data, pass); err != nil {
			if errors.Is(err, seal.ErrPassphrase) {
				return nil, usage("%s: that is not its passphrase", name)
			}
			return nil, usage("%s: %v", name, err)
		}
		return key, nil
	} else if err != nil {
		return nil, usage("%s: %v", name, err)
	}
	return key, nil
}

// passphrase returns the passphrase of a key that is there.
func passphrase(ctx context.Context, stderr io.Writer, file, prompt string) ([]byte, error) {
	given, err := givenPassphrase(file)
	if given != nil || err != nil {
		return given, err
	}
	return typed(ctx, stderr, prompt)
}

// givenPassphrase returns the passphrase in file or in the environment; nil if there is none.
func givenPassphrase(file string) ([]byte, error) {
	if file == "" {
		if text := os.Getenv(passphraseVariable); text != "" {
			return []byte(text), nil
		}
		return nil, nil
	}
	if err := filePath.check("--passphrase-file ", file); err != nil {
		return nil, err
	}
	data, err := readSmall(file)
	if err != nil {
		return nil, nothing(fmt.Errorf("read the passphrase: %w", err))
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
		return nil, usage("--passphrase-file %s: its first line is empty", file)
	}
	return line, nil
}

// typed asks on the terminal, without showing what is typed.
func typed(ctx context.Context, stderr io.Writer, prompt string) ([]byte, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return nil, usageHint("give it with --passphrase-file FILE or in the environment variable "+passphraseVariable, "the key is encrypted, and there is no terminal to ask for its passphrase")
	}
	state, err := term.GetState(fd)
	if err != nil {
		return nil, nothing(err)
	}
	type said struct {
		text []byte
		err  error
	}
	done := make(chan said, 1)
	fmt.Fprint(stderr, report.Line(prompt, 0)+" ")
	go func() {
		text, err := term.ReadPassword(fd)
		done <- said{text, err}
	}()
	select {
	case s := <-done:
		fmt.Fprintln(stderr)
		if s.err != nil {
			return nil, nothing(fmt.Errorf("read the passphrase: %w", s.err))
		}
		return s.text, nil
	case <-ctx.Done(): // what was switched off is switched on again
		_ = term.Restore(fd, state)
		fmt.Fprintln(stderr)
		return nil, ctx.Err()
	}
}

// newPassphrase asks for the passphrase of a key to be made.
func newPassphrase(cmd *cobra.Command, file string) ([]byte, error) {
	pass, err := givenPassphrase(file)
	if err != nil {
		return nil, err
	}
	if pass == nil {
		if pass, err = typed(cmd.Context(), cmd.ErrOrStderr(), "new passphrase:"); err != nil {
			return nil, err
		}
		again, err := typed(cmd.Context(), cmd.ErrOrStderr(), "again:")
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(pass, again) {
			return nil, usage("these are two different passphrases; nothing was written")
		}
	}
	if len(pass) < leastPassphrase {
		return nil, usage("the passphrase is shorter than %d bytes", leastPassphrase)
	}
	return pass, nil
}
