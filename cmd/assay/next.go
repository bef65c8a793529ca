package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// repeated returns those flags of cmd that its user wrote and that takes wants, sorted by name, as they are to be written for the next command: so that it is about
// the same system, seen the same way, and can be pasted.
func repeated(cmd *cobra.Command, takes func(name string) bool) []string {
	var out []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !takes(f.Name) {
			return
		}
		switch many, ok := f.Value.(pflag.SliceValue); {
		case ok:
			for _, x := range many.GetSlice() {
				out = append(out, "--"+f.Name+" "+shellWord(x))
			}
		case f.Value.Type() == "bool" && f.Value.String() == "true":
			out = append(out, "--"+f.Name)
		default:
			out = append(out, "--"+f.Name+"="+shellWord(f.Value.String()))
			if f.NoOptDefVal == "" {
				out[len(out)-1] = "--" + f.Name + " " + shellWord(f.Value.String())
			}
		}
	})
	return out
}

// next writes the command that comes next: its words, what it must have and was not given, and the flags that were given and that it knows.
func next(cmd *cobra.Command, words []string, knows *pflag.FlagSet, must ...string) string {
	takes := func(name string) bool { return knows.Lookup(name) != nil }
	for _, m := range must {
		name, _, _ := strings.Cut(strings.TrimPrefix(m, "--"), " ")
		if !cmd.Flags().Changed(name) {
			words = append(words, m)
		}
	}
	return strings.Join(slices.Concat(words, repeated(cmd, takes)), " ")
}
