package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"assay/assess"
	"assay/derive"
	"assay/fact"
)

// Init writes what was discovered as an assay.yaml. Everything discovered stands there as a comment, so that discovery goes
// on working as the system changes: only what somebody uncomments overrides it.
func Init(d *assess.Document) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# What assay is told about this system. Everything here is optional: what stands behind # was discovered, and is found")
	line("# again at every run. Uncomment an entry to correct it; what is uncommented takes the place of what is discovered.")
	line("version: 1")
	line("name: %s", scalar(d.ToE.Name))
	line("")
	line("# Components: a name, and what makes it up. kind is one of service, gateway, data store, broker, infrastructure, client,")
	line("# job, library, cluster, host; origin is own or third_party; paths are relative to this file.")
	line("# components:")
	for _, c := range d.ToE.Components {
		if c.Name == derive.Unmapped {
			continue
		}
		line("#   - name: %s", scalar(c.Name))
		line("#     kind: %s", scalar(c.Kind))
		if c.Origin != "unmapped" {
			line("#     origin: %s", c.Origin)
		} else {
			line("#     # no source was found for this image, and it is no known product: say paths, or origin: third_party")
		}
		var paths []string
		for _, dir := range c.Dirs {
			if root, rest, _ := strings.Cut(dir, "/"); root == "main" {
				if rest == "" {
					rest = "."
				}
				paths = append(paths, scalar(rest))
			}
		}
		if len(paths) > 0 {
			line("#     paths: [%s]   # matched by %s", strings.Join(paths, ", "), c.Match)
		}
		if len(c.Images) > 0 {
			var images []string
			for _, i := range c.Images {
				images = append(images, scalar(i))
			}
			line("#     images: [%s]", strings.Join(images, ", "))
		}
	}
	if len(d.ToE.Unmapped) > 0 {
		line("#")
		line("# Files that no component claims, though they could carry evidence:")
		for _, u := range d.ToE.Unmapped {
			line("#   %s (%d files)", u.Dir, u.Units)
		}
	}
	line("")
	line("# Files to leave out, as in .gitignore. They are counted in every report.")
	line("# exclude: [docs/, experiments/]")
	line("")
	line("# Why a library is needed that nothing seems to use (ARCH.1 asks for a justification).")
	line("# libraries:")
	n := 0
	for _, l := range d.Libraries {
		if l.Idle == "" && (len(l.Needed) > 0 || !l.Direct || l.Use != "production") || n >= 10 {
			continue
		}
		n++
		line("#   - library: %s", scalar(l.Name))
		line("#     component: %s", scalar(l.Component))
		line("#     why: \"\"")
	}
	if n == 0 {
		line("#   - library: some-library")
		line("#     why: loaded by name at run time, in the report plugin")
	}
	line("")
	line("# Whom data of the system may go to, for what, and which classes of it: credential, personal, technical (DATA.3). That it is needed is for an")
	line("# assessor to confirm.")
	line("# third_parties:")
	parties := receivers(d)
	for _, p := range parties {
		line("#   - name: %s", scalar(p.name))
		if strings.Contains(p.name, ".") {
			line("#     hosts: [%s]", scalar(p.name))
		}
		line("#     purpose: \"\"")
		line("#     data: [%s]", strings.Join(p.data, ", "))
	}
	if len(parties) == 0 {
		line("#   - name: Our payment provider")
		line("#     hosts: [api.pay.example]")
		line("#     purpose: to charge what was ordered")
		line("#     data: [personal]")
	}
	line("")
	line("# Parameters of the scheme may be tightened here. assay scheme show ID lists them.")
	line("# parameters:")
	var ps []string
	for p := range d.Scheme.Parameters {
		ps = append(ps, p)
	}
	slices.Sort(ps)
	for _, p := range ps[:min(len(ps), 3)] {
		line("#   %s: %q", p, d.Scheme.Parameters[p])
	}
	line("")
	line("# Other repositories that belong to the system, relative to this file.")
	line("# roots:")
	line("#   - id: config")
	line("#     path: ../system-config")
	return b.Bytes()
}

// A receiver is a third party that something of the system was found to send to, and the classes of data that are known to go there.
type receiver struct {
	name string
	data []string
}

// receivers reads the third parties of d from its facts.
func receivers(d *assess.Document) (out []receiver) {
	classes := map[string]map[string]bool{}
	for _, raw := range d.Facts {
		var f struct {
			Predicate string
			Fact      struct{ Party, Data string }
		}
		if json.Unmarshal(raw, &f); f.Predicate != fact.Name(fact.Destination{}) || f.Fact.Party == "" {
			continue
		}
		if classes[f.Fact.Party] == nil {
			classes[f.Fact.Party] = map[string]bool{}
		}
		if f.Fact.Data != "unknown" {
			classes[f.Fact.Party][f.Fact.Data] = true
		}
	}
	for _, p := range slices.Sorted(maps.Keys(classes)) {
		out = append(out, receiver{p, slices.Sorted(maps.Keys(classes[p]))})
	}
	return out
}

// scalar writes text as YAML would.
func scalar(text string) string {
	data, err := yaml.Marshal(text)
	if err != nil || strings.Count(strings.TrimSpace(string(data)), "\n") > 0 {
		return fmt.Sprintf("%q", text)
	}
	return strings.TrimSpace(string(data))
}
