// Package toy reads a language made for tests, one statement a line. Only tests import it.
package toy

import (
	"fmt"
	"strconv"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// Collectors are all that this package has.
var Collectors = []*collect.Collector{Source, Settings, Deployment, Probe}

var Source = &collect.Collector{
	Name:    "toy/source",
	Doc:     "fn NAME | route METHOD PATH | limit PREFIX | hash ALG [PURPOSE], where ALG may be $KEY or $KEY:DEFAULT",
	Accepts: collect.Kinds(artefact.Source, "toy"),
	Emits:   []fact.Fact{fact.Route{}, fact.Limiter{}, fact.HashCall{}, fact.Package{}, fact.Import{}, fact.Annotated{}, fact.Dynamic{}, fact.TestCase{}, fact.Native{}, fact.Entry{}, fact.Justified{}},
	Run: func(p *collect.Pass) error {
		fn := ""
		return lines(p, func(n int, w []string) error {
			site := fact.Site{Symbol: fn}
			switch {
			case w[0] == "fn" && len(w) == 2:
				fn = w[1]
			case w[0] == "route" && len(w) == 3:
				p.Emit(fact.Route{Method: w[1], Path: w[2], Site: site}, n)
			case w[0] == "limit" && len(w) == 2:
				p.Emit(fact.Limiter{Prefix: w[1], Site: site}, n)
			case w[0] == "hash" && len(w) >= 2:
				p.Emit(fact.HashCall{Alg: value(w[1]), Purpose: strings.Join(w[2:], " "), Site: site}, n)
			case w[0] == "panic": // hostile input that our parser cannot bear
				panic("index out of range")
			case w[0] == "give-up":
				return fmt.Errorf("line %d: nested too deep", n)
			default:
				for _, k := range []fact.Fact{fact.Route{}, fact.Limiter{}, fact.HashCall{}} {
					p.Gap(k, n, "unparsed", "line %d: %q", n, strings.Join(w, " "))
				}
			}
			return nil
		})
	},
}

var Settings = &collect.Collector{
	Name:    "toy/settings",
	Doc:     "KEY VALUE",
	Accepts: collect.Kinds(artefact.Config, "conf"),
	Emits:   []fact.Fact{fact.Setting{}},
	Run: func(p *collect.Pass) error {
		return lines(p, func(n int, w []string) error {
			if len(w) != 2 {
				return fmt.Errorf("line %d: want a key and a value", n)
			}
			p.Emit(fact.Setting{Key: w[0], Value: value(w[1])}, n)
			return nil
		})
	},
}

var Deployment = &collect.Collector{
	Name:    "toy/deployment",
	Doc:     "service NAME DIR...",
	Accepts: collect.Kinds(artefact.Deployment, "deploy"),
	Emits:   []fact.Fact{fact.Workload{}, fact.Container{}, fact.ImageBuild{}, fact.Environment{}},
	Run: func(p *collect.Pass) error {
		return lines(p, func(n int, w []string) error {
			if w[0] != "service" || len(w) < 2 {
				return fmt.Errorf("line %d: %q", n, w)
			}
			p.Emit(fact.Workload{Platform: "toy", Kind: "service", Name: w[1]}, n)
			for _, dir := range w[2:] {
				p.Emit(fact.Container{Platform: "toy", Workload: w[1], Context: dir}, n)
			}
			return nil
		})
	},
}

var Probe = &collect.Collector{
	Name:    "toy/probe",
	Doc:     "burst METHOD PATH SENT REFUSED-AFTER [control], the last if a request without credentials went through meanwhile",
	Accepts: collect.Kinds(artefact.Probe, "probe"),
	Emits:   []fact.Fact{fact.Burst{}},
	Run: func(p *collect.Pass) error {
		return lines(p, func(n int, w []string) error {
			if w[0] != "burst" || len(w) < 5 {
				return fmt.Errorf("line %d: %q", n, w)
			}
			sent, _ := strconv.Atoi(w[3])
			after, _ := strconv.Atoi(w[4])
			grade := fact.Observed
			if len(w) > 5 {
				grade = fact.Challenged
			}
			p.EmitAt(grade, fact.Burst{Method: w[1], Path: w[2], Sent: sent, RefusedAfter: after}, collect.Spot{Line: n})
			return nil
		})
	},
}

// lines calls f with the words of each line that has any and is no comment.
func lines(p *collect.Pass, f func(n int, words []string) error) error {
	for i, l := range strings.Split(p.Data, "\n") {
		if w := strings.Fields(l); len(w) > 0 && w[0] != "#" {
			if err := f(i+1, w); err != nil {
				return err
			}
		}
	}
	return nil
}

func value(s string) fact.Value {
	key, ok := strings.CutPrefix(s, "$")
	if !ok {
		return fact.Const(s)
	}
	if name, or, ok := strings.Cut(key, ":"); ok {
		return fact.Key(name, fact.Const(or))
	}
	return fact.Key(key)
}
