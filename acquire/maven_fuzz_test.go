package acquire

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
)

var reference = lazy(`\$\{([^}]*)\}`)

// Interpolation ends, makes nothing long out of what is short, and leaves what refers to nothing as it is. Where no value refers to
// another, it is what replacing each reference once makes.
func FuzzInterpolate(f *testing.F) {
	f.Add("${a}-${b}", "a", "1", "b", "${a}")
	f.Add("${a}", "a", "${b}${b}", "b", "${a}")
	f.Add("${project.version}.${pom.artifactId}${version}", "project.version", "2", "a", "${${b}}")
	f.Add("x${a${b}}y}${", "a${b", "1", "b", "}")
	f.Add(strings.Repeat("${a}", 201), "a", strings.Repeat("b", 100), "", "")
	f.Fuzz(func(t *testing.T, s, k1, v1, k2, v2 string) {
		if len(s)+len(k1)+len(v1)+len(k2)+len(v2) > 1<<16 {
			t.Skip()
		}
		props := map[string]string{k1: v1, k2: v2}
		src := &pomSource{pomFile: &pomFile{Artifact: "art", Parent: &pomParent{Group: "gr", Version: "9"}}, unit: "main/pom.xml"}
		in := &interpolator{src: src, props: props}
		got := in.string(s)
		if again := in.string(s); again != got {
			t.Fatalf("%q and %q", got, again)
		}
		if len(got) > max(len(s), maxInterpolate) {
			t.Fatalf("%d bytes of %d", len(got), len(s))
		}
		if !reference().MatchString(s) {
			if got != s && got != strings.TrimSpace(s) {
				t.Fatalf("%q became %q", s, got)
			}
			return
		}
		plain, count, long := true, 0, len(s)
		want := reference().ReplaceAllStringFunc(s, func(ref string) string {
			count++
			v, ok := in.lookup(ref[2 : len(ref)-1])
			if !ok {
				return ref
			}
			plain = plain && !strings.Contains(v, "${")
			long += len(v)
			return v
		})
		if plain && count <= maxExpressions && long <= maxInterpolate && got != strings.TrimSpace(want) {
			t.Errorf("%q became %q, not %q", s, got, want)
		}
	})
}

// What three POMs tell, of a module, its parent and a library, ends within the bounds and is told the same way twice. A closure that is called complete
// lacks nothing: each library in it has one name and a version that is one.
func FuzzMavenModel(f *testing.F) {
	const gav = "<groupId>g</groupId><artifactId>l</artifactId><version>1</version>"
	parent := "<project><groupId>p</groupId><artifactId>p</artifactId><version>1</version><packaging>pom</packaging><modules><module>a</module></modules>" +
		"<properties><v>1</v><w>${v}</w></properties><dependencyManagement><dependencies><dependency>" + gav + "</dependency></dependencies></dependencyManagement></project>"
	module := "<project><parent><groupId>p</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>a</artifactId>" +
		"<dependencies><dependency><groupId>g</groupId><artifactId>l</artifactId></dependency></dependencies></project>"
	f.Add(parent, module, "<project>"+gav+"</project>")
	f.Add("<project><groupId>p</groupId><artifactId>p</artifactId><version>1</version><profiles><profile><activation><jdk>[11,)</jdk><file><exists>${basedir}/a</exists></file></activation><properties><x>${x}</x></properties></profile></profiles></project>",
		strings.Replace(module, "<artifactId>l</artifactId>", "<artifactId>l</artifactId><version>[1,2)</version><scope>import</scope><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>", 1),
		"<project>"+gav+"<distributionManagement><relocation><version>2</version></relocation></distributionManagement></project>")
	f.Add(strings.Replace(parent, "<packaging>", "<parent><groupId>p</groupId><artifactId>a</artifactId><version>1</version><relativePath>a</relativePath></parent><packaging>", 1), module,
		"<project>"+gav+"<dependencies><dependency>"+gav+"</dependency></dependencies></project>")
	empty, err := os.OpenRoot(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { empty.Close() })
	f.Fuzz(func(t *testing.T, parent, module, library string) {
		if len(parent)+len(module)+len(library) > 1<<15 {
			t.Skip()
		}
		tell := func() string {
			store := NewStore()
			unit := func(p, data string) artefact.Unit {
				return artefact.Unit{Path: p, Family: artefact.Manifest, Language: "maven", Class: artefact.Production, Digest: store.Put(data)}
			}
			as := []artefact.Artefact{{Root: "main", Units: []artefact.Unit{unit("main/pom.xml", parent), unit("main/a/pom.xml", module)}}}
			w := newMavenWorld(t.Context(), store, as, &mavenRepository{mixed: map[string][]string{}, local: &localRepository{root: empty, list: map[string][]string{}}})
			w.source("g:l:1", "", func() ([]byte, error) { return []byte(library), nil })
			var all []*mavenClosure
			for _, p := range []string{"main/pom.xml", "main/a/pom.xml"} {
				src := w.unit(p)
				if src == nil {
					continue
				}
				m := w.model(src, 0)
				for _, s := range []string{m.group, m.artifact, m.version, m.packaging} {
					if len(s) > max(maxInterpolate, len(parent)+len(module)+len(library)) {
						t.Fatalf("a value of %d bytes", len(s))
					}
				}
				c := w.closure(src)
				if c == nil {
					continue
				}
				all = append(all, c)
				if !c.Complete {
					continue
				}
				var names []string
				for _, l := range c.Libraries {
					group, artifact, _ := strings.Cut(l.Name, ":")
					artifact, _, _ = strings.Cut(artifact, ":")
					if !safeName(group, artifact) || !safeVersion(l.Version) {
						t.Fatalf("complete with %q %q", l.Name, l.Version)
					}
					names = append(names, l.Name)
				}
				if slices.Sort(names); len(slices.Compact(slices.Clone(names))) != len(names) {
					t.Fatalf("twice in %q", names)
				}
			}
			text, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		if one, two := tell(), tell(); one != two {
			t.Errorf("%s\n%s", one, two)
		}
	})
}
