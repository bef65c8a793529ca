package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/report"
	"assay/rules"
	"assay/scheme"
)

// completions says what may stand where, for the shells: assay completion bash|zsh|fish|powershell prints what makes a shell ask.
func completions(root *cobra.Command) {
	arguments := map[string]cobra.CompletionFunc{
		"assay explain":     explained,
		"assay why":         whyArguments,
		"assay scheme show": once(requirementIDs),
		"assay report":      files("json"),
		"assay diff":        files("json"),
		"assay assess":      directories,
		"assay sbom":        directories,
		"assay model":       directories,
		"assay init":        directories,
		"assay doctor":      directories,
		"assay verify":      files("zip"), "assay certify": directories, "assay certify show": files("zip"),
		"assay review": directories, "assay review list": directories, "assay plan": directories, "assay policy sign": files("yaml"), "assay policy show": files("json", "yaml"),
		"assay db update": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return acquire.KnownEcosystems(), cobra.ShellCompDirectiveNoFileComp
		},
		"assay db list":     cobra.NoFileCompletions,
		"assay version":     cobra.NoFileCompletions,
		"assay scheme list": cobra.NoFileCompletions,
	}
	flags := map[string]cobra.CompletionFunc{
		"fail-on": words("violated", "unknown", "new"),
		"from":    files("json", "zip"),
		"replay":  words("facts", "full"), "against": directories, "log": directories,
		"baseline": files("json"),
		"config":   files("yaml", "yml"),
		"dir":      directories,
		"root":     directories,
		"cache":    directories,
		"pages":    directories,
		"database": directories,
		"policy":   files("json"), "key": files("key", "pem"),
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		path := c.CommandPath()
		if f := arguments[path]; f != nil {
			c.ValidArgsFunction = f
		}
		for name, f := range flags {
			if fl := c.Flags().Lookup(name); fl != nil && !(name == "from" && path == "assay db update") {
				if _, has := c.GetFlagCompletionFunc(name); !has {
					must(c.RegisterFlagCompletionFunc(name, f))
				}
			}
		}
		if fl := c.Flags().Lookup("output"); fl != nil && strings.Contains(fl.Usage, "FORMAT") {
			names := report.Names()
			if path == "assay diff" {
				names = []string{"html", "json", "md", "text"}
			} else if path == "assay model" {
				names = report.ModelNames()
			} else if path == "assay doctor" {
				names = []string{"json"}
			} else if path == "assay verify" {
				names = []string{"json", "checkpoint"}
			} else if path == "assay certify show" {
				names = []string{"html", "pdf", "vsa", "svr", "cyclonedx", "oscal", "json"}
			}
			if _, has := c.GetFlagCompletionFunc("output"); !has {
				must(c.RegisterFlagCompletionFunc("output", formats(names)))
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func words(list ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

func files(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

func directories(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// formats completes FORMAT, and leaves =PATH to be typed or not.
func formats(names []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func requirementIDs(typed string) (out []string) {
	for _, r := range scheme.All() {
		if len(typed) <= len(r.ID) && strings.EqualFold(r.ID[:len(typed)], typed) {
			out = append(out, r.ID+"\t"+r.Title)
		}
	}
	return out
}

func once(list func(typed string) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list(typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// explained completes requirements and, once one is typed with its slash, its rules.
func explained(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	id, _, rule := strings.Cut(typed, "/")
	if r, ok := scheme.Get(id); ok && rule && len(args) == 0 {
		var out []string
		for _, x := range rules.Of(r.ID) {
			out = append(out, x.ID)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	return once(requirementIDs)(c, args, typed)
}

// How long completion may take to find the components: longer, and it is no help.
const patience = 2 * time.Second

// whyArguments completes a requirement, then a component of it: from the document of --from, or of the system in --dir as far as that
// can be assessed at once, which what is remembered of it allows.
func whyArguments(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return once(requirementIDs)(c, args, typed)
	}
	from, _ := c.Flags().GetString("from")
	dir, _ := c.Flags().GetString("dir")
	cache, _ := c.Flags().GetString("cache")
	r, ok := scheme.Get(args[0])
	if !ok || !r.PerComponent() {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	doc, err := readDocument(from)
	if from == "" {
		j := job{dir: dir, cache: cache, jobs: 2, timeout: patience}
		doc, err = j.run(ctx, io.Discard)
	}
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, x := range doc.ToE.Components {
		if strings.HasPrefix(x.Name, typed) && !strings.ContainsFunc(x.Name, func(r rune) bool { return r < ' ' }) {
			out = append(out, x.Name)
		}
	}
	slices.Sort(out)
	return out, cobra.ShellCompDirectiveNoFileComp
}
