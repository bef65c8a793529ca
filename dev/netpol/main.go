// Command netpol measures the evaluator of network policies against the cases of np-guard/netpol-analyzer: it reads a checkout of it (a
// work tree, or a bare repository), runs our collector and our evaluator on each case that has an expected list of connections, and
// compares pairs and ports exactly. It says so for the core cases (NetworkPolicy and Ingress alone), and for those with policies of administrators
// and with routes of OpenShift, apart.
//
//	go run ./dev/netpol [-v] CHECKOUT
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"assay/artefact"
	"assay/collect"
	"assay/collect/deployment"
	"assay/fact"
	"assay/netpolicy"
)

func main() {
	verbose := flag.Bool("v", false, "show what differs")
	only := flag.String("case", "", "only this case")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: netpol [-v] [-case NAME] CHECKOUT")
		os.Exit(2)
	}
	files, err := read(flag.Arg(0))
	if err == nil {
		err = run(os.Stdout, files, *only, *verbose)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "netpol:", err)
		os.Exit(1)
	}
}

const (
	tests    = "tests/"
	expected = "test_outputs/connlist/"
	suffix   = "_connlist_output.txt"
)

// read returns the files of the checkout that matter, by path.
func read(dir string) (map[string]string, error) {
	out := map[string]string{}
	if _, err := os.Stat(filepath.Join(dir, "tests")); err == nil {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, _ := filepath.Rel(dir, p)
			if rel = filepath.ToSlash(rel); strings.HasPrefix(rel, tests) || strings.HasPrefix(rel, expected) {
				data, err := os.ReadFile(p)
				out[rel] = string(data)
				return err
			}
			return nil
		})
		return out, err
	}
	data, err := exec.Command("git", "--git-dir", dir, "archive", "HEAD", tests, expected).Output()
	if err != nil {
		return nil, fmt.Errorf("%s is neither a work tree nor a bare repository of the cases: %w", dir, err)
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		out[h.Name] = string(text)
	}
}

// A group is a set of cases that is counted for itself.
type group struct {
	name             string
	has              *regexp.Regexp
	cases, exact     int
	wanted, matching int
	sum              float64
}

var foreign = regexp.MustCompile(`"?kind"?: *"?(UserDefinedNetwork|ClusterUserDefinedNetwork|NetworkAttachmentDefinition|VirtualMachine|MultiNetworkPolicy)\b`)

func run(w io.Writer, files map[string]string, only string, verbose bool) error {
	cases := map[string]map[string]string{}
	for name, data := range files {
		if rest, ok := strings.CutPrefix(name, tests); ok {
			c, file, _ := strings.Cut(rest, "/")
			if cases[c] == nil {
				cases[c] = map[string]string{}
			}
			cases[c][file] = data
		}
	}
	groups := []*group{
		{name: "policies of administrators", has: regexp.MustCompile(`"?kind"?: *"?(Baseline)?AdminNetworkPolicy\b`)},
		{name: "routes of OpenShift", has: regexp.MustCompile(`"?kind"?: *"?Route\b`)},
		{name: "core", has: regexp.MustCompile(``)},
	}
	left := 0
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		want, ok := files[expected+name+suffix]
		if !ok || only != "" && only != name {
			continue
		}
		texts := strings.Join(slices.Collect(maps.Values(cases[name])), "\n")
		if foreign.MatchString(texts) {
			left++
			continue
		}
		g := groups[slices.IndexFunc(groups, func(g *group) bool { return g.has.MatchString(texts) })]
		begin := time.Now()
		got, err := edges(cases[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r := compare(lines(want), got)
		g.cases++
		g.wanted, g.matching, g.sum = g.wanted+r.wanted, g.matching+r.matching, g.sum+r.score()
		word := "exact"
		if !r.exact() {
			word = "differs"
		} else {
			g.exact++
		}
		fmt.Fprintf(w, "%-8s %-75s %6d expected %6d found %6d matching %6.0f ms\n", word, name, r.wanted, r.found, r.matching, time.Since(begin).Seconds()*1000)
		if verbose && !r.exact() {
			for _, d := range r.differences[:min(len(r.differences), 40)] {
				fmt.Fprintf(w, "    %s\n", d)
			}
		}
	}
	for _, g := range groups {
		if g.cases > 0 {
			fmt.Fprintf(w, "%s: %d of %d cases exact, %d of %d edges, macro average %.4f\n", g.name, g.exact, g.cases, g.matching, g.wanted, g.sum/float64(g.cases))
		}
	}
	fmt.Fprintf(w, "%d cases with networks beside the cluster's own or with virtual machines left out\n", left)
	return nil
}

// edges runs collector and evaluator on the files of a case, and returns lines as the expected output has them.
func edges(files map[string]string) (map[string]string, error) {
	var facts []fact.Fact
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
			continue
		}
		x := collect.Run(context.Background(), deployment.Kubernetes, collect.Input{Family: artefact.Deployment, Language: "kubernetes", Data: files[name]})
		for _, r := range x.Rows {
			facts = append(facts, fact.At(r.Fact, name, fact.Ordinal(r.Fact)))
		}
	}
	g, err := netpolicy.Evaluate(netpolicy.Read(facts), netpolicy.Options{HostNetworkIsolated: true, DeclaredPortsOnly: true})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for e := range g.Edges() {
		if e.From.First.Is6() || e.To.First.Is6() { // the cases know no addresses of IPv6
			continue
		}
		if !e.Certain.Empty() {
			out[peer(e.From)+" => "+peer(e.To)] = ports(e.Certain)
		}
	}
	return out, nil
}

func peer(p netpolicy.Peer) string {
	switch p.Kind {
	case netpolicy.Pods:
		return p.Namespace + "/" + p.Name + "[" + p.Workload + "]"
	case netpolicy.Address:
		return p.First.String() + "-" + p.Last.String() + "[External]"
	}
	return "{ingress-controller}"
}

// ports writes a set as the expected output does.
func ports(s netpolicy.Set) string {
	if s.Equal(netpolicy.All) {
		return "All Connections"
	}
	var out []string
	for _, p := range []struct {
		name   string
		ranges []netpolicy.Range
	}{{"SCTP", s.SCTP}, {"TCP", s.TCP}, {"UDP", s.UDP}} {
		var rs []string
		for _, r := range p.ranges {
			rs = append(rs, r.String())
		}
		if len(rs) > 0 {
			out = append(out, p.name+" "+strings.Join(rs, ","))
		}
	}
	return strings.Join(out, ",")
}

// lines reads the expected output: SOURCE => TARGET : PORTS.
func lines(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if pair, ports, ok := strings.Cut(strings.TrimSpace(line), " : "); ok && strings.Contains(pair, " => ") {
			out[strings.TrimSpace(pair)] = strings.TrimSpace(ports)
		}
	}
	return out
}

type result struct {
	wanted, found, matching int
	differences             []string
}

func (r result) exact() bool { return r.matching == r.wanted && r.found == r.wanted }

// score is how many edges match, of all that are wanted or found.
func (r result) score() float64 {
	if both := r.wanted + r.found - r.matching; both > 0 {
		return float64(r.matching) / float64(both)
	}
	return 1
}

func compare(want, got map[string]string) result {
	r := result{wanted: len(want), found: len(got)}
	for _, pair := range slices.Sorted(maps.Keys(want)) {
		switch g, ok := got[pair]; {
		case !ok:
			r.differences = append(r.differences, "missing "+pair+" : "+want[pair])
		case g != want[pair]:
			r.differences = append(r.differences, "wanted "+pair+" : "+want[pair]+", found "+g)
		default:
			r.matching++
		}
	}
	for _, pair := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[pair]; !ok {
			r.differences = append(r.differences, "beyond "+pair+" : "+got[pair])
		}
	}
	return r
}
