package image

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// sources are the endings of files that are programs as people write them, or the like that is run.
var sources = []string{".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".rb", ".php", ".java", ".kt", ".go", ".c", ".h", ".cc", ".cpp", ".cs", ".rs", ".pl", ".lua", ".sql", ".vue", ".html", ".css", ".proto"}

var configs = []string{".yaml", ".yml", ".json", ".toml", ".ini", ".conf", ".cfg", ".cnf", ".properties", ".env", ".xml", ".config"}

var archived = []string{".jar", ".war", ".ear", ".whl", ".egg", ".zip", ".tar", ".gz", ".tgz", ".xz", ".zst", ".bz2", ".nupkg", ".gem", ".deb", ".apk", ".rpm", ".phar"}

var keys = regexp.MustCompile(`(?i)(^|/)(id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(key|p12|pfx|jks|keystore|ppk))$`)

// kind says what a file is, by its first bytes if they tell and else by its name.
func kind(f file) string {
	ext := strings.ToLower(path.Ext(f.Path))
	switch {
	case f.Kind == "elf", f.Kind == "go", f.Kind == "key", f.Kind == "archive":
		return f.Kind
	case keys.MatchString(f.Path):
		return "key"
	case slices.Contains(sources, ext):
		return "source"
	case f.Kind == "script", ext == ".sh", ext == ".bash":
		return "script"
	case slices.Contains(archived, ext):
		return "archive"
	case slices.Contains(configs, ext), path.Base(f.Path) == ".env":
		return "config"
	}
	return "other"
}

// made are files that tools of the system write when packages are installed or run, and no package lists. What they
// hold is counted by directory: programs, scripts, archives and keys show one by one even here.
var made = regexp.MustCompile(`^(var/lib/(dpkg|apt|apk|systemd|pam|ucf|python|misc|ca-certificates|polkit-1|update-rc\.d)|lib/apk|usr/lib/apk|var/cache|var/log|etc/(ssl/certs|alternatives|apt|apk|rc[0-9S]?\.d|pam\.d|default|profile\.d|cron\.\w+|security|skel)|usr/share/(mime|info|man|doc|locale|icons|zoneinfo))/|` +
	`^etc/(passwd|group|shadow|gshadow|hostname|hosts|resolv\.conf|shells|subuid|subgid|machine-id|\.pwd\.lock|environment|ld\.so\.cache|passwd-|group-|shadow-|gshadow-|nsswitch\.conf|ca-certificates\.conf|localtime|timezone|motd|issue|mtab|profile|inittab|os-release|debian_version|alpine-release)$|^root/\.(bashrc|profile|wget-hsts)$|/__pycache__/|^\.dockerenv$`)

// many is how many files of a kind in one directory are one fact.
const many = 64

// shipped states the files that no package brought.
func (r *reader) shipped() {
	if r.blind {
		r.p.Gap(fact.Shipped{}, 0, "unresolved", "which files packages of the system brought is not known")
	}
	type place struct{ dir, kind string }
	groups := map[place][]file{}
	var order []place
	for _, f := range r.c.Files {
		if f.Kind == "link" || r.isOwned(f.Path) || f.Kind == "" && strings.HasSuffix(f.Path, ".pyc") && r.compiled(f.Path) {
			continue
		}
		k := place{path.Dir(f.Path), kind(f)}
		if plain := k.kind == "other" || k.kind == "config" || k.kind == "source"; plain && made.MatchString(f.Path) {
			k.dir = top(f.Path)
		} else if r.blind && plain {
			continue // it may be a package's
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], f)
	}
	slices.SortFunc(order, func(a, b place) int { return strings.Compare(a.dir+"\x00"+a.kind, b.dir+"\x00"+b.kind) })
	n := 0
	native := []string{}
	for _, k := range order {
		fs := groups[k]
		for _, f := range fs {
			if f.Kind == "elf" || f.Kind == "pe" && !r.built[f.Path] {
				native = append(native, f.Path)
			}
		}
		all := len(fs) > many && k.kind != "key" && k.kind != "archive" && k.kind != "go" || made.MatchString(fs[0].Path) && (k.kind == "other" || k.kind == "config" || k.kind == "source")
		if all {
			if n++; n <= maxShipped {
				r.p.EmitAt(fact.Static, r.fold(k.dir, k.kind, fs), collect.Spot{})
			}
			continue
		}
		for _, f := range fs {
			if n++; n > maxShipped {
				break
			}
			x := fact.Shipped{Path: clip(f.Path), Kind: k.kind, Digest: f.Digest, Mode: f.Mode, Layer: f.Layer, InBase: r.inBase(f), Count: 1}
			part := ""
			if k.kind == "go" {
				x.Module, part = r.module(f.Path), "go/"+f.Path
			} else if _, ok := r.p.Parts["jars/"+f.Path]; ok {
				part = "jars/" + f.Path
			}
			r.p.EmitAt(fact.Static, x, collect.Spot{Part: part})
		}
	}
	if n > maxShipped {
		r.p.Gap(fact.Shipped{}, 0, "unread", "more than %d files in it belong to no package; the rest is not told", maxShipped)
		r.p.Gap(fact.Alike{}, 0, "unread", "more than %d files in it belong to no package; the rest is not told", maxShipped)
	}
	if len(native) > 0 && !r.blind {
		more := ""
		if len(native) > 1 {
			more = fmt.Sprintf(" and %d more", len(native)-1)
		}
		r.p.Gap(fact.Installed{}, 0, "unresolved", "what %s%s is made of cannot be told: it is machine code or an assembly, and no package brought it", clip(native[0]), more)
	}
}

func (r *reader) inBase(f file) bool { return r.base > 0 && f.Layer <= r.base }

// compiled says whether a file is what Python makes of a source that lies there too.
func (r *reader) compiled(name string) bool {
	dir, base := path.Split(name)
	stem, _, _ := strings.Cut(base, ".")
	_, ok := r.files[path.Join(path.Dir(strings.TrimSuffix(dir, "/")), stem+".py")]
	return ok && strings.HasSuffix(dir, "__pycache__/")
}

func top(p string) string {
	parts := strings.Split(path.Dir(p), "/")
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// fold makes one fact of many files that are alike. Its digest is that of theirs, so that another content shows.
func (r *reader) fold(dir, kind string, fs []file) fact.Shipped {
	x := fact.Shipped{Path: clip(dir) + "/", Kind: kind, Count: len(fs), InBase: true}
	if dir == "." {
		x.Path = "/"
	}
	all := []string{"files"}
	for _, f := range fs {
		all = append(all, f.Path, f.Digest, f.Mode)
		x.Layer = max(x.Layer, f.Layer)
		x.InBase = x.InBase && r.inBase(f)
	}
	x.Digest = artefact.Hash(all...).String()
	return x
}
