package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"assay/cert"
	"assay/report"
)

// keyLogCommand makes the key of a log. Unlike the keys of people it has no passphrase: a machine uses it, to commit itself to what was entered.
func keyLogCommand() *cobra.Command {
	var dir, origin string
	c := &cobra.Command{
		Use:   "log NAME",
		Short: "Make the key with which the log of certificates signs its checkpoints",
		Long: `log writes NAME.log.key, the secret key of a log (Ed25519, as golang.org/x/mod/sumdb/note has it; only you can read the file), and prints the lines for the policy: the
log's name, and the key that its checkpoints are verified with. It overwrites nothing. The key has no passphrase; it says nothing of any certificate but that it was entered, and certificates are
signed by people.`,
		Example: "  assay key log shop --origin log.example/shop",
		Args:    named("what is the log to be called? For example: assay key log shop --origin log.example/shop"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !keyName.MatchString(args[0]) {
				return usage("%q is no name for a key: it is the beginning of a file's name, of letters, digits, dots and hyphens", args[0])
			}
			if origin == "" {
				origin = args[0]
			}
			file := filepath.Join(dir, args[0]+".log.key")
			if _, err := os.Lstat(file); err == nil {
				return usage("%s exists already, and a key is never overwritten", file)
			}
			secret, verifier, err := cert.GenerateLogKey(rand.Reader, origin)
			if err != nil {
				return usage("%v", err)
			}
			if err := writeNew(file, []byte(secret+"\n"), 0o600); err != nil {
				return nothing(err)
			}
			if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s is the secret key of the log: keep it. For the policy:\n", report.Line(file, 0)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "log:\n  origin: %s\n  key: %s\n", quoteYAML(origin), quoteYAML(verifier))
			return err
		},
	}
	c.Flags().StringVarP(&dir, "output", "o", ".", "write it into this `DIR`")
	c.Flags().StringVar(&origin, "origin", "", "the `NAME` of the log in its checkpoints, usually an address; NAME by default")
	return c
}
