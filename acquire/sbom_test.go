package acquire

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
)

func cyclonedx(purl string) string {
	return `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"library","bom-ref":"x","name":"x","purl":"` + purl + `"}},"components":[],"dependencies":[{"ref":"x"}]}`
}

func spdx(purl string) string {
	return `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[{"SPDXID":"a","name":"x","externalRefs":[{"referenceType":"purl","referenceLocator":"` + purl + `"}]}],` +
		`"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"a"}]}`
}

// billed acquires a tree with closures from repo, and the bills of materials in it or given.
func billed(t *testing.T, tree, repo string, given ...string) (string, *Store, error) {
	t.Helper()
	ctx, store := context.Background(), NewStore()
	a, err := Tree(ctx, store, tree, Options{})
	if err != nil {
		t.Fatal(err)
	}
	as := []artefact.Artefact{a}
	c, err := MavenClosures(ctx, store, as, repo)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Units) > 0 {
		as = append(as, c)
	}
	as, err = SBOMs(ctx, store, as, given)
	var b strings.Builder
	for _, a := range as {
		for _, u := range a.Units {
			if u.Family == artefact.Lock {
				fmt.Fprintf(&b, "%s %s %s\n", u.Path, u.Language, u.Class)
			}
		}
		for _, l := range a.LeftOut {
			if strings.HasPrefix(l.Why, "bills") {
				fmt.Fprintf(&b, "%d %s\n", l.Files, l.Why)
			}
		}
	}
	return b.String(), store, err
}

// A bill of materials in a tree is a list where its build writes it, beside the manifest of the module that it is of; elsewhere it says nothing.
func TestSBOMPlace(t *testing.T) {
	pom := "<groupId>x</groupId><artifactId>orders</artifactId><version>1</version>"
	for name, x := range map[string]struct {
		files map[string]string
		want  string
	}{
		"target":       {map[string]string{"a/pom.xml": pom, "a/target/bom.json": cyclonedx("pkg:maven/x/orders@1?type=jar")}, "main/a/pom.xml.sbom cyclonedx production\n"},
		"beside":       {map[string]string{"pom.xml": pom, "sbom.json": spdx("pkg:maven/x/orders@1")}, "main/pom.xml.sbom spdx production\n"},
		"gradle":       {map[string]string{"a/build.gradle": "", "a/build/reports/bom.json": cyclonedx("pkg:maven/any/name@1")}, "main/a/build.gradle.sbom cyclonedx production\n"},
		"npm":          {map[string]string{"package.json": `{"name":"@shop/front"}`, "dist/bom.json": cyclonedx("pkg:npm/%40shop/front@1")}, "main/package.json.sbom cyclonedx production\n"},
		"go":           {map[string]string{"go.mod": "module shop.example/a\n", "bom.json": cyclonedx("pkg:golang/shop.example/a@v1")}, "main/go.mod.sbom cyclonedx production\n"},
		"other module": {map[string]string{"pom.xml": pom, "bom.json": cyclonedx("pkg:maven/x/carts@1")}, "1 bills of materials that lie beside no manifest of the module they are of\n"},
		"elsewhere":    {map[string]string{"a/pom.xml": pom, "docs/bom.json": cyclonedx("pkg:maven/x/orders@1")}, "1 bills of materials that lie beside no manifest of the module they are of\n"},
		"of nothing":   {map[string]string{"pom.xml": pom, "bom.json": `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}`}, "1 bills of materials that lie beside no manifest of the module they are of\n"},
		"other type":   {map[string]string{"pom.xml": pom, "bom.json": cyclonedx("pkg:npm/orders@1")}, "1 bills of materials that lie beside no manifest of the module they are of\n"},
		"of a test":    {map[string]string{"src/test/pom.xml": pom, "src/test/bom.json": cyclonedx("pkg:maven/x/orders@1")}, ""},
		"locked":       {map[string]string{"a/package.json": `{"name":"front"}`, "a/package-lock.json": "{}", "a/bom.json": cyclonedx("pkg:npm/front@1")}, "main/a/package-lock.json npm-lock production\n1 bills of materials of modules that another list tells of\n"},
		"two":          {map[string]string{"pom.xml": pom, "a.json": cyclonedx("pkg:maven/x/orders@1"), "b.json": spdx("pkg:maven/x/orders@1")}, "main/pom.xml.sbom cyclonedx production\n1 bills of materials of modules that another list tells of\n"},
		"no document":  {map[string]string{"pom.xml": pom, "bom.json": `{"bomFormat":"CycloneDX",`}, ""},
	} {
		var files []txtar.File
		for n, data := range x.files {
			files = append(files, txtar.File{Name: "tree/" + n, Data: []byte(data)})
		}
		tree, _ := mavenCase(t, files)
		got, _, err := billed(t, tree, "")
		if err != nil || got != x.want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

// A closure that is complete goes before a bill in the tree; one that is not gives way to it, and any gives way to a bill that is given.
func TestSBOMAndClosure(t *testing.T) {
	bom := strings.Replace(cyclonedx("pkg:maven/x/app@1"), `"components":[]`, `"components":[{"type":"library","bom-ref":"l","purl":"pkg:maven/g/l@1?type=jar"}]`, 1)
	for _, x := range []struct {
		repo  []txtar.File
		given bool
		want  string
	}{
		{[]txtar.File{{Name: "repo/g:l:1"}}, false, "main/pom.xml.closure maven-closure production\n1 bills of materials of modules that another list tells of\n"},
		{nil, false, "main/pom.xml.sbom cyclonedx production\n"},
		{[]txtar.File{{Name: "repo/g:l:1"}}, true, "main/pom.xml.sbom cyclonedx production\n1 bills of materials of modules that another list tells of\n"},
	} {
		tree, repo := mavenCase(t, append(slices.Clone(x.repo), txtar.File{Name: "tree/pom.xml", Data: []byte(oneDep)}, txtar.File{Name: "tree/bom.json", Data: []byte(bom)}))
		var given []string
		if x.given {
			given = []string{filepath.Join(tree, "bom.json")}
		}
		got, store, err := billed(t, tree, repo, given...)
		if err != nil || got != x.want {
			t.Errorf("%v\n%s", err, got)
		}
		if text, err := store.Get(artefact.Hash(bom)); err != nil || text != bom {
			t.Errorf("content: %v", err)
		}
	}
}

// A bill that is given must be one, and of the module it is given for.
func TestSBOMGiven(t *testing.T) {
	pom := "<groupId>x</groupId><artifactId>orders</artifactId><version>1</version>"
	tree, _ := mavenCase(t, []txtar.File{{Name: "tree/a/pom.xml", Data: []byte(pom)}, {Name: "tree/b/pom.xml", Data: []byte(pom)}, {Name: "tree/c/build.gradle.kts"}, {Name: "tree/d/package.json", Data: []byte(`{"name":"front"}`)}})
	dir := t.TempDir()
	write(t, dir, map[string]string{"orders.json": cyclonedx("pkg:maven/x/orders@1"), "front.json": cyclonedx("pkg:npm/front@1"), "text": "x", "unnamed.json": `{"bomFormat":"CycloneDX"}`,
		"huge.json": strings.Repeat(" ", maxSBOM+1), "100%d.json": "x"})
	f := func(name string) string { return filepath.Join(dir, name) }
	for _, x := range []struct {
		given []string
		want  string
		err   string
	}{
		{[]string{f("front.json")}, "main/d/package.json.sbom cyclonedx production\n", ""},
		{[]string{"a=" + f("orders.json"), "c=" + f("orders.json"), f("front.json")}, "main/a/pom.xml.sbom cyclonedx production\nmain/c/build.gradle.kts.sbom cyclonedx production\nmain/d/package.json.sbom cyclonedx production\n", ""},
		{[]string{f("orders.json")}, "", "2 manifests here are of that"},
		{[]string{"d=" + f("orders.json")}, "", "type maven"},
		{[]string{"a=" + f("front.json")}, "", "type npm"},
		{[]string{"a=" + f("orders.json"), "a=" + f("orders.json")}, "", "another one is given"},
		{[]string{"none=" + f("orders.json")}, "", "no manifest in none"},
		{[]string{"../..=" + f("orders.json")}, "", "no manifest"},
		{[]string{f("none.json")}, "", "no such file"},
		{[]string{f("text")}, "", "no CycloneDX or SPDX"},
		{[]string{f("100%d.json")}, "", "100%d.json: it is no CycloneDX"},
		{[]string{f("unnamed.json")}, "", "no CycloneDX or SPDX"},
		{[]string{f("huge.json")}, "", "too large"},
		{[]string{dir}, "", "no regular file"},
	} {
		got, _, err := billed(t, tree, "", x.given...)
		if (err == nil) != (x.err == "") || err != nil && !strings.Contains(err.Error(), x.err) || err == nil && got != x.want {
			t.Errorf("%v: %v\n%s", x.given, err, got)
		}
	}
}

// A bill of another state of its module is none: it lacks what the manifest asks for, or has it in another version.
func TestSBOMStale(t *testing.T) {
	managed := "<groupId>x</groupId><artifactId>app</artifactId><version>1</version><properties><v>2</v></properties><dependencies>" +
		"<dependency><groupId>g</groupId><artifactId>l</artifactId><version>${v}</version></dependency>" +
		"<dependency><groupId>g</groupId><artifactId>t</artifactId><version>1</version><scope>test</scope></dependency>" +
		"<dependency><groupId>g</groupId><artifactId>r</artifactId><version>[1,2)</version></dependency>" +
		"<dependency><groupId>g</groupId><artifactId>m</artifactId></dependency></dependencies>"
	for holds, fresh := range map[string]bool{"pkg:maven/g/l@2": true, "pkg:maven/g/l@1": false, "pkg:maven/g/other@2": false} {
		bom := strings.Replace(cyclonedx("pkg:maven/x/app@1"), `"components":[]`, `"components":[{"type":"library","bom-ref":"l","purl":"`+holds+`"}]`, 1)
		doc := strings.Replace(spdx("pkg:maven/x/app@1"), `"packages":[`, `"packages":[{"SPDXID":"l","externalRefs":[{"referenceType":"purl","referenceLocator":"`+holds+`"}]},`, 1)
		for _, data := range []string{bom, doc} {
			tree, _ := mavenCase(t, []txtar.File{{Name: "tree/pom.xml", Data: []byte(managed)}, {Name: "tree/bom.json", Data: []byte(data)}})
			got, _, err := billed(t, tree, "")
			if err != nil || strings.Contains(got, ".sbom") != fresh || strings.Contains(got, "1 bills of materials that do not hold") == fresh {
				t.Errorf("%s: %v\n%s", holds, err, got)
			}
			_, _, err = billed(t, tree, "", filepath.Join(tree, "bom.json"))
			if (err == nil) != fresh || err != nil && !strings.Contains(err.Error(), "does not hold g:l@2") {
				t.Errorf("given: %v", err)
			}
		}
	}
}

// A bill that holds an older version than Gradle's script asks for is of another state, unless the user gives it: something may force it.
func TestSBOMOutdated(t *testing.T) {
	for script, fresh := range map[string]bool{
		"dependencies {\n  implementation 'g:l:2.0'\n}":                true,
		"dependencies {\n  api(\"g:l:1.9\") // newest wins\n}":         true,
		"dependencies {\n  runtimeOnly(\"g:l:2.1\")\n}":                false,
		"dependencies {\n  implementation 'g:other:1'\n}":              false,
		"dependencies {\n  testImplementation 'g:other:1'\n}":          true,
		"dependencies {\n  implementation libs.l\n  api \"g:l:$v\"\n}": true,
	} {
		bom := strings.Replace(cyclonedx("pkg:maven/x/app@1"), `"components":[]`, `"components":[{"type":"library","bom-ref":"l","purl":"pkg:maven/g/l@2.0"}]`, 1)
		tree, _ := mavenCase(t, []txtar.File{{Name: "tree/build.gradle", Data: []byte(script)}, {Name: "tree/build/reports/bom.json", Data: []byte(bom)}})
		if got, _, err := billed(t, tree, ""); err != nil || strings.Contains(got, ".sbom") != fresh {
			t.Errorf("%s: %v\n%s", script, err, got)
		}
		if got, _, err := billed(t, tree, "", ".="+filepath.Join(tree, "build/reports/bom.json")); err != nil || !strings.Contains(got, ".sbom") {
			t.Errorf("given: %s: %v\n%s", script, err, got)
		}
	}
}
