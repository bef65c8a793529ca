package acquire

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
	"assay/collect"
	"assay/collect/library"
	"assay/fact"
)

// zipped packs files, given as name and content by turns: a name may stand twice.
func zipped(t testing.TB, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err == nil {
			_, err = w.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// properly packs a library that says by Maven's properties what it is: group:artefact:version.
func properly(t testing.TB, id string, more ...string) string {
	p := strings.Split(id, ":")
	return zipped(t, append([]string{"META-INF/maven/" + p[0] + "/" + p[1] + "/pom.properties", "#made\ngroupId=" + p[0] + "\nartifactId=" + p[1] + "\nversion=" + p[2] + "\n", p[1] + "/A.class", id}, more...)...)
}

const start = "Manifest-Version: 1.0\nMain-Class: org.springframework.boot.loader.launch.JarLauncher\nStart-Class: shop.orders.OrdersApplication\n"

// A packedCase is one case: what lies in a directory, and which jars are given of it.
type packedCase struct {
	files map[string]string // of the tree
	repo  map[string]string // of the local Maven repository
	jars  map[string]string // beside the tree
	given []string          // DIR=JAR or JAR
}

// packs acquires a case, and returns what was made of the jars.
func (x packedCase) packs(t *testing.T) ([]artefact.Artefact, *Store, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "repo"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, data := range x.files {
		write(t, dir, map[string]string{"tree/" + name: data})
	}
	for name, data := range x.repo {
		write(t, dir, map[string]string{"repo/" + name: data})
	}
	for name, data := range x.jars {
		write(t, dir, map[string]string{"out/" + name: data})
	}
	ctx, store := context.Background(), NewStore()
	a, err := Tree(ctx, store, filepath.Join(dir, "tree"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	as := []artefact.Artefact{a}
	repo := filepath.Join(dir, "repo")
	if c, err := MavenClosures(ctx, store, as, repo); err != nil {
		t.Fatal(err)
	} else if len(c.Units) > 0 {
		as = append(as, c)
	}
	var given []string
	for _, g := range x.given {
		at, name, to := strings.Cut(g, "=")
		if !to {
			given = append(given, filepath.Join(dir, "out", g))
		} else {
			given = append(given, at+"="+filepath.Join(dir, "out", name))
		}
	}
	jars := NewJars(repo, "")
	defer jars.Close()
	as, err = Packed(ctx, store, as, given, jars)
	return as, store, err
}

// shown writes out what a jar was read as, a line for each thing.
func shown(t *testing.T, as []artefact.Artefact, store *Store) string {
	t.Helper()
	var b strings.Builder
	for _, a := range as {
		for _, u := range a.Units {
			switch u.Language {
			case "maven-closure":
				fmt.Fprintf(&b, "%s\n", u.Path)
			case "packed-jar":
				data, err := store.Get(u.File())
				if err != nil {
					t.Fatal(err)
				}
				var p packedJar
				if err := json.Unmarshal([]byte(data), &p); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "%s %s %s: %s\n", u.Path, u.Family, p.Jar, p.Because)
				for _, l := range p.Libraries {
					fmt.Fprintf(&b, "%s %s@%s %s\n", l.Path, l.Name, l.Version, l.By)
				}
				for _, o := range p.Own {
					fmt.Fprintf(&b, "own %s %s\n", o.Path, o.Dir)
				}
				for _, s := range p.Starters {
					fmt.Fprintf(&b, "starter %s@%s %s\n", s.Name, s.Version, strings.Join(s.Brings, " "))
				}
				for _, k := range p.Asks {
					fmt.Fprintf(&b, "asks %s@%s\n", k.Name, k.Version)
				}
				for _, f := range p.Files {
					fmt.Fprintf(&b, "file %s %s %t\n", f.Path, f.Language, f.Declares)
				}
				for _, h := range p.Unknown {
					fmt.Fprintf(&b, "unknown %s: %s\n", h.Path, h.Why)
				}
				if len(u.Parts) != len(p.Files) {
					t.Errorf("%d parts, %d files", len(u.Parts), len(p.Files))
				}
			}
		}
		for _, l := range a.LeftOut {
			if strings.HasPrefix(l.Why, "jars") {
				fmt.Fprintf(&b, "%d %s\n", l.Files, l.Why)
			}
		}
	}
	return b.String()
}

// read says whether the reader of the jars takes one for a list.
func read(t *testing.T, as []artefact.Artefact, store *Store) bool {
	t.Helper()
	i := slices.IndexFunc(library.All, func(c *collect.Collector) bool { return c.Name == "library/packed-jar" })
	for _, u := range as[len(as)-1].Units {
		in := collect.Input{Family: u.Family, Language: u.Language, Parts: map[string]string{}}
		var err error
		if in.Data, err = store.Get(u.File()); err != nil {
			t.Fatal(err)
		}
		for _, p := range u.Parts {
			if in.Parts[p.Path], err = store.Get(p.Digest); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range collect.Run(context.Background(), library.All[i], in).Rows {
			if _, ok := r.Fact.(fact.Complete); ok {
				return true
			}
		}
	}
	return false
}

func TestPacked(t *testing.T) {
	script := map[string]string{"orders/build.gradle": "plugins { id 'org.springframework.boot' version '3.3.0' }\ndependencies { implementation 'org.acme:core:1.0' }\n",
		"orders/src/main/java/shop/orders/OrdersApplication.java": "package shop.orders;\nclass OrdersApplication {}\n"}
	core, util := properly(t, "org.acme:core:1.0"), zipped(t, "util/A.class", "2")
	pom := func(name, deps string) string {
		return "<project><groupId>shop</groupId><artifactId>" + name + "</artifactId><version>1</version><dependencies>" + deps + "</dependencies></project>"
	}
	dep := func(group, artifact, version, more string) string {
		return "<dependency><groupId>" + group + "</groupId><artifactId>" + artifact + "</artifactId><version>" + version + "</version>" + more + "</dependency>"
	}
	starterPOM := func(artifact, deps string) string {
		return "<project><groupId>org.springframework.boot</groupId><artifactId>" + artifact + "</artifactId><version>3.3.0</version><dependencies>" + deps + "</dependencies></project>"
	}
	for _, x := range []struct {
		name string
		packedCase
		want string // each line occurs
		not  string // and this does not
	}{
		{"known by its properties, by content, and not at all", packedCase{files: script, repo: map[string]string{"org/acme/util/2.0/util-2.0.jar": util, "org/acme/other/1/other-1.jar": "x"},
			jars:  map[string]string{"orders.jar": zipped(t, "META-INF/MANIFEST.MF", start, "BOOT-INF/lib/core-1.0.jar", core, "BOOT-INF/lib/util-2.0.jar", util, "BOOT-INF/lib/other-1.jar", zipped(t, "o/A.class", "1"))},
			given: []string{"orders=orders.jar"}},
			"main/orders/build.gradle.packed lock orders.jar: its class shop.orders.OrdersApplication\nBOOT-INF/lib/core-1.0.jar org.acme:core@1.0 properties\nBOOT-INF/lib/util-2.0.jar org.acme:util@2.0 SHA-1\n" +
				"file build.gradle gradle true\nunknown BOOT-INF/lib/other-1.jar: it does not say which library it is, and no file of its name and content is in a repository on this machine\n", ""},
		{"found by its class", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "META-INF/MANIFEST.MF", start, "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{"orders.jar"}},
			"main/orders/build.gradle.packed lock orders.jar: its class shop.orders.OrdersApplication\n", "unknown"},
		{"on the word of who gives it", packedCase{files: script, jars: map[string]string{"orders.zip": zipped(t, "orders-1/lib/core-1.0.jar", core)}, given: []string{"orders=orders.zip"}},
			"main/orders/build.gradle.packed lock orders.zip: who gives it says so\norders-1/lib/core-1.0.jar org.acme:core@1.0 properties\n", "unknown"},
		{"what is packed into a library does not name it", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "META-INF/MANIFEST.MF", start, "BOOT-INF/lib/shaded-3.jar", core)}, given: []string{"orders.jar"}},
			"BOOT-INF/lib/shaded-3.jar org.acme:core@1.0 properties\nunknown BOOT-INF/lib/shaded-3.jar: it says of what is packed into it, and not which library it is itself\n", ""},
		{"a war, and an archive in an archive", packedCase{files: script, jars: map[string]string{"orders.war": zipped(t, "WEB-INF/lib/core-1.0.jar", properly(t, "org.acme:core:1.0", "lib/deep-2.jar", properly(t, "org.acme:deep:2")))}, given: []string{"orders=orders.war"}},
			"WEB-INF/lib/core-1.0.jar!lib/deep-2.jar org.acme:deep@2 properties\n", "unknown"},
		{"too deep", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", properly(t, "org.acme:core:1.0", "lib/deep-2.jar", properly(t, "org.acme:deep:2", "lib/deeper-2.jar", properly(t, "org.acme:deeper:2"))))}, given: []string{"orders=orders.jar"}},
			"unknown BOOT-INF/lib/core-1.0.jar!lib/deep-2.jar!lib/deeper-2.jar: it lies more than 3 archives deep\n", ""},
		{"twice", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core, "BOOT-INF/lib/core-1.0.jar", properly(t, "org.acme:core:2.0"))}, given: []string{"orders=orders.jar"}},
			"unknown BOOT-INF/lib/core-1.0.jar: two entries of the archive have this name\n", ""},
		{"merged", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "org/acme/A.class", "1")}, given: []string{"orders=orders.jar"}},
			"unknown : it holds no libraries as archives: nothing tells which are packed into it, or lie beside it\n", ""},
		{"merged in part", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "org/acme/A.class", "1", "BOOT-INF/classes/B.class", "1", "lib/libx.so", "1", "BOOT-INF/lib/core-1.0.jar", core, "META-INF/MANIFEST.MF", "Class-Path: lib/a.jar\n")}, given: []string{"orders=orders.jar"}},
			"unknown org/acme/A.class: it is a class outside of the archives and of the module's own classes: nothing tells what it is of\nunknown lib/libx.so: it is machine code that lies in no library\nunknown META-INF/MANIFEST.MF: it names archives beside it as its class path\n", "B.class"},
		{"among the libraries, and no archive by its name", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core, "BOOT-INF/lib/strange.bin", core)}, given: []string{"orders=orders.jar"}},
			"unknown BOOT-INF/lib/strange.bin: it lies among the libraries and is no archive of Java by its name\n", ""},
		{"what Spring Boot packs of its own accord", packedCase{files: script, repo: map[string]string{"org/springframework/boot/spring-boot-loader-tools/3.3.0/spring-boot-loader-tools-3.3.0.jar": zipped(t, "META-INF/jarmode/spring-boot-jarmode-tools.jar", util)},
			jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core, "BOOT-INF/lib/spring-boot-jarmode-tools-3.3.0.jar", util, "BOOT-INF/lib/spring-boot-jarmode-layertools-3.3.0.jar", util)}, given: []string{"orders=orders.jar"}},
			"BOOT-INF/lib/spring-boot-jarmode-tools-3.3.0.jar org.springframework.boot:spring-boot-jarmode-tools@3.3.0 SHA-1\nunknown BOOT-INF/lib/spring-boot-jarmode-layertools-3.3.0.jar: it does not say which library it is, and no file of its name and content is in a repository on this machine\n", ""},
		{"a distribution with the module's own archive", packedCase{files: script, jars: map[string]string{"orders.zip": zipped(t, "orders-1/bin/orders", "#!/bin/sh\n", "orders-1/lib/orders-1.jar", zipped(t, "META-INF/MANIFEST.MF", "Class-Path: core-1.0.jar\n", "shop/orders/OrdersApplication.class", "1"), "orders-1/lib/core-1.0.jar", core)}, given: []string{"orders=orders.zip"}},
			"own orders-1/lib/orders-1.jar .\n", "unknown"},
		{"a broken library", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", "no archive")}, given: []string{"orders=orders.jar"}},
			"unknown BOOT-INF/lib/core-1.0.jar: it is no archive that can be read", ""},
		{"not a name", packedCase{files: script, jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", zipped(t, "META-INF/maven/x/core/pom.properties", "groupId=../x\nartifactId=core\nversion=1.0\n"))}, given: []string{"orders=orders.jar"}},
			"unknown BOOT-INF/lib/core-1.0.jar: it does not say which version of which library it is\n", "../x:core@"},
		{"a starter that is not packed", packedCase{files: map[string]string{"build.gradle": "dependencies { implementation 'org.springframework.boot:spring-boot-starter-web' }\n"},
			repo: map[string]string{"org/springframework/boot/spring-boot-starter-web/3.3.0/spring-boot-starter-web-3.3.0.pom": starterPOM("spring-boot-starter-web", dep("org.springframework.boot", "spring-boot-starter", "3.3.0", "")+dep("org.acme", "core", "1.0", "")+dep("org.acme", "no", "1.0", "<scope>test</scope>")),
				"org/springframework/boot/spring-boot-starter/3.3.0/spring-boot-starter-3.3.0.pom": starterPOM("spring-boot-starter", dep("org.springframework.boot", "spring-boot", "3.3.0", ""))},
			jars: map[string]string{"a.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core, "BOOT-INF/lib/spring-boot-3.3.0.jar", properly(t, "org.springframework.boot:spring-boot:3.3.0"))}, given: []string{".=a.jar"}},
			"starter org.springframework.boot:spring-boot-starter-web@3.3.0 org.acme:core org.springframework.boot:spring-boot-starter\nstarter org.springframework.boot:spring-boot-starter@3.3.0 org.springframework.boot:spring-boot\n", "unknown"},
		{"a project of the tree, and the scripts that speak of both", packedCase{files: map[string]string{"build.gradle": "subprojects { dependencies { implementation 'a:b:1' } }\n", "settings.gradle": "include 'orders', 'common'\n", "gradle/libs.versions.toml": "", "orders/build.gradle": script["orders/build.gradle"],
			"common/build.gradle.kts": "dependencies { api(\"org.acme:core:1.0\") }\n", "carts/build.gradle": "", "common/src/main/kotlin/shop/common/Money.kt": "package shop.common\n"},
			jars: map[string]string{"orders.jar": zipped(t, "BOOT-INF/lib/common.jar", zipped(t, "shop/common/MoneyKt.class", "1", "shop/common/Money$Companion.class", "1"), "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{"orders=orders.jar"}},
			"own BOOT-INF/lib/common.jar ../common\nfile ../build.gradle gradle false\nfile ../common/build.gradle.kts gradle-kts true\nfile ../gradle/libs.versions.toml gradle-catalog false\nfile ../settings.gradle gradle-settings false\nfile build.gradle gradle true\n", "unknown"},
		{"Maven, and its closure that is not complete gives way", packedCase{files: map[string]string{"a/pom.xml": pom("a", dep("org.acme", "core", "1.0", "")+dep("org.acme", "t", "1.0", "<scope>test</scope>"))},
			jars: map[string]string{"a.jar": zipped(t, "META-INF/maven/shop/a/pom.properties", "groupId=shop\nartifactId=a\nversion=1\n", "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{"a.jar"}},
			"main/a/pom.xml.packed lock a.jar: properties of Maven in it\nasks org.acme:core@1.0\n", ".closure"},
		{"Maven, stale", packedCase{files: map[string]string{"a/pom.xml": pom("a", dep("org.acme", "core", "1.1", ""))},
			jars: map[string]string{"a.jar": zipped(t, "META-INF/maven/shop/a/pom.properties", "groupId=shop\nartifactId=a\nversion=1\n", "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{"a.jar"}},
			"main/a/pom.xml.closure\nmain/a/pom.xml.packed lock a.jar: properties of Maven in it\nasks org.acme:core@1.1\n", "unknown"},
		{"Maven, of another version of the module", packedCase{files: map[string]string{"a/pom.xml": pom("a", dep("org.acme", "core", "1.0", ""))},
			jars: map[string]string{"a.jar": zipped(t, "META-INF/maven/shop/a/pom.properties", "groupId=shop\nartifactId=a\nversion=2\n", "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{"a=a.jar"}},
			"main/a/pom.xml.closure\nunknown : it is of version 2 of its module, which is at 1 now\n", ""},
		{"Maven, a parent that is not here", packedCase{files: map[string]string{"a/pom.xml": "<project><parent><groupId>corp</groupId><artifactId>parent</artifactId><version>7</version></parent><artifactId>a</artifactId></project>"},
			jars: map[string]string{"a.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{"a=a.jar"}},
			"unknown : main/a/pom.xml inherits from corp:parent@7, which is not here and may declare libraries\n", ""},
		{"Maven, a module of the tree", packedCase{files: map[string]string{"a/pom.xml": pom("a", dep("shop", "b", "1", "")+dep("shop", "c", "1", "")), "b/pom.xml": pom("b", dep("org.acme", "core", "1.0", "")), "c/pom.xml": pom("c", "")},
			jars: map[string]string{"a.jar": zipped(t, "BOOT-INF/lib/b-1.jar", properly(t, "shop:b:1"))}, given: []string{"a=a.jar"}},
			"own BOOT-INF/lib/b-1.jar ../b\nasks org.acme:core@1.0\nunknown : it does not hold the module shop:c, which main/a/pom.xml asks for\n", "shop:b@"},
		{"another list is there", packedCase{files: map[string]string{"build.gradle": "", "gradle.lockfile": "a:b:1=runtimeClasspath\n"}, jars: map[string]string{"a.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core)}, given: []string{".=a.jar"}},
			"1 jars of modules that another list tells of\n", ".packed"},
	} {
		t.Run(x.name, func(t *testing.T) {
			as, store, err := x.packs(t)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(t, as, store)
			for l := range strings.Lines(x.want) {
				if !strings.Contains(got, l) {
					t.Errorf("there is no line %s", l)
				}
			}
			if x.not != "" && strings.Contains(got, x.not) {
				t.Errorf("there is %q", x.not)
			}
			if t.Failed() {
				t.Log(got)
			}
			if listed := read(t, as, store); listed && strings.Contains(got, ".closure") || !listed && strings.Contains(got, "pom.xml.packed") && !strings.Contains(got, ".closure") {
				t.Errorf("a closure that is not complete gives way to a list alone; the jar is one: %t\n%s", listed, got)
			}
			if lists := []string{"found by its class", "on the word of who gives it", "a distribution with the module's own archive", "a war, and an archive in an archive", "a starter that is not packed", "Maven, and its closure that is not complete gives way"}; read(t, as, store) != slices.Contains(lists, x.name) {
				t.Errorf("it is a list: %t\n%s", !slices.Contains(lists, x.name), got)
			}
			again, _, _ := x.packs(t)
			if a, b := as[len(as)-1].Identity(), again[len(again)-1].Identity(); a != b {
				t.Error("two runs differ")
			}
		})
	}
}

// A jar that is of no module here, or of another than it is given for, is the user's error.
func TestPackedErrors(t *testing.T) {
	core := properly(t, "org.acme:core:1.0")
	x := packedCase{files: map[string]string{
		"orders/build.gradle": "", "orders/src/main/java/shop/orders/OrdersApplication.java": "package shop.orders;\nclass OrdersApplication {}\n", "carts/build.gradle": "", "maven/pom.xml": "<project><groupId>shop</groupId><artifactId>m</artifactId><version>1</version></project>", "docs/a.md": "x"},
		jars: map[string]string{"orders.jar": zipped(t, "META-INF/MANIFEST.MF", start, "BOOT-INF/lib/core-1.0.jar", core), "any.jar": zipped(t, "BOOT-INF/lib/core-1.0.jar", core), "core.jar": core, "text.jar": "text", "d/x": ""}}
	for given, want := range map[string]string{
		"carts=orders.jar":            "--jar carts=",
		"carts=orders.jar ":           "no such file",
		"any.jar":                     "does not say of which module",
		"core.jar":                    "does not say of which module",
		"maven=core.jar":              "it is of org.acme:core, and the manifest is of shop:m",
		"docs=any.jar":                "no build file of Maven or Gradle in docs",
		"../..=any.jar":               "no build file",
		"orders=none.jar":             "no such file",
		"orders=text.jar":             "no archive that can be read",
		"orders=d":                    "no regular file",
		"orders=any.jar orders=o.jar": "",
	} {
		x.given = []string{given}
		if want == "" {
			x.given, want = []string{"orders=any.jar", "orders=orders.jar"}, "another one is given for main/orders/build.gradle"
		}
		if _, _, err := x.packs(t); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", given, err)
		}
	}
	x.given = []string{"carts=orders.jar"}
	if _, _, err := x.packs(t); err == nil || !strings.Contains(err.Error(), "its class shop.orders.OrdersApplication is one of main/orders") {
		t.Errorf("another module's: %v", err)
	}
}

// What would fill the machine is read as far as the bounds go, and is then no list.
func TestPackedBounds(t *testing.T) {
	script := map[string]string{"build.gradle": ""}
	many := make([]string, 0, 200_000)
	for i := range 100_000 {
		many = append(many, fmt.Sprintf("BOOT-INF/classes/a/A%d.txt", i), "")
	}
	core := properly(t, "org.acme:core:1.0")
	var wide []string
	for i := range 1 + maxDirectory/10_000 {
		wide = append(wide, fmt.Sprintf("%010000d", i), "")
	}
	for _, x := range []struct{ name, jar, want, err string }{
		{"a bomb", zipped(t, "BOOT-INF/lib/bomb-1.jar", strings.Repeat("\x00", maxInner+1)), "unknown BOOT-INF/lib/bomb-1.jar: it is larger than is looked into", ""},
		{"a bomb within", zipped(t, "BOOT-INF/lib/core-1.0.jar", properly(t, "org.acme:core:1.0", "b.jar", strings.Repeat("\x00", maxInner+1))), "unknown BOOT-INF/lib/core-1.0.jar!b.jar: it is larger than is looked into", ""},
		{"many entries", zipped(t, append(many, "BOOT-INF/lib/core-1.0.jar", core)...), "BOOT-INF/lib/core-1.0.jar org.acme:core@1.0 properties", ""},
		{"too many entries", zipped(t, wide...), "", "the directory of the archive is too large"},
		{"too many entries within", zipped(t, "BOOT-INF/lib/core-1.0.jar", zipped(t, wide...)), "unknown BOOT-INF/lib/core-1.0.jar: it is no archive that can be read: the directory of the archive is too large", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			as, store, err := packedCase{files: script, jars: map[string]string{"a.jar": x.jar}, given: []string{".=a.jar"}}.packs(t)
			if x.err != "" {
				if err == nil || !strings.Contains(err.Error(), x.err) {
					t.Fatal(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(t, as, store); !strings.Contains(got, x.want) {
				t.Errorf("got\n%s", got)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	store := NewStore()
	a := artefact.Artefact{Root: "main"}
	name := filepath.Join(t.TempDir(), "a.jar")
	if err := os.WriteFile(name, []byte(core), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Packed(ctx, store, []artefact.Artefact{a}, []string{name}, nil); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever a jar holds, reading it ends, and a list that says that all is known names each archive that lies in it.
func FuzzPacked(f *testing.F) {
	core := properly(f, "org.acme:core:1.0")
	f.Add([]byte(zipped(f, "BOOT-INF/lib/core-1.0.jar", core)))
	f.Add([]byte(zipped(f, "META-INF/MANIFEST.MF", start, "WEB-INF/lib/a.jar", core, "WEB-INF/lib/a.jar", "x", "../a.jar", core)))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := openPacked(context.Background(), bytes.NewReader(data), int64(len(data)), "a.jar", nil)
		if o.err != nil {
			return
		}
		s := &unpacker{world: &mavenWorld{}}
		p := &packedJar{}
		s.fill(p, o, artefact.Unit{Path: "main/build.gradle", Language: "gradle"})
		p.sort()
		for _, l := range p.Libraries {
			if !safeVersion(l.Version) || !strings.Contains(l.Name, ":") {
				t.Errorf("%+v", l)
			}
		}
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if z == nil || len(p.Unknown) > 0 {
			return
		}
		n := 0
		for _, f := range z.File {
			if isJar(f.Name) && !strings.HasSuffix(f.Name, "/") {
				n++
			}
		}
		at := map[string]bool{}
		for _, l := range p.Libraries {
			if !strings.Contains(l.Path, "!") {
				at[l.Path] = true
			}
		}
		if n != len(at) {
			t.Errorf("%d archives, %d are named: %v", n, len(at), err)
		}
	})
}
