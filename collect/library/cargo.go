package library

import (
	"fmt"
	"regexp"
	"strings"

	"assay/fact"
)

var cargoReader = manifest("cargo", "Cargo.toml: package, workspace, dependencies of every kind and target, patches", readCargo, "cargo")
var cargoLockReader = lock("cargo-lock", "Cargo.lock, versions 1 to 4; what a crate is for is not in it", readCargoLock)

func readCargo(r *reader) error {
	root, err := parseTOML(r.text())
	if err != nil {
		return err
	}
	p, w := root.get("package"), root.get("workspace")
	if p == none && w == none {
		return fmt.Errorf("line 1: neither package nor workspace")
	}
	m := fact.Module{Ecosystem: "cargo", Name: p.str("name"), Version: p.str("version"), Workspace: w != none && p == none}
	if len(root.get("bin").list()) > 0 {
		m.Program = "bin"
	}
	if d := p.str("default-run"); d != "" {
		m.Program = "default-run"
	}
	if m.Version == "" && w.str("package", "version") != "" && p.is("version", "workspace") {
		m.Version = w.str("package", "version")
	}
	r.emit(m, max(1, p.line, w.line))
	for _, x := range w.get("members").list() {
		r.emit(fact.Submodule{Ecosystem: "cargo", Dir: dir(x.text), Site: fact.Site{Symbol: "workspace.members"}}, x.line)
	}
	for _, x := range w.get("exclude").list() {
		r.emit(fact.Submodule{Ecosystem: "cargo", Dir: "!" + dir(x.text), Site: fact.Site{Symbol: "workspace.exclude"}}, x.line)
	}
	cargoTables(r, root, "")
	root.get("target").each(func(target string, v *node) { cargoTables(r, v, "target "+target) })
	w.get("dependencies").each(func(name string, v *node) {
		d := cargoDependency(name, v)
		version := d.Version
		if d.Path != "" {
			version = fact.Unknown("path " + d.Path)
		}
		r.emit(fact.Managed{Ecosystem: "cargo", Name: d.Name, Version: version, Site: fact.Site{Symbol: "workspace.dependencies"}}, v.line)
	})
	override := func(symbol string, v *node) {
		v.each(func(name string, x *node) {
			name, _, _ = strings.Cut(name, ":") // replace: NAME:VERSION
			d := cargoDependency(name, x)
			version := d.Version
			if d.Path != "" {
				version = fact.Unknown("path " + d.Path)
			}
			r.emit(fact.Managed{Ecosystem: "cargo", Name: d.Name, Version: version, Site: fact.Site{Symbol: symbol}}, x.line)
		})
	}
	root.get("patch").each(func(_ string, v *node) { override("patch", v) })
	override("replace", root.get("replace"))
	if v := p.str("rust-version"); v != "" {
		r.emit(fact.Property{Ecosystem: "cargo", Key: "rust-version", Value: fact.Const(v)}, p.get("rust-version").line)
	}
	return nil
}

var cargoSections = []struct{ section, use string }{
	{"dependencies", "production"}, {"dev-dependencies", "development"}, {"dev_dependencies", "development"},
	{"build-dependencies", "build"}, {"build_dependencies", "build"},
}

func cargoTables(r *reader, n *node, target string) {
	for _, s := range cargoSections {
		n.get(s.section).each(func(name string, v *node) {
			if v.kind != "string" && v.kind != "object" {
				r.unparsed(fact.Dependency{}, v.line, name)
				return
			}
			d := cargoDependency(name, v)
			d.Use, d.Site.Symbol, d.Extra = s.use, s.section, extra(d.Extra, target)
			if v.is("optional") && d.Use == "production" {
				d.Use = "optional"
			}
			r.emit(d, v.line)
		})
	}
}

var cargoExact = regexp.MustCompile(`^=\s*(\d+\.\d+\.\d+[0-9A-Za-z.+-]*)$`)

func cargoDependency(name string, v *node) fact.Dependency {
	d := fact.Dependency{Ecosystem: "cargo", Name: name}
	version := v.text
	var phrases []string
	if v.kind == "object" {
		version = v.str("version")
		if p := v.str("package"); p != "" && p != name {
			d.Name = p
			phrases = append(phrases, "alias "+name)
		}
		var features []string
		for _, f := range v.get("features").list() {
			features = append(features, f.text)
		}
		phrases = append(phrases, phrase("features", strings.Join(features, ",")))
		d.Path = dir(v.str("path"))
	}
	switch m := cargoExact.FindStringSubmatch(strings.TrimSpace(version)); {
	case v.is("workspace"):
		d.Version = managed
	case v.str("git") != "":
		d.Version = fact.Unknown("url")
		ref := ""
		for _, k := range []string{"rev", "tag", "branch"} {
			if x := v.str(k); x != "" {
				ref = " " + k + "=" + x
			}
		}
		phrases = append(phrases, phrase("from", v.str("git")+ref))
	case d.Path != "" && version == "":
		d.Version = fact.Unknown("path")
	case m != nil:
		d.Version = fact.Const(m[1])
	case version == "":
		d.Version = ranged("*")
	default:
		d.Version = ranged(version)
	}
	if x := v.str("registry"); x != "" {
		phrases = append(phrases, "registry "+x)
	}
	d.Extra = extra(phrases...)
	return d
}

var cratesIndex = regexp.MustCompile(`^registry\+https://[^/]+/rust-lang/[a-z.]+-index$`)

func readCargoLock(r *reader) error {
	root, tables, err := pyPackages(r)
	if err != nil {
		return err
	}
	if own := root.get("root"); own != none { // version 1 keeps the root apart
		tables = append(tables, own)
	}
	type id struct{ name, version string }
	by := map[string][]id{}
	for _, n := range tables {
		by[n.str("name")] = append(by[n.str("name")], id{n.str("name"), n.str("version")})
	}
	var all []pkg
	for _, n := range tables {
		x := fact.Locked{Ecosystem: "cargo", Name: n.str("name"), Version: n.str("version"), Integrity: n.str("checksum") != ""}
		source := n.str("source")
		switch {
		case source == "":
			x.Origin = "path"
		case cratesIndex.MatchString(source), host(strings.TrimPrefix(source, "sparse+"), "crates", "io"):
			if !x.Integrity {
				x.Integrity = root.str("metadata", fmt.Sprintf("checksum %s %s (%s)", x.Name, x.Version, source)) != ""
			}
		default:
			x.Origin = clean(source)
		}
		if x.Version == "" {
			r.unresolved(fact.Locked{}, n.line, "%s has no version", x.Name)
		}
		for _, d := range n.get("dependencies").list() {
			w := strings.Fields(d.text)
			if len(w) == 0 {
				r.unparsed(fact.Locked{}, d.line, d.text)
				continue
			}
			found := by[w[0]]
			version := ""
			if len(w) > 1 {
				version = w[1]
			} else if len(found) == 1 {
				version = found[0].version
			}
			ok := false
			for _, f := range found {
				ok = ok || f.version == version
			}
			if !ok {
				r.unresolved(fact.Locked{}, d.line, "%s of %s is not in the lock file", d.text, x.Name)
				continue
			}
			x.Requires = append(x.Requires, at(w[0], version))
		}
		all = append(all, pkg{x, n.line})
	}
	return r.finish("cargo", all, "")
}
