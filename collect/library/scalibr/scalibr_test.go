package scalibr

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

func read(language, data string) collect.Extract {
	family := artefact.Manifest
	for _, e := range extractors {
		if e.language == language {
			family = e.family
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	return collect.Run(ctx, Inventory, collect.Input{Family: family, Language: language, Data: data})
}

// small has, for every language, a file with the library a at version 1.0.0.
const small = `
-- maven --
<project><groupId>g</groupId><artifactId>x</artifactId><version>1</version><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>1.0.0</version></dependency><dependency><groupId>g</groupId><artifactId>parental</artifactId></dependency></dependencies></project>
-- gradle-catalog --
[libraries]
a = "g:a:1.0.0"
-- npm --
{"name":"x","version":"2.0.0","dependencies":{"a":"1.0.0"}}
-- go --
module example.com/x
go 1.24
require example.com/a v1.0.0
-- pip --
-r missing.txt
A==1.0.0
-- setup-py --
setup(install_requires=["A==1.0.0"])
-- dotnet --
<Project><ItemGroup><PackageReference Include="a" Version="1.0.0" /></ItemGroup></Project>
-- dotnet-props --
<Project><ItemGroup><PackageReference Include="a" Version="1.0.0" /></ItemGroup></Project>
-- dotnet-packages --
<packages><package id="a" version="1.0.0" /></packages>
-- cargo --
[package]
name = "x"
version = "0.1.0"
[dependencies]
a = "1.0.0"
-- npm-lock --
{"lockfileVersion":3,"packages":{"":{},"node_modules/a":{"version":"1.0.0","resolved":"https://registry.example/a/-/a-1.0.0.tgz"},"node_modules/silent":{"version":"1.0.0"}}}
-- yarn-lock --
# yarn lockfile v1

a@^1.0.0:
  version "1.0.0"
  resolved "https://registry.example/a/-/a-1.0.0.tgz"
-- pnpm-lock --
lockfileVersion: '6.0'
packages:
  /a@1.0.0:
    resolution: {integrity: sha512-x}
-- pip-lock --
A==1.0.0
    # via x
-- pipfile-lock --
{"_meta":{},"default":{"a":{"version":"==1.0.0"}},"develop":{}}
-- poetry-lock --
[[package]]
name = "a"
version = "1.0.0"
optional = false
-- uv-lock --
version = 1
[[package]]
name = "a"
version = "1.0.0"
source = { registry = "https://pypi.example/simple" }
-- pdm-lock --
[[package]]
name = "a"
version = "1.0.0"
groups = ["default"]
-- dotnet-lock --
{"version":1,"dependencies":{"net8.0":{"a":{"type":"Direct","resolved":"1.0.0"}}}}
-- cargo-lock --
[[package]]
name = "a"
version = "1.0.0"
-- composer-lock --
{"packages":[{"name":"A","version":"1.0.0"}],"packages-dev":[]}
-- gradle-lock --
g:a:1.0.0=runtimeClasspath
-- conan-lock --
{"version":"0.5","requires":["a/1.0.0"]}
`

func TestExtractors(t *testing.T) {
	files := map[string]string{}
	for _, f := range txtar.Parse([]byte(small)).Files {
		files[f.Name] = string(f.Data)
	}
	for _, e := range extractors {
		data, ok := files[e.language]
		if !ok {
			t.Errorf("no case for %s", e.language)
			continue
		}
		x := read(e.language, data)
		for _, g := range x.Gaps {
			t.Errorf("%s: %s", e.language, g.Text)
		}
		var got []string
		found := false
		for _, r := range x.Rows {
			f := r.Fact.(fact.Inventoried)
			got = append(got, fmt.Sprint(f.Name, " ", f.Version))
			short := f.Name[strings.LastIndexAny(f.Name, ":/")+1:]
			found = found || f.Ecosystem == e.ecosystem && short == "a" && strings.TrimPrefix(f.Version, "v") == "1.0.0"
		}
		if !found {
			t.Errorf("%s: a is not in %q", e.language, got)
		}
	}
}

// TestBroken: what an extractor cannot read is a gap and never a crash.
func TestBroken(t *testing.T) {
	for _, e := range extractors {
		deep := strings.Repeat("[", 1_000_000)
		if e.toml {
			deep = "a = " + deep
		}
		for _, data := range []string{"\x00\xff{[<", deep} {
			x := read(e.language, data)
			for _, g := range x.Gaps {
				if g.Kind != "failed" {
					t.Errorf("%s: %s %s", e.language, g.Kind, g.Text)
				}
			}
			if e.toml && len(x.Gaps) == 0 {
				t.Errorf("%s %.10q: no gap", e.language, data)
			}
		}
	}
}

func TestSecretsStay(t *testing.T) {
	x := read("maven", "<project>password=hunter2<")
	for _, g := range x.Gaps {
		if strings.Contains(g.Text, "hunter2") {
			t.Error(g.Text)
		}
	}
}
