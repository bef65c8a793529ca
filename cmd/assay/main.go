// Command assay certifies microservice software against the AssureMOSS scheme: it finds the components of a system, gathers
// evidence from their files, and says for each of the 34 requirements what holds, what does not, and what is not known.
//
// Each verb is one file. What a verb does is in the packages below; here is only what a user types and reads.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/collect/worker"
	"assay/report"
	"assay/toe"
)

// Exit codes. Scripts rely on them.
const (
	exitSatisfied = 0 // every applicable requirement is satisfied
	exitViolated  = 1 // something is violated
	exitUsage     = 2 // usage, a path that is not there, or a bad configuration file
	exitUnknown   = 3 // nothing is violated, but something is unknown
	exitNothing   = 4 // no document could be made: what is there is empty, cannot be read, or is none
)

// An exit carries a code out of a command; its error, if any, is what to tell.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return exit{exitUsage, fmt.Errorf(format, args...)} }

func nothing(err error) error { return exit{exitNothing, err} }

// A hint is an error with advice on what to do about it.
type hint struct {
	error
	advice string
}

func main() {
	worker.Main(collectors)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes a command line and returns its exit code. A panic is our bug: it ends in exit 4, never in a verdict.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if x := recover(); x != nil {
			fmt.Fprintf(stderr, "assay: this is a bug in assay: %v\n%s", x, debug.Stack())
			code = exitNothing
		}
	}()
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitSatisfied
	}
	var e exit
	var config *toe.Error
	switch {
	case errors.As(err, &e):
		code, err = e.code, e.err
		for errors.As(e.err, &e) { // a mistake on the command line stays one, however late it showed
			code = e.code
		}
	case errors.As(err, &config):
		code = exitUsage
	case errors.Is(err, context.Canceled):
		code, err = exitNothing, errors.New("interrupted; nothing was written")
	default:
		code = exitUsage // cobra's own: unknown flags and commands
	}
	if err != nil {
		fmt.Fprintf(stderr, "assay: %s\n", harmless(strings.TrimSpace(err.Error())))
		var h hint
		if errors.As(err, &h) {
			fmt.Fprintf(stderr, "  %s\n", harmless(h.advice))
		}
	}
	return code
}

// harmless makes each line of a message so that it commands no terminal: errors name files, and files may have any name.
func harmless(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = l[:len(l)-len(strings.TrimLeft(l, " "))] + report.Line(l, 0)
	}
	return strings.Join(lines, "\n")
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Certify microservice software against the 34 requirements of the AssureMOSS scheme",
		Long: `assay reads a microservice system, finds its components, and decides each of the 34 requirements of the AssureMOSS
scheme: satisfied, violated, not applicable or unknown, with the place and the reason. What was not seen is unknown.

Start with: assay assess DIR

Nothing of the system is executed, and no other machine is asked unless --online says so. For completion in your shell see
assay completion --help; for what this machine lacks, assay doctor.`,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if err := offline(cmd); err != nil {
				return err
			}
			return given(cmd, args)
		},
	}
	root.PersistentFlags().Bool("offline", false, "ask no other machine, as without --online: a command that would have to is an error")
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.Version = thisVersion()
	root.SetVersionTemplate("assay {{.Version}}\n")
	root.AddCommand(assessCommand(), whyCommand(), explainCommand(), initCommand(), schemeCommand(), reportCommand(), diffCommand(), sbomCommand(), modelCommand(), dbCommand(), doctorCommand(), reviewCommand(), planCommand(), evidenceCommand(), keyCommand(), policyCommand(), versionCommand(), manCommand(), certifyCommand(), statusCommand(), verifyCommand())
	completions(root)
	return root
}

// offline holds a command to --offline: it may not be asked for what needs another machine.
func offline(cmd *cobra.Command) error {
	if set, err := cmd.Flags().GetBool("offline"); err != nil || !set {
		return nil
	}
	if on, err := cmd.Flags().GetBool("online"); err == nil && on {
		return usage("--offline and --online contradict each other")
	}
	if cmd.CommandPath() == "assay db update" {
		from := os.Getenv(fromVariable)
		if f := cmd.Flags().Lookup("from"); f.Changed {
			from = f.Value.String()
		}
		exploited := os.Getenv(exploitedVariable)
		if f := cmd.Flags().Lookup("exploited"); f.Changed {
			exploited = f.Value.String()
		}
		if from == "" || acquire.IsURL(from) || acquire.IsURL(exploited) {
			return usageHint("without --offline it does; without the network there are assay db update --from DIR and assay db import PATH", "assay db update fetches from the network, and --offline forbids that")
		}
	}
	return nil
}
