// Command flows compares the flows that assay's model has of a system with those that the system's own network policies let through, and so say that it needs.
//
//	go run ./dev/flows [-assay bin/assay] CHECKOUT
//
// Of the policies (NetworkPolicy in any YAML file of the checkout that is no template) the rules of ingress count that name pods on both ends. What is printed is what of that the
// model has and has not, and what it has between the same workloads beyond that; then each workload's languages and methods of gRPC. Its exit code is 1 if something is missing.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/model"
)

func main() {
	bin := flag.String("assay", "bin/assay", "the `PROGRAM`")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: flows [-assay PROGRAM] CHECKOUT")
		os.Exit(2)
	}
	missing, err := run(os.Stdout, *bin, flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "flows:", err)
		os.Exit(4)
	}
	if missing > 0 {
		os.Exit(1)
	}
}

func run(w io.Writer, bin, dir string) (missing int, err error) {
	cache, err := os.MkdirTemp("", "flows")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(cache)
	cmd := exec.Command(bin, "model", dir, "--offline", "--cache", cache, "-o", "json="+filepath.Join(cache, "model.json"))
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	data, err := os.ReadFile(filepath.Join(cache, "model.json"))
	if err != nil {
		return 0, err
	}
	var g model.Graph
	if err := json.Unmarshal(data, &g); err != nil {
		return 0, err
	}
	ps, err := policies(dir)
	if err != nil {
		return 0, err
	}
	return compare(w, &g, ps), nil
}

// A policy is what of a NetworkPolicy counts here.
type policy struct {
	Kind string
	Spec struct {
		PodSelector selector `yaml:"podSelector"`
		Ingress     []struct {
			From []struct {
				PodSelector *selector `yaml:"podSelector"`
			}
			Ports []struct {
				Port string
			}
		}
	}
}

type selector struct {
	MatchLabels map[string]string `yaml:"matchLabels"`
}

// policies reads the policies of a checkout.
func policies(dir string) (out []policy, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		if e := filepath.Ext(p); d.IsDir() || e != ".yaml" && e != ".yml" {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil || !bytes.Contains(data, []byte("NetworkPolicy")) || bytes.Contains(data, []byte("{{")) {
			return err
		}
		for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
			var x policy
			if err := dec.Decode(&x); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				var odd *yaml.TypeError
				if errors.As(err, &odd) { // some other kind
					continue
				}
				return fmt.Errorf("%s: %w", p, err)
			}
			if x.Kind == "NetworkPolicy" {
				out = append(out, x)
			}
		}
	})
	return out, err
}

// compare prints what of the policies' edges the model has, and returns how many it has not.
func compare(w io.Writer, g *model.Graph, ps []policy) (missing int) {
	labels := map[string][][]string{} // of workloads, by component
	for _, d := range g.Deployments {
		for _, x := range d.Workloads {
			if x.Component != "" {
				labels[x.Component] = append(labels[x.Component], x.Labels)
			}
		}
	}
	selected := func(s selector) (out []string) {
		for _, c := range slices.Sorted(maps.Keys(labels)) {
			if len(s.MatchLabels) > 0 && slices.ContainsFunc(labels[c], func(have []string) bool {
				for k, v := range s.MatchLabels {
					if !slices.Contains(have, k+"="+v) {
						return false
					}
				}
				return true
			}) {
				out = append(out, c)
			}
		}
		return out
	}
	want := map[[2]string]map[string]bool{} // ports
	ends := map[string]bool{}
	for _, p := range ps {
		for _, to := range selected(p.Spec.PodSelector) {
			ends[to] = true
			for _, in := range p.Spec.Ingress {
				for _, f := range in.From {
					if f.PodSelector == nil {
						continue
					}
					for _, from := range selected(*f.PodSelector) {
						k := [2]string{from, to}
						if ends[from] = true; want[k] == nil {
							want[k] = map[string]bool{}
						}
						for _, port := range in.Ports {
							want[k][port.Port] = true
						}
					}
				}
			}
		}
	}
	has := map[[2]string]map[string]bool{}
	for _, f := range g.Flows {
		k := [2]string{f.From, f.To}
		if !ends[f.From] || !ends[f.To] {
			continue
		}
		has[k] = map[string]bool{}
		for _, way := range f.Ways {
			has[k][way.Port] = true
		}
	}
	found := 0
	for _, k := range slices.SortedFunc(maps.Keys(want), byEnds) {
		ports := slices.Sorted(maps.Keys(want[k]))
		state := "found"
		switch {
		case has[k] == nil:
			state = "missing"
		case len(ports) > 0 && !slices.ContainsFunc(ports, func(p string) bool { return has[k][p] }):
			state = "found, with another port: " + strings.Join(slices.Sorted(maps.Keys(has[k])), " ")
		}
		if state == "missing" {
			missing++
		} else {
			found++
		}
		fmt.Fprintf(w, "%-24s -> %-24s %-8s %s\n", k[0], k[1], strings.Join(ports, " "), state)
	}
	beyond := 0
	for _, k := range slices.SortedFunc(maps.Keys(has), byEnds) {
		if want[k] == nil {
			beyond++
			fmt.Fprintf(w, "%-24s -> %-24s %-8s beyond\n", k[0], k[1], strings.Join(slices.Sorted(maps.Keys(has[k])), " "))
		}
	}
	fmt.Fprintf(w, "%d of %d flows found, %d missing, %d beyond\n\n", found, len(want), missing, beyond)
	for _, n := range g.Nodes {
		if n.External() || !ends[n.Name] {
			continue
		}
		methods := map[string]bool{}
		for _, e := range n.Endpoints {
			if e.Protocol == "grpc" {
				methods[e.Method] = true
			}
		}
		fmt.Fprintf(w, "%-24s %-12s %s\n", n.Name, strings.Join(n.Languages, ","), strings.Join(slices.Sorted(maps.Keys(methods)), " "))
	}
	return missing
}

func byEnds(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
