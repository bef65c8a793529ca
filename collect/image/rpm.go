package image

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	rpmdb "github.com/erikvarga/go-rpmdb/pkg"
	"github.com/klauspost/compress/zstd"

	"assay/fact"
)

// A maker is who makes a system of RPM packages: as databases of vulnerabilities call its packages, by which vendor's name these are
// known, and whether advisories go by the source package. What others packed for that system is nobody's of these, and is called rpm.
type maker struct {
	ecosystem string
	vendor    *regexp.Regexp
	release   *regexp.Regexp // of a package, where the vendor makes more than the system; nil is any
	bySource  bool
}

// makers are those of whose packages there is public data, by the ID of os-release. Fedora, CentOS, Amazon, Oracle publish none of that form.
var makers = map[string]maker{
	"rhel":                {"redhat", regexp.MustCompile(`^Red Hat`), nil, false},
	"almalinux":           {"almalinux", regexp.MustCompile(`^AlmaLinux`), nil, false},
	"rocky":               {"rocky", regexp.MustCompile(`^Rocky`), nil, true},
	"sles":                {"suse", regexp.MustCompile(`^SUSE`), nil, true},
	"opensuse-leap":       {"opensuse", regexp.MustCompile(`^(openSUSE|SUSE)`), nil, true},
	"opensuse-tumbleweed": {"opensuse", regexp.MustCompile(`^openSUSE`), nil, true},
	"azurelinux":          {"azurelinux", regexp.MustCompile(`^Microsoft`), regexp.MustCompile(`\.azl\d`), true},
	"mariner":             {"azurelinux", regexp.MustCompile(`^Microsoft`), regexp.MustCompile(`\.cm\d`), true},
}

// Bounds of what is read of databases of RPM.
const (
	maxDatabase = 192 << 20 // bytes of one
	maxBrought  = 3_000_000 // files that packages name
)

// rpm reads the databases of RPM. A database that is damaged, that its own index disagrees with, or of which the library reads less
// than there is, is a gap and nothing else: half a list of packages looks like a whole one.
func (r *reader) rpm(system string) {
	type database struct {
		name     string
		packages []*rpmdb.PackageInfo
	}
	var all []database
	for _, name := range r.parts["rpm"] {
		ps, err := packagesOf(r.p.Parts["rpm/"+name])
		if err != nil {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s: which packages it holds cannot be told: %v", name, err)
			r.blind = true
			continue
		}
		all = append(all, database{name, ps})
	}
	if len(all) > 1 { // one of another kind was left where a newer RPM took over, and which one that is, its settings say
		same := func(d database) string {
			var out []string
			for _, p := range d.packages {
				out = append(out, p.Name+" "+evr(p)+" "+p.Arch)
			}
			slices.Sort(out)
			return strings.Join(out, "\n")
		}
		for _, d := range all[1:] {
			if same(d) != same(all[0]) {
				r.p.Gap(fact.Installed{}, 0, "unresolved", "it has two databases of RPM, %s and %s, which do not say the same; which of them holds is not known", all[0].name, d.name)
				r.blind = true
				return
			}
		}
		all = all[:1]
	}
	for _, d := range all {
		r.packages(system, d.name, d.packages)
	}
}

// packages notes the packages of one database, and the files that they brought.
func (r *reader) packages(system, name string, ps []*rpmdb.PackageInfo) {
	// What a package requires are words that others provide, and files that others hold.
	provided, brought := map[string][]string{}, map[string]string{}
	for _, p := range ps {
		for _, w := range append(p.Provides, p.Name) {
			if w != "" && !slices.Contains(provided[w], p.Name) && len(provided[w]) < 20 {
				provided[w] = append(provided[w], p.Name)
			}
		}
		for _, w := range p.Requires {
			if strings.HasPrefix(w, "/") {
				brought[r.canonical(w[1:])] = ""
			}
		}
	}
	layers, left := make([]int, len(ps)), maxBrought
	for i, p := range ps {
		if len(p.DirIndexes) != len(p.BaseNames) {
			r.p.Gap(fact.Shipped{}, 0, "unparsed", "%s: which files the package %s brought cannot be told", name, clip(p.Name))
			continue
		}
		for j, base := range p.BaseNames {
			at := p.DirIndexes[j]
			if at < 0 || int(at) >= len(p.DirNames) {
				r.p.Gap(fact.Shipped{}, 0, "unparsed", "%s: which files the package %s brought cannot be told", name, clip(p.Name))
				break
			}
			if left--; left < 0 {
				r.p.Gap(fact.Shipped{}, 0, "unread", "%s: its packages name more than %d files", name, maxBrought)
				break
			}
			f := path.Join(r.directory(strings.Trim(path.Clean("/"+p.DirNames[at]), "/"), 0), base)
			if _, asked := brought[f]; asked {
				brought[f] = p.Name
			}
			k, there := r.files[f]
			if !there {
				continue
			}
			r.own(r.system, f, name)
			if layers[i] == 0 && !strings.HasPrefix(f, "etc/") { // what is there is changed by whom it serves
				layers[i] = r.c.Files[k].Layer
			}
		}
	}
	r.own(r.system, name, name)
	m, known := makers[system]
	for i, p := range ps {
		if p.Name == "gpg-pubkey" && p.SourceRpm == "" && len(p.BaseNames) == 0 {
			continue // a key that packages are checked with
		}
		if p.Version == "" || p.Release == "" {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s: the package %s has no version", name, clip(p.Name))
			continue
		}
		x := fact.Installed{Ecosystem: "rpm", Name: clip(p.Name), Version: evr(p), License: licence(clip(p.License)), Path: name, Layer: layers[i]}
		own := known && m.vendor.MatchString(p.Vendor) && (m.release == nil || m.release.MatchString(p.Release))
		if own {
			x.Ecosystem = m.ecosystem
		}
		if !own || m.bySource {
			why := ""
			if x.Source, x.SourceVersion, why = source(p, ps); own && why != "" {
				r.p.Gap(fact.Installed{}, 0, "unresolved", "%s: %s", name, why)
			}
		}
		for _, w := range p.Requires {
			if f, file := strings.CutPrefix(w, "/"); file {
				if by := brought[r.canonical(f)]; by != "" && by != p.Name {
					x.Requires = append(x.Requires, by)
				}
			} else if by := provided[w]; !slices.Contains(by, p.Name) {
				x.Requires = append(x.Requires, by...)
			}
		}
		r.add(x, "rpm/"+name)
	}
}

// evr is a package's version as RPM writes it; an epoch of nought is left out.
func evr(p *rpmdb.PackageInfo) string {
	v := p.Version + "-" + p.Release
	if e := p.EpochNum(); e != 0 {
		v = strconv.Itoa(e) + ":" + v
	}
	return v
}

var sourceFile = regexp.MustCompile(`^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$`)

// source returns the source package that p was built from, and its version. The name of its file does not tell an epoch: that is
// told by what was built of it in the same version.
func source(p *rpmdb.PackageInfo, all []*rpmdb.PackageInfo) (name, version, why string) {
	m := sourceFile.FindStringSubmatch(p.SourceRpm)
	if m == nil {
		return "", "", fmt.Sprintf("from which source package %s was built is not told", clip(p.Name))
	}
	if m[2] == p.Version+"-"+p.Release {
		return clip(m[1]), evr(p), ""
	}
	for _, o := range all {
		if o.SourceRpm == p.SourceRpm && m[2] == o.Version+"-"+o.Release {
			return clip(m[1]), evr(o), ""
		}
	}
	return clip(m[1]), clip(m[2]), fmt.Sprintf("of which epoch %s is, the source package of %s, is not told", clip(m[1]+" "+m[2]), clip(p.Name))
}

// packagesOf reads a database as acquisition packed it: in base64, compressed by Zstandard.
func packagesOf(packed string) ([]*rpmdb.PackageInfo, error) {
	data, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	return readDatabase(data)
}

// readDatabase lists the packages of a database. The library that reads it wants a file, which it gets in a directory of its own; within a
// worker that lies in the one directory that there is.
func readDatabase(data []byte) (ps []*rpmdb.PackageInfo, err error) {
	dir, err := os.MkdirTemp("", "rpm-")
	if err != nil {
		return nil, errors.New("there is no room to put it")
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "db")
	if os.WriteFile(file, data, 0o600) != nil {
		return nil, errors.New("there is no room to put it")
	}
	defer func() {
		if recover() != nil {
			ps, err = nil, errors.New("a header in it is damaged")
		}
	}()
	n, err := census(data, file)
	if err != nil {
		return nil, err
	}
	db, err := rpmdb.Open(file)
	if err != nil {
		return nil, errors.New("it is none of the kinds that are known")
	}
	defer db.Close()
	if ps, err = db.ListPackages(); err != nil {
		return nil, errors.New("a header in it is damaged")
	}
	if len(ps) != n {
		return nil, fmt.Errorf("it holds %d packages, and %d of them can be read", n, len(ps))
	}
	for _, p := range ps {
		if p.Name == "" {
			return nil, errors.New("a package in it has no name")
		}
	}
	slices.SortStableFunc(ps, func(a, b *rpmdb.PackageInfo) int {
		return strings.Compare(a.Name+"\x00"+evr(a)+"\x00"+a.Arch, b.Name+"\x00"+evr(b)+"\x00"+b.Arch)
	})
	return ps, nil
}

func unpack(packed string) ([]byte, error) {
	z, err := zstd.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDatabase), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, errors.New("it cannot be unpacked")
	}
	defer z.Close()
	data, err := io.ReadAll(io.LimitReader(z, maxDatabase+1))
	switch {
	case len(data) > maxDatabase:
		return nil, fmt.Errorf("it has more than %d bytes", maxDatabase)
	case err != nil:
		return nil, errors.New("it cannot be unpacked")
	}
	return data, nil
}
