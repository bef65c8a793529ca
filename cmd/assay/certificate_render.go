package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/cert"
	"assay/report"
	"assay/seal"
	"assay/toe"
)

// certificateFormats are what a certificate can be shown as, in the order of the help.
var certificateFormats = []string{"html", "pdf", "json", "vsa", "svr", "cyclonedx", "oscal"}

// certificateAs writes a certificate in a format; signed is what signs the formats that are to be signed, nil if nothing does.
func certificateAs(format string, s *cert.Shown, signed *seal.Key) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch format {
	case "html":
		err = s.HTML(&b)
	case "pdf":
		err = s.PDF(&b)
	case "cyclonedx":
		err = s.CycloneDX(&b)
	case "oscal":
		err = s.OSCAL(&b)
	case "json":
		return s.Statement.Encode()
	case "vsa", "svr":
		view := s.VSA
		if format == "svr" {
			view = s.SVR
		}
		data, err := view()
		if err != nil || signed == nil {
			return data, err
		}
		return seal.Sign(cert.PayloadType, data, signed)
	}
	return b.Bytes(), err
}

func certifyShowCommand() *cobra.Command {
	var outputs []string
	var policyFile, keyFile, pass, when string
	c := &cobra.Command{
		Use:   "show BUNDLE",
		Short: "Show a certificate: as a page, as a PDF, or in the words of other tools",
		Long: `show says what a certificate says. Without -o it prints the gist. With -o it writes:

  html, pdf   the certificate for people, with its digest and a QR code of the command that verifies it
  json        the statement, as it was signed
  vsa         a SLSA verification summary (https://slsa.dev/verification_summary/v1)
  svr         an in-toto simple verification result (https://in-toto.io/attestation/svr/v0.1)
  cyclonedx   CycloneDX 1.6 attestations: the requirements as a standard, each cell as a claim with its evidence
  oscal       OSCAL assessment results, with the evidence in the back matter by hash

With --policy the bundle is verified first. Without it, page, PDF and gist say that nobody verified anything, and the last four are not written, for they tell other tools that the
certificate holds. They are not written for a certificate that does not count, either; only a summary (vsa) is, and says FAILED. With --key, vsa and svr are signed envelopes (DSSE).

What is shown proves nothing by itself. The bundle does: assay verify.

Exit codes: 0 it was written; 2 wrong use; 4 the file is no bundle; 5 a signature or digest does not hold; 6 the certificate does not count, so the view was not written.`,
		Example: "  assay certify show shop.zip --policy policy.json -o html=shop.html -o pdf=shop.pdf\n  assay certify show shop.zip --policy policy.json -o vsa=vsa.json --key iris.key",
		Args:    named("which bundle? For example: assay certify show shop.zip"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted, err := certificateOutputs(outputs)
			if err != nil {
				return err
			}
			if err := filePath.check("", args[0]); err != nil {
				return err
			}
			now := time.Now().UTC().Truncate(time.Second)
			if when != "" {
				if now, err = time.Parse(time.RFC3339, when); err != nil {
					return usage("--at %q is not a time like 2026-11-24T12:00:00Z", when)
				}
			}
			var policy *toe.Policy
			if policyFile != "" {
				if policy, err = readPolicy(policyFile); err != nil {
					return err
				}
			}
			b, f, err := openBundle(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			s, err := b.Show(policy, now)
			if err != nil {
				return certificateFailure(err)
			}
			s.Bundle = filepath.Base(args[0])
			var key *seal.Key
			if keyFile != "" {
				if policy == nil {
					return usage("--key signs what other tools are told, which needs --policy")
				}
				if key, err = openKey(cmd.Context(), cmd.ErrOrStderr(), keyFile, pass); err != nil {
					return err
				}
				if _, err := policy.Acts(key.Public.ID, "issuer", now.UTC().Format(time.DateOnly)); err != nil {
					return usage("%s is not the key of an issuer: %v", keyFile, err)
				}
			}
			if len(wanted) == 0 {
				if err := s.Text(cmd.OutOrStdout()); err != nil {
					return nothing(err)
				}
			}
			// All are made before one is written: what cannot be written leaves nothing half done.
			made := make([][]byte, len(wanted))
			for i, o := range wanted {
				if made[i], err = certificateAs(o.format, s, key); err != nil {
					return certificateFailure(err)
				}
			}
			for i, o := range wanted {
				if err := write(o.path, made[i], cmd.OutOrStdout()); err != nil {
					return err
				}
				if o.path != "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s\n", report.Line(o.path, 0))
				}
			}
			if s.Fault != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "assay: the certificate does not count: %s\n", report.Line(s.Fault, 0))
			} else if policy == nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: nothing was verified: give --policy FILE")
			}
			return nil
		},
	}
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "write it as `FORMAT[=PATH]` ("+strings.Join(certificateFormats, ", ")+"); repeatable")
	c.Flags().StringVar(&policyFile, "policy", "", "verify the bundle first, under the signed policy in this `FILE`")
	c.Flags().StringVar(&keyFile, "key", "", "sign vsa and svr with the issuer's private key in this `FILE`")
	c.Flags().StringVar(&when, "at", "", "verify as at this `TIME` (RFC 3339) instead of now")
	passphraseFlag(c, &pass)
	return c
}

type certificateOutput struct{ format, path string }

// certificateOutputs reads FORMAT[=PATH]; one may go to standard output.
func certificateOutputs(specs []string) (out []certificateOutput, err error) {
	standard := false
	for _, s := range specs {
		format, path, given := strings.Cut(s, "=")
		known := false
		for _, f := range certificateFormats {
			known = known || f == format
		}
		switch {
		case !known:
			return nil, usage("-o %s: a certificate is shown as one of %s", s, strings.Join(certificateFormats, ", "))
		case given && path == "":
			return nil, usage("-o %s: which file?", s)
		case path == "" && standard:
			return nil, usage("two of them cannot both go to standard output: give one a path, as in -o %s=FILE", format)
		case path == "":
			standard = true
		default:
			if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
				return nil, usage("-o %s: there is no directory %s", s, filepath.Dir(path))
			}
		}
		out = append(out, certificateOutput{format, path})
	}
	return out, nil
}

// certificateFailure gives a failure of package cert its exit code.
func certificateFailure(err error) error {
	var f *cert.Failure
	if errors.As(err, &f) {
		return exit{f.Code, err}
	}
	return nothing(err)
}
