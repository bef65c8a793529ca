// Command release builds what is given to users: one static executable for each platform, the manual pages, a bill of materials and the
// checksums of them all.
//
//	go run ./dev/release [-rev REV] [-version VERSION] [-o DIR] [-targets amd64,arm64] [-once]
//
// It builds a commit, never the files that lie about, and builds it twice: in two directories, the second time without anything that
// was compiled before. Bytes that differ are an error. Each executable must be static, must say of itself what it is, and must assess
// the example system; one for another architecture is run by an emulator of user programs if there is one, and the output says where
// there is none. The bill of materials is what the new assay says of its own source; a module that the Go tool recorded as
// linked and that is not in it is added and told. Nothing is written unless all of it holds. The network is needed for modules only.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/package-url/packageurl-go"
)

// A target is a platform that is built for.
type target struct {
	arch     string
	compiler string // of C, where it is not the one of this machine
	emulator string
	get      string // the package that brings the compiler
}

var targets = []target{
	{"amd64", "x86_64-linux-gnu-gcc", "qemu-x86_64", "gcc-x86-64-linux-gnu"},
	{"arm64", "aarch64-linux-gnu-gcc", "qemu-aarch64", "gcc-aarch64-linux-gnu"},
}

func main() {
	var r release
	var wanted string
	flag.StringVar(&r.rev, "rev", "HEAD", "the revision to release")
	flag.StringVar(&r.version, "version", "", "the version; by default the tag of the revision, or one made of its date and id")
	flag.StringVar(&r.out, "o", "bin/release", "the directory to write to; what an earlier release left there is replaced")
	flag.StringVar(&wanted, "targets", "amd64,arm64", "architectures")
	flag.BoolVar(&r.once, "once", false, "build once, and leave open whether the bytes are the same again")
	flag.Parse()
	for a := range strings.SplitSeq(wanted, ",") {
		i := slices.IndexFunc(targets, func(t target) bool { return t.arch == a })
		if i < 0 {
			fmt.Fprintf(os.Stderr, "release: there is no target %q\n", a)
			os.Exit(2)
		}
		r.targets = append(r.targets, targets[i])
	}
	if err := r.run(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

type release struct {
	rev, version, out string
	once              bool
	targets           []target
	commit            string
	at                time.Time // of the commit
	tmp               string
}

func (r *release) run() (err error) {
	if err := r.identify(); err != nil {
		return err
	}
	for _, t := range r.targets {
		if cc := t.cc(); cc != "" {
			if _, err := exec.LookPath(cc); err != nil {
				return fmt.Errorf("linux/%s needs the compiler %s: apt-get install %s", t.arch, cc, t.get)
			}
		}
	}
	if r.tmp, err = os.MkdirTemp("", "assay-release-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.tmp)
	fmt.Printf("assay %s, commit %s of %s\n", r.version, r.commit, r.at.Format(time.RFC3339))
	first, second := filepath.Join(r.tmp, "a", "assay"), filepath.Join(r.tmp, "another directory", "b")
	for _, dir := range []string{first, second} {
		if _, err := command("", "git", "clone", "-q", "--no-checkout", "--no-hardlinks", ".", dir); err != nil {
			return err
		}
		if _, err := command(dir, "git", "-c", "advice.detachedHead=false", "checkout", "-q", r.commit); err != nil {
			return err
		}
	}
	dist := filepath.Join(r.tmp, "dist")
	if err := os.Mkdir(dist, 0o777); err != nil {
		return err
	}
	native := ""
	for _, t := range r.targets {
		path := filepath.Join(dist, r.name("linux-"+t.arch))
		took, err := r.build(t, first, path, "")
		if err != nil {
			return err
		}
		same := "built once: whether it is the same again is not known"
		if !r.once {
			again := filepath.Join(r.tmp, "again-"+t.arch)
			tookAgain, err := r.build(t, second, again, filepath.Join(r.tmp, "cache"))
			if err != nil {
				return err
			}
			if err := equal(path, again); err != nil {
				return fmt.Errorf("linux/%s: %w", t.arch, err)
			}
			same = fmt.Sprintf("built again in another directory from nothing in %s: the same bytes", tookAgain)
		}
		if err := static(path); err != nil {
			return fmt.Errorf("linux/%s: %w", t.arch, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Printf("linux/%s: %d bytes, static, built in %s; %s\n", t.arch, info.Size(), took, same)
		ran, err := r.try(t, path, first)
		if err != nil {
			return fmt.Errorf("linux/%s: %w", t.arch, err)
		}
		fmt.Printf("linux/%s: %s\n", t.arch, ran)
		if t.arch == runtime.GOARCH {
			native = path
		}
	}
	if native == "" { // whoever builds for others alone still needs one that runs here
		native = filepath.Join(r.tmp, "native")
		if _, err := command(first, "go", "build", "-o", native, "./cmd/assay"); err != nil {
			return err
		}
	}
	if err := r.beside(native, first, dist); err != nil {
		return err
	}
	if err := sums(dist); err != nil {
		return err
	}
	return r.publish(dist)
}

// identify names the commit and the version.
func (r *release) identify() error {
	id, err := command("", "git", "rev-parse", "--verify", r.rev+"^{commit}")
	if err != nil {
		return err
	}
	at, err := command("", "git", "show", "-s", "--format=%cI", id)
	if err != nil {
		return err
	}
	r.commit = id
	if r.at, err = time.Parse(time.RFC3339, at); err != nil {
		return err
	}
	r.at = r.at.UTC()
	if r.version == "" {
		r.version, err = command("", "git", "describe", "--tags", "--exact-match", id)
		if err != nil {
			r.version = "0.0.0-" + r.at.Format("20060102150405") + "-" + id[:12]
		}
	}
	r.version = strings.TrimPrefix(r.version, "v")
	if !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$`).MatchString(r.version) {
		return fmt.Errorf("%q is not a version like 1.2.3", r.version)
	}
	return nil
}

func (r *release) name(what string) string { return "assay-" + r.version + "-" + what }

// cc is the C compiler for t, "" for the usual one.
func (t target) cc() string {
	if t.arch == runtime.GOARCH {
		return ""
	}
	return t.compiler
}

// build builds the executable for t out of the checkout in dir. With a cache, the directory of one, nothing that was compiled before is used.
// Names and users are looked up by Go's own code: the C library's does not work in a static program.
func (r *release) build(t target, dir, path, cache string) (time.Duration, error) {
	ld := "-s -w -linkmode external -extldflags -static -X main.version=" + r.version + " -X main.commit=" + r.commit
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-tags", "netgo,osusergo", "-ldflags", ld, "-o", path, "./cmd/assay")
	c.Dir = dir
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+t.arch, "CGO_ENABLED=1", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "CGO_CFLAGS=-O2", "CGO_CXXFLAGS=-O2", "CGO_LDFLAGS=",
		"LC_ALL=C")
	if cc := t.cc(); cc != "" {
		c.Env = append(c.Env, "CC="+cc, "CXX="+strings.TrimSuffix(cc, "gcc")+"g++")
	} else {
		c.Env = append(c.Env, "CC=gcc")
	}
	if cache != "" {
		c.Env = append(c.Env, "GOCACHE="+cache)
	}
	start := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build linux/%s: %w\n%s", t.arch, err, out)
	}
	return time.Since(start).Round(time.Second), nil
}

// static says what keeps an executable from running where nothing is installed.
func static(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("it is not static: it names a loader")
		}
	}
	if libs, err := f.ImportedLibraries(); err == nil && len(libs) > 0 {
		return fmt.Errorf("it is not static: it needs %s", strings.Join(libs, ", "))
	}
	return nil
}

// equal says where two files differ.
func equal(a, b string) error {
	x, err := os.ReadFile(a)
	if err != nil {
		return err
	}
	y, err := os.ReadFile(b)
	if err != nil {
		return err
	}
	if bytes.Equal(x, y) {
		return nil
	}
	at := 0
	for at < min(len(x), len(y)) && x[at] == y[at] {
		at++
	}
	return fmt.Errorf("two builds of the same commit differ: %d and %d bytes, from byte %d on", len(x), len(y), at)
}

// try runs the executable: it must know what it is, and find in the example system what stands there.
func (r *release) try(t target, path, dir string) (string, error) {
	run := []string{path}
	ran := "ran here"
	if t.arch != runtime.GOARCH {
		if _, err := exec.LookPath(t.emulator); err != nil {
			return "NOT RUN: " + t.emulator + " is not installed", nil
		}
		run, ran = []string{t.emulator, path}, "ran in "+t.emulator
	}
	out, err := command("", run[0], append(run[1:], "version", "--json")...)
	if err != nil {
		return "", err
	}
	var v struct {
		Version, Commit, Build, Time, Platform string
		Cgo                                    bool
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		return "", fmt.Errorf("version --json: %w", err)
	}
	digest, err := sum(path)
	if err != nil {
		return "", err
	}
	if at, err := time.Parse(time.RFC3339, v.Time); err != nil || !at.Equal(r.at) || v.Version != r.version || v.Commit != r.commit || v.Platform != "linux/"+t.arch || !v.Cgo {
		return "", fmt.Errorf("it says of itself %s", out)
	}
	if v.Build != "sha256:"+digest {
		return "", fmt.Errorf("it says that its digest is %s, and it is sha256:%s", v.Build, digest)
	}
	if t.arch != runtime.GOARCH { // workers are started by the name of the executable, which only a kernel that knows how to run it can do
		return ran + ": version", nil
	}
	doc := filepath.Join(r.tmp, "shop-"+t.arch+".json")
	c := exec.Command(run[0], append(run[1:], "assess", filepath.Join(dir, "lab", "shop"), "--at", r.at.Format(time.RFC3339), "--cache", "none", "--database", "none", "--maven-repository", "none", "--go-module-cache", "none", "-o", "json="+doc)...)
	var e *exec.ExitError
	if out, err := c.CombinedOutput(); !errors.As(err, &e) || e.ExitCode() != 1 {
		return "", fmt.Errorf("assessing lab/shop, in which something is violated, did not end with 1: %v\n%s", err, out)
	}
	if _, err := os.Stat(doc); err != nil {
		return "", err
	}
	return ran + ": version; assess lab/shop", nil
}

// beside makes what goes with the executables: manual pages and the bill of materials.
func (r *release) beside(assay, dir, dist string) error {
	man := filepath.Join(r.tmp, "man1")
	if _, err := command("", assay, "man", man); err != nil {
		return err
	}
	pages, err := pack(filepath.Join(dist, r.name("man.tar.gz")), man, r.at)
	if err != nil {
		return err
	}
	fmt.Printf("manual: %d pages\n", pages)
	bill := filepath.Join(dist, r.name("sbom.cdx.json"))
	if _, err := command("", assay, "sbom", dir, "--config", filepath.Join(dir, "dev", "release", "assay.yaml"), "--at", r.at.Format(time.RFC3339), "--cache", "none", "--database", "none", "--maven-repository", "none", "-o", bill); err != nil {
		return err
	}
	data, err := os.ReadFile(bill)
	if err != nil {
		return err
	}
	for _, t := range r.targets {
		info, err := buildinfo.ReadFile(filepath.Join(dist, r.name("linux-"+t.arch)))
		if err != nil {
			return err
		}
		linked := map[string]string{}
		for _, d := range info.Deps {
			linked[d.Path] = d.Version
		}
		whole, listed, added, err := complete(data, linked)
		if err != nil {
			return fmt.Errorf("the bill of materials of linux/%s: %w", t.arch, err)
		}
		data = whole
		fmt.Printf("bill of materials: %d libraries, among them all %d modules that are linked for linux/%s\n", listed, len(linked), t.arch)
		for _, a := range added {
			fmt.Printf("bill of materials: %s is linked, and assay did not list it: it was added\n", a)
		}
	}
	return os.WriteFile(bill, data, 0o666)
}

// complete adds to a bill of materials what is linked and not in it, with where that is known from, and says what it added. It returns
// how many libraries the bill then has.
func complete(bill []byte, linked map[string]string) (whole []byte, listed int, added []string, err error) {
	var b cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(bill), cyclonedx.BOMFileFormatJSON).Decode(&b); err != nil {
		return nil, 0, nil, err
	}
	has := map[string]bool{}
	var walk func(cs *[]cyclonedx.Component)
	walk = func(cs *[]cyclonedx.Component) {
		if cs == nil {
			return
		}
		for _, c := range *cs {
			if p, err := packageurl.FromString(c.PackageURL); err == nil {
				has[strings.ToLower(path.Join(p.Namespace, p.Name)+" "+p.Version)] = true // package URLs of Go are in small letters
			}
			walk(c.Components)
		}
	}
	walk(b.Components)
	if len(has) == 0 {
		return nil, 0, nil, errors.New("it has no library")
	}
	for _, module := range slices.Sorted(maps.Keys(linked)) {
		version := linked[module]
		if has[strings.ToLower(module+" "+version)] {
			continue
		}
		dir, name := path.Split(module)
		purl := packageurl.NewPackageURL(packageurl.TypeGolang, strings.TrimSuffix(dir, "/"), name, version, nil, "").ToString()
		*b.Components = append(*b.Components, cyclonedx.Component{Type: cyclonedx.ComponentTypeLibrary, BOMRef: "linked:" + purl, Name: module, Version: version, PackageURL: purl,
			Properties: &[]cyclonedx.Property{{Name: "assay:known-from", Value: "what the Go tool recorded in the executable"}}})
		added = append(added, module+" "+version)
	}
	var out bytes.Buffer
	e := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON)
	e.SetPretty(true)
	if err := e.EncodeVersion(&b, cyclonedx.SpecVersion1_6); err != nil {
		return nil, 0, nil, err
	}
	return out.Bytes(), len(has) + len(added), added, nil
}

// pack writes the files of a directory as an archive whose bytes depend on them and at alone.
func pack(out, dir string, at time.Time) (int, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, d := range list { // in the order of their names
		data, err := os.ReadFile(filepath.Join(dir, d.Name()))
		if err != nil {
			return 0, err
		}
		h := &tar.Header{Name: "man1/" + d.Name(), Size: int64(len(data)), Mode: 0o644, ModTime: at, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return 0, err
		}
		if _, err := w.Write(data); err != nil {
			return 0, err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return 0, err
	}
	return len(list), os.WriteFile(out, b.Bytes(), 0o666)
}

func sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// sums writes SHA256SUMS, as sha256sum -c reads it.
func sums(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, d := range list {
		digest, err := sum(filepath.Join(dir, d.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", digest, d.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(b.String()), 0o666)
}

// publish puts what was made in place of what an earlier release left, and of nothing else.
func (r *release) publish(dist string) error {
	if err := os.MkdirAll(r.out, 0o777); err != nil {
		return err
	}
	old, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	for _, d := range old {
		if !d.Type().IsRegular() || d.Name() != "SHA256SUMS" && !strings.HasPrefix(d.Name(), "assay-") {
			return fmt.Errorf("%s holds %s, which is no file of a release: name another directory with -o", r.out, d.Name())
		}
	}
	for _, d := range old {
		if err := os.Remove(filepath.Join(r.out, d.Name())); err != nil {
			return err
		}
	}
	made, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, d := range made {
		data, err := os.ReadFile(filepath.Join(dist, d.Name()))
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.Contains(d.Name(), "-linux-") {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(r.out, d.Name()), data, mode); err != nil {
			return err
		}
		fmt.Println(filepath.Join(r.out, d.Name()))
	}
	return nil
}

// command runs a program and returns what it printed.
func command(dir, name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
