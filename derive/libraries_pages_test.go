package derive

import (
	"strings"
	"testing"

	"assay/fact"
)

func page(path string) fact.Unit {
	return fact.Unit{Path: path, Family: "markup", Language: "html", Class: "production"}
}

func styles(path, class string) fact.Unit {
	return fact.Unit{Path: path, Family: "markup", Language: "css", Class: class}
}

func copyOf(path string) fact.Unit {
	return fact.Unit{Path: path, Family: "source", Language: "javascript", Class: "vendored"}
}

// loads are imports of Kind script; those that begin with "style " of Kind style.
func loads(unit string, names ...string) (out []fact.Fact) {
	for i, n := range names {
		kind := "script"
		if rest, ok := strings.CutPrefix(n, "style "); ok {
			n, kind = rest, "style"
		}
		language := "html"
		if strings.HasSuffix(unit, "ss") {
			language = "css"
		}
		out = append(out, fact.Import{Language: language, Name: n, Kind: kind, Site: fact.Site{Unit: unit, Ordinal: i}})
	}
	return out
}

func TestPages(t *testing.T) {
	app := fact.Component{Name: "c", Kind: "service", Origin: "own"}
	index := facts(app, page("r/static/index.html"), source("r/static/js/app.js", "javascript"))
	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		gaps  []fact.Gap
		want  string
	}{
		{name: "CDNs that pin a version", facts: facts(index, loads("r/static/index.html", "https://cdnjs.cloudflare.com/ajax/libs/vue/2.6.14/vue.min.js", "style //cdn.jsdelivr.net/npm/@scope/x@1.2.3/dist/x.css",
			"https://code.jquery.com/jquery-3.2.1.slim.min.js", "style https://stackpath.bootstrapcdn.com/bootstrap/4.1.1/css/bootstrap.min.css", "https://esm.sh/react@18.2.0?deps=x", "js/app.js", "style https://fonts.googleapis.com/css?family=X")), want: `
lib cdn @scope/x@1.2.3 production direct from cdn.jsdelivr.net
lib cdn bootstrap@4.1.1 production direct from stackpath.bootstrapcdn.com
lib cdn jquery@3.2.1 production direct from code.jquery.com
lib cdn react@18.2.0 production direct from esm.sh
lib cdn vue@2.6.14 production direct from cdnjs.cloudflare.com
use @scope/x import r/static/index.html
use bootstrap import r/static/index.html
use jquery import r/static/index.html
use react import r/static/index.html
use vue import r/static/index.html`},
		{name: "a range, a tag, a computed version pin nothing", facts: facts(index, loads("r/static/index.html", "https://unpkg.com/vue@3", "https://cdn.jsdelivr.net/npm/d3@latest", "https://unpkg.com/react", "http://code.jquery.com/jquery-latest.min.js",
			"https://code.jquery.com/jquery-1.x-git.min.js", "https://cdnjs.cloudflare.com/ajax/libs/moment/${…}/moment.js", "https://ajax.googleapis.com/ajax/libs/angularjs/1.5/angular.js")), want: `
lib cdn angularjs@ production direct from ajax.googleapis.com
lib cdn d3@ production direct from cdn.jsdelivr.net
lib cdn jquery@ production direct from code.jquery.com
lib cdn moment@ production direct from cdnjs.cloudflare.com
lib cdn react@ production direct from unpkg.com
lib cdn vue@ production direct from unpkg.com
use angularjs import r/static/index.html
use d3 import r/static/index.html
use jquery import r/static/index.html
use moment import r/static/index.html
use react import r/static/index.html
use vue import r/static/index.html`},
		{name: "hosts and paths that only look like a CDN's", facts: facts(index, loads("r/static/index.html", "https://cdnjs.cloudflare.com@evil.example/ajax/libs/jquery/3.1.0/jquery.js", "https://cdnjs.cloudflare.com/ajax/libs/jquery/3.1.0/%2e%2e/../../../x.js", `\\evil.example\b.js`,
			"https:evil.example/c.js?q=1", "https://fonts.googleapis.com/d.js", "style https://evil.example/e.css", "https://${…}/ajax/libs/jquery/3.1.0/jquery.js", "https://cdn.jsdelivr.net/combine/npm/a@1.0.0,npm/b@1.0.0", "${…}")), want: `
stray ${…}
stray \\evil.example\b.js
stray https://${…}/ajax/libs/jquery/3.1.0/jquery.js
stray https://cdn.jsdelivr.net/combine/npm/a@1.0.0,npm/b@1.0.0
stray https://cdnjs.cloudflare.com/ajax/libs/jquery/3.1.0/%2e%2e/../../../x.js
stray https://cdnjs.cloudflare.com@evil.example/ajax/libs/jquery/3.1.0/jquery.js
stray https://evil.example/e.css
stray https://fonts.googleapis.com/d.js
stray https:evil.example/c.js`},
		{name: "tests and vendored pages load nothing that is delivered", facts: facts(app, fact.Unit{Path: "r/test/a.html", Family: "markup", Language: "html", Class: "test"}, fact.Unit{Path: "r/vendor/doc/a.html", Family: "markup", Language: "html", Class: "vendored"}, source("r/a.py", "python"),
			loads("r/test/a.html", "https://evil.example/a.js"), loads("r/vendor/doc/a.html", "https://evil.example/a.js")), want: ``},
		{name: "code imports by URL too", facts: facts(app, source("r/a.js", "javascript"), imports("r/a.js", "javascript", "https://deno.land/std@0.224.0/http/server.ts", "https://evil.example/x.js")), want: `
lib cdn deno-std@0.224.0 production direct from deno.land
stray https://evil.example/x.js
use deno-std import r/a.js`},
		{name: "copies: names and versions from files; a style sheet joins its script", facts: facts(index, copyOf("r/static/js/jquery-3.1.0.min.js"), copyOf("r/static/js/bootstrap.bundle-4.1.1.min.js"), styles("r/static/css/bootstrap.min.css", "vendored"), copyOf("r/static/js/vue.js"), copyOf("r/static/js/d3.v3.min.js"),
			loads("r/static/index.html", "js/jquery-3.1.0.min.js", "style /css/bootstrap.min.css", "${…}/js/vue.js")), want: `
lib vendored bootstrap@4.1.1 production direct from copied
lib vendored d3@ production direct from copied
lib vendored jquery@3.1.0 production direct from copied
lib vendored vue@ production direct from copied
use bootstrap import r/static/index.html
use jquery import r/static/index.html
use vue import r/static/index.html`},
		{name: "copies that nothing marks as such", facts: facts(app, source("r/static/js/jquery.cookie.js", "javascript"), source("r/static/js/cropper.js", "javascript"), source("r/static/js/tool-1.2.3.js", "javascript"), styles("r/static/css/amazeui.css", "production"), source("r/src/redis.js", "javascript"), source("r/src/axios.js", "javascript")), want: `
lib vendored amazeui@ production direct from copied
lib vendored cropper@ production direct from copied
lib vendored jquery.cookie@ production direct from copied
lib vendored tool@1.2.3 production direct from copied`},
		{name: "a directory that is a library, and another in it", facts: facts(app, fact.Unit{Path: "r/third_party/zlib-1.2.11/a.c", Family: "source", Language: "c", Class: "vendored"}, fact.Unit{Path: "r/third_party/zlib-1.2.11/b.c", Family: "source", Language: "c", Class: "vendored"},
			copyOf("r/static/vendor/jquery/3.1.0/jquery.min.js"), copyOf("r/static/vendor/jquery/3.1.0/moment.min.js"), copyOf("r/static/vendor/js/tiny.js")), want: `
lib vendored jquery@3.1.0 production direct from copied
lib vendored moment@ production direct from copied
lib vendored tiny@ production direct from copied
lib vendored zlib@1.2.11 production direct from copied`},
		{name: "code imports a copy", facts: facts(app, source("r/src/a.js", "javascript"), copyOf("r/src/lib/x-1.0.0.min.js"), imports("r/src/a.js", "javascript", "./lib/x-1.0.0.min.js")), want: `
lib vendored x@1.0.0 production direct from copied
use x import r/src/a.js`},
		{name: "copies in tests are not delivered", facts: facts(app, source("r/a.py", "python"), copyOf("r/tests/vendor/jquery.js"), copyOf("r/examples/node_modules/x/x.js")), want: ``},
		{name: "a justified copy", facts: facts(app, source("r/a.py", "python"), copyOf("r/static/x-1.0.0.min.js"), fact.Justified{Name: "x", Why: "an iframe loads it", Site: at("r/assay.yaml")}), want: `
lib vendored x@1.0.0 production direct from copied
use x justified an iframe loads it (declared)`},
		{name: "what a package manager puts there, with a lock that lists it", facts: facts(app, manifest("r/package.json", "npm"), lockUnit("r/package-lock.json", "npm-lock"), source("r/a.js", "javascript"), dep("npm", "a", "1.0.0", "r/package.json"), fact.Complete{Ecosystem: "npm", Site: at("r/package-lock.json")},
			fact.Locked{Ecosystem: "npm", Name: "a", Version: "1.0.0", Site: at("r/package-lock.json")}, copyOf("r/node_modules/a/a.js"), copyOf("r/node_modules/evil/e.js"), imports("r/a.js", "javascript", "a")), want: `
gap Library r/node_modules/evil/e.js unresolved
lib npm a@1.0.0 production direct
use a import a`},
		{name: "and without a lock", facts: facts(app, source("r/a.js", "javascript"), copyOf("r/node_modules/a/a.js"), copyOf("r/bower_components/jquery/dist/jquery.js"), fact.Unit{Path: "r/site-packages/x/y.py", Family: "source", Language: "python", Class: "vendored"}), want: `
gap Library r/bower_components/jquery/dist/jquery.js unresolved
gap Library r/node_modules/a/a.js unresolved
gap Library r/site-packages/x/y.py unresolved`},
		{name: "Go's vendor directory is go.mod's; a copy in it is not", facts: facts(app, manifest("r/go.mod", "go"), fact.Module{Ecosystem: "go", Name: "m", Site: at("r/go.mod")}, goVersion("1.22", "r/go.mod"), source("r/main.go", "go"),
			fact.Unit{Path: "r/vendor/example.com/a/a.go", Family: "source", Language: "go", Class: "vendored"}, copyOf("r/vendor/jquery.js"), copyOf("r/web/vendor/x-1.0.0.js")), want: `
lib vendored jquery@ production direct from copied
lib vendored x@1.0.0 production direct from copied`},
		{name: "what an own build makes is no library, and hides which it holds", facts: facts(app, manifest("r/package.json", "npm"), source("r/src/a.js", "javascript"), copyOf("r/dist/main.js"), copyOf("r/static/dist/other.min.js"), fact.Property{Ecosystem: "npm", Key: "script:build", Value: fact.Const("webpack"), Site: at("r/package.json")}), want: `
gap Library r/dist/main.js unresolved
lib vendored other@ production direct from copied`},
		{name: "local files: own, made from own, served by libraries, unknown", facts: facts(index, manifest("r/package.json", "npm"), lockUnit("r/package-lock.json", "npm-lock"), source("r/src/main.ts", "typescript"), styles("r/scss/site.scss", "production"),
			dep("npm", "socket.io", "4.0.0", "r/package.json"), fact.Locked{Ecosystem: "npm", Name: "socket.io", Version: "4.0.0", Site: at("r/package-lock.json")}, fact.Complete{Ecosystem: "npm", Site: at("r/package-lock.json")},
			loads("r/static/index.html", "/app.js?v=1", "main.js", "style css/site.min.css", "/socket.io/socket.io.js", "/gone/gone.js", "style nowhere.css", "${…}/jquery/3.1.0/jquery.js", "/node_modules/none/x.js")), want: `
lib npm socket.io@4.0.0 production direct
stray ${…}/jquery/3.1.0/jquery.js
stray /gone/gone.js
stray /node_modules/none/x.js
stray nowhere.css
use socket.io import socket.io`},
		{name: "webjars", facts: facts(app, page("r/index.html"), manifest("r/pom.xml", "maven"), dep("maven", "org.webjars:jquery", "3.6.0", "r/pom.xml"), loads("r/index.html", "/webjars/jquery/jquery.min.js", "/webjars/other/x.js")), want: `
gap Library r/pom.xml unresolved
lib maven org.webjars:jquery@3.6.0 production direct
stray /webjars/other/x.js
use org.webjars:jquery import webjars/jquery`},
		{name: "style sheets", facts: facts(app, source("r/a.py", "python"), styles("r/css/a.css", "production"), fact.Unit{Path: "r/css/_vars.scss", Family: "markup", Language: "scss", Class: "production"}, loads("r/css/a.css", "style vars", "style sass:math", "style https://cdnjs.cloudflare.com/ajax/libs/x/1.0.0/x.css", "style ~none/x")), want: `
lib cdn x@1.0.0 production direct from cdnjs.cloudflare.com
stray ~none/x
use x import r/css/a.css`},
		{name: "a page that nobody read may load anything", facts: facts(app, page("r/index.html"), source("r/a.py", "python")), gaps: []fact.Gap{{Predicate: "Import", Unit: "r/index.html", Kind: "unread"}}, want: `
gap Stray r/index.html unread
gap Usage r/index.html unread`},
		{name: "python: parts of a namespace tell libraries apart", facts: facts(app, manifest("r/requirements.txt", "pip"), source("r/a.py", "python"), source("r/own/part.py", "python"), dep("pypi", "google-cloud-storage", "2.0.0", "r/requirements.txt"), dep("pypi", "opentelemetry-api", "1.0.0", "r/requirements.txt"), dep("pypi", "opentelemetry-sdk", "1.0.0", "r/requirements.txt"),
			imports("r/a.py", "python", "google.cloud.storage", "opentelemetry.trace", "opentelemetry.sdk.trace.TracerProvider", "os.path", "own.part.f", ".near")), want: `
gap Library r/requirements.txt unresolved
lib pypi google-cloud-storage@2.0.0 production direct
lib pypi opentelemetry-api@1.0.0 production direct
lib pypi opentelemetry-sdk@1.0.0 production direct
use google-cloud-storage import google.cloud.storage
use opentelemetry-api import opentelemetry.trace
use opentelemetry-sdk import opentelemetry.sdk`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, _ := applyLibraries(tt.gaps, tt.facts...)
			got := strings.Join(out.say(), "\n")
			if want := strings.TrimSpace(tt.want); got != want {
				t.Errorf("have\n%s\nwant\n%s", got, want)
			}
			for _, r := range out.Rows {
				if !counts(r.Class) {
					t.Errorf("%v is of class %v: no rule sees it", r.Fact, r.Class)
				}
			}
		})
	}
}

func TestCDNKnowledge(t *testing.T) {
	if k := cdns(); len(k.patterns) < 40 || len(k.copies) < 80 || len(k.fonts) < 4 {
		t.Errorf("%d patterns, %d names of copies, %d hosts of typefaces", len(k.patterns), len(k.copies), len(k.fonts))
	}
	for _, bad := range []string{"cdn a.example /NAME", "origin x\ncdn a.example NAME", "origin x\ncdn a.example /*", "origin x\nfont", "origin x\nhost a"} {
		if _, err := parseCDN(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	for base, want := range map[string]string{"jquery-3.1.0.min.js": "jquery 3.1.0", "bootstrap.bundle.min.js": "bootstrap ", "d3.v3.min.js": "d3 ", "jquery.dataTables-1.10.2.js": "jquery.datatables 1.10.2", "1.2.3.js": "1.2.3 ",
		"x.js": "x ", ".js": ".js ", "vue@2.6.14.js": "vue 2.6.14", "jquery-ui-1.12.1.custom.min.js": "jquery-ui-1.12.1.custom ", "bootstrap-4.0.0-beta.2.min.css": "bootstrap 4.0.0-beta.2", "foo-1.2.jar": "foo 1.2"} {
		if name, version := copyName(base); name+" "+version != want {
			t.Errorf("%s is %q in version %q", base, name, version)
		}
	}
}
