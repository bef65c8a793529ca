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

	"assay/collect/worker"
	"assay/toe"
)

// Exit codes. Scripts rely on them.
const (
	exitSatisfied = 0 // every applicable requirement is satisfied
	exitViolated  = 1 // something is violated
	exitUsage     = 2 // usage, or a bad configuration file
	exitUnknown   = 3 // nothing is violated, but something is unknown
	exitNothing   = 4 // no document could be made
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
	case errors.As(err, &config):
		code = exitUsage
	case errors.Is(err, context.Canceled):
		code, err = exitNothing, errors.New("interrupted; nothing was written")
	default:
		code = exitUsage // cobra's own: unknown flags and commands
	}
	if err != nil {
		fmt.Fprintf(stderr, "assay: %s\n", strings.TrimSpace(err.Error()))
		var h hint
		if errors.As(err, &h) {
			fmt.Fprintf(stderr, "  %s\n", h.advice)
		}
	}
	return code
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Certify microservice software against the 34 requirements of the AssureMOSS scheme",
		Long: `assay reads a microservice system, finds its components, and decides each of the 34 requirements of the AssureMOSS
scheme: satisfied, violated, not applicable or unknown, with the place and the reason. What was not seen is unknown.

Start with: assay assess DIR`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.Version = version
	root.SetVersionTemplate("assay {{.Version}}\n")
	root.AddCommand(assessCommand(), whyCommand(), explainCommand(), initCommand(), schemeCommand(), reportCommand(), diffCommand(), sbomCommand(), dbCommand(), versionCommand())
	return root
}
