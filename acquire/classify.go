package acquire

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
)

// kind is what a file is.
type kind struct {
	family   artefact.Family
	language string
}

// named are files that their whole name tells, in lower case.
var named = map[string]kind{
	"assay.yaml": {artefact.Declaration, "assay"},
	"pom.xml":    {artefact.Manifest, "maven"}, "build.gradle": {artefact.Manifest, "gradle"}, "build.gradle.kts": {artefact.Manifest, "gradle-kts"},
	"settings.gradle": {artefact.Manifest, "gradle-settings"}, "settings.gradle.kts": {artefact.Manifest, "gradle-settings"},
	"libs.versions.toml": {artefact.Manifest, "gradle-catalog"}, "gradle.properties": {artefact.Manifest, "gradle-properties"},
	"gradle.lockfile": {artefact.Lock, "gradle-lock"},
	"package.json":    {artefact.Manifest, "npm"}, "package-lock.json": {artefact.Lock, "npm-lock"}, "npm-shrinkwrap.json": {artefact.Lock, "npm-lock"},
	"yarn.lock": {artefact.Lock, "yarn-lock"}, "pnpm-lock.yaml": {artefact.Lock, "pnpm-lock"}, "pnpm-workspace.yaml": {artefact.Manifest, "pnpm-workspace"},
	"go.mod": {artefact.Manifest, "go"}, "go.sum": {artefact.Lock, "go-sum"}, "go.work": {artefact.Manifest, "go-work"}, "go.work.sum": {artefact.Data, ""},
	"pyproject.toml": {artefact.Manifest, "pyproject"}, "setup.py": {artefact.Manifest, "setup-py"}, "setup.cfg": {artefact.Manifest, "setup-cfg"}, "tox.ini": {artefact.Manifest, "tox"},
	"pipfile": {artefact.Manifest, "pipfile"}, "pipfile.lock": {artefact.Lock, "pipfile-lock"}, "poetry.lock": {artefact.Lock, "poetry-lock"},
	"uv.lock": {artefact.Lock, "uv-lock"}, "pdm.lock": {artefact.Lock, "pdm-lock"},
	"directory.build.props": {artefact.Manifest, "dotnet-props"}, "directory.packages.props": {artefact.Manifest, "dotnet-props"}, "directory.build.targets": {artefact.Manifest, "dotnet-props"},
	"packages.lock.json": {artefact.Lock, "dotnet-lock"}, "packages.config": {artefact.Manifest, "dotnet-packages"},
	"cargo.toml": {artefact.Manifest, "cargo"}, "cargo.lock": {artefact.Lock, "cargo-lock"},
	"composer.json": {artefact.Manifest, "composer"}, "composer.lock": {artefact.Lock, "composer-lock"},
	"cmakelists.txt": {artefact.Manifest, "cmake"}, "conanfile.txt": {artefact.Manifest, "conan"}, "conanfile.py": {artefact.Manifest, "conan"},
	"conan.lock": {artefact.Lock, "conan-lock"}, "vcpkg.json": {artefact.Manifest, "vcpkg"},
	"skaffold.yaml": {artefact.Deployment, "skaffold"}, "skaffold.yml": {artefact.Deployment, "skaffold"},
	"chart.yaml": {artefact.Deployment, "helm-chart"}, "chart.lock": {artefact.Data, ""}, "requirements.lock": {artefact.Lock, "pip-lock"},
	"kustomization.yaml": {artefact.Deployment, "kustomize"}, "kustomization.yml": {artefact.Deployment, "kustomize"}, "kustomization": {artefact.Deployment, "kustomize"},
	"dockerfile": {artefact.Recipe, "dockerfile"}, "containerfile": {artefact.Recipe, "dockerfile"},
	".gitlab-ci.yml": {artefact.Pipeline, "gitlab-ci"}, "jenkinsfile": {artefact.Pipeline, "jenkins"}, ".travis.yml": {artefact.Pipeline, "travis"},
	"azure-pipelines.yml": {artefact.Pipeline, "azure-pipelines"}, "bitbucket-pipelines.yml": {artefact.Pipeline, "bitbucket"},
	"cloudbuild.yaml": {artefact.Pipeline, "cloud-build"}, "cloudbuild.yml": {artefact.Pipeline, "cloud-build"}, ".drone.yml": {artefact.Pipeline, "drone"}, ".woodpecker.yml": {artefact.Pipeline, "woodpecker"},
	"makefile": {artefact.Script, "makefile"}, "gnumakefile": {artefact.Script, "makefile"}, "taskfile.yml": {artefact.Script, "taskfile"}, "taskfile.yaml": {artefact.Script, "taskfile"}, "taskfile.dist.yml": {artefact.Script, "taskfile"}, "taskfile.dist.yaml": {artefact.Script, "taskfile"},
	"justfile": {artefact.Script, "justfile"}, ".justfile": {artefact.Script, "justfile"},
	"gradlew": {artefact.Script, "shell"}, "mvnw": {artefact.Script, "shell"}, "procfile": {artefact.Script, "procfile"}, "vagrantfile": {artefact.Script, "vagrant"},
	"license": {artefact.Document, ""}, "licence": {artefact.Document, ""}, "notice": {artefact.Document, ""}, "copying": {artefact.Document, ""}, "authors": {artefact.Document, ""},
	"codeowners": {artefact.Document, ""}, "owners": {artefact.Document, ""}, "readme": {artefact.Document, ""}, "changelog": {artefact.Document, ""}, "maintainers": {artefact.Document, ""}, "contributors": {artefact.Document, ""}, "version": {artefact.Data, ""},
	".env": {artefact.Config, "env"}, "nginx.conf": {artefact.Config, "nginx"},
	"gradle-wrapper.jar": {artefact.Data, "build tool"}, "maven-wrapper.jar": {artefact.Data, "build tool"}, ".npmrc": {artefact.Config, "ini"}, "nuget.config": {artefact.Config, "xml"},
}

// suffixes are endings that tell, the longest first where several fit.
var suffixes = []struct {
	end string
	kind
}{
	{".d.ts", kind{artefact.Source, "typescript"}},
	{".env.example", kind{artefact.Config, "env"}}, {".gradle.kts", kind{artefact.Manifest, "gradle-kts"}},
	{".csproj", kind{artefact.Manifest, "dotnet"}}, {".fsproj", kind{artefact.Manifest, "dotnet"}}, {".vbproj", kind{artefact.Manifest, "dotnet"}},
	{".sln", kind{artefact.Manifest, "dotnet-solution"}}, {".slnx", kind{artefact.Manifest, "dotnet-solution"}}, {".slnf", kind{artefact.Manifest, "dotnet-solution"}},
	{".dockerfile", kind{artefact.Recipe, "dockerfile"}},
	{".java", kind{artefact.Source, "java"}}, {".kt", kind{artefact.Source, "kotlin"}}, {".kts", kind{artefact.Source, "kotlin"}}, {".go", kind{artefact.Source, "go"}},
	{".py", kind{artefact.Source, "python"}}, {".pyi", kind{artefact.Source, "python"}}, {".pyw", kind{artefact.Source, "python"}},
	{".js", kind{artefact.Source, "javascript"}}, {".mjs", kind{artefact.Source, "javascript"}}, {".cjs", kind{artefact.Source, "javascript"}}, {".jsx", kind{artefact.Source, "javascript"}},
	{".ts", kind{artefact.Source, "typescript"}}, {".mts", kind{artefact.Source, "typescript"}}, {".cts", kind{artefact.Source, "typescript"}}, {".tsx", kind{artefact.Source, "tsx"}},
	{".vue", kind{artefact.Source, "vue"}}, {".cs", kind{artefact.Source, "csharp"}}, {".php", kind{artefact.Source, "php"}}, {".rs", kind{artefact.Source, "rust"}},
	{".sh", kind{artefact.Script, "shell"}}, {".bash", kind{artefact.Script, "shell"}}, {".zsh", kind{artefact.Script, "shell"}}, {".bat", kind{artefact.Script, "batch"}}, {".cmd", kind{artefact.Script, "batch"}}, {".ps1", kind{artefact.Script, "powershell"}}, {".mk", kind{artefact.Script, "makefile"}},
	{".sql", kind{artefact.Script, "sql"}}, {".cql", kind{artefact.Script, "sql"}}, {".lua", kind{artefact.Source, "lua"}},
	{".html", kind{artefact.Markup, "html"}}, {".htm", kind{artefact.Markup, "html"}}, {".css", kind{artefact.Markup, "css"}}, {".scss", kind{artefact.Markup, "scss"}}, {".less", kind{artefact.Markup, "less"}}, {".sass", kind{artefact.Markup, "scss"}},
	{".ftl", kind{artefact.Markup, "template"}}, {".tmpl", kind{artefact.Markup, "template"}}, {".gotmpl", kind{artefact.Markup, "template"}}, {".mustache", kind{artefact.Markup, "template"}}, {".hbs", kind{artefact.Markup, "template"}}, {".j2", kind{artefact.Markup, "template"}}, {".tpl", kind{artefact.Markup, "template"}}, {".ejs", kind{artefact.Markup, "template"}}, {".pug", kind{artefact.Markup, "template"}}, {".cshtml", kind{artefact.Source, "razor"}}, {".razor", kind{artefact.Source, "razor"}}, {".jsp", kind{artefact.Source, "jsp"}}, {".svelte", kind{artefact.Source, "svelte"}},
	{".properties", kind{artefact.Config, "properties"}}, {".toml", kind{artefact.Config, "toml"}}, {".ini", kind{artefact.Config, "ini"}}, {".cfg", kind{artefact.Config, "ini"}}, {".env", kind{artefact.Config, "env"}}, {".tf", kind{artefact.Config, "terraform"}}, {".tfvars", kind{artefact.Config, "terraform"}},
	{".proto", kind{artefact.Schema, "proto"}}, {".graphql", kind{artefact.Schema, "graphql"}}, {".gql", kind{artefact.Schema, "graphql"}}, {".thrift", kind{artefact.Schema, "thrift"}}, {".avsc", kind{artefact.Schema, "avro"}}, {".wsdl", kind{artefact.Schema, "wsdl"}}, {".xsd", kind{artefact.Schema, "xsd"}},
	{".md", kind{artefact.Document, ""}}, {".markdown", kind{artefact.Document, ""}}, {".rst", kind{artefact.Document, ""}}, {".adoc", kind{artefact.Document, ""}}, {".txt", kind{artefact.Document, ""}}, {".pdf", kind{artefact.Document, ""}}, {".puml", kind{artefact.Document, ""}}, {".plantuml", kind{artefact.Document, ""}}, {".drawio", kind{artefact.Document, ""}}, {".textile", kind{artefact.Document, ""}}, {".org", kind{artefact.Document, ""}},
	{".ipynb", kind{artefact.Source, "notebook"}},
}

// inert are endings of data that no program of the ToE runs.
var inert = strings.Fields(`.png .jpg .jpeg .gif .svg .ico .webp .bmp .tif .tiff .avif .psd .woff .woff2 .ttf .otf .eot .mp3 .mp4 .webm .wav .ogg .mov .avi
	.csv .tsv .ndjson .jsonl .parquet .geojson .log .lock .sum .map .diff .patch .orig .bak .po .pot .mo .ics .srt .snap .sample
	.gitignore .gitattributes .gitkeep .gitmodules .dockerignore .npmignore .helmignore .editorconfig .prettierrc .prettierignore .eslintignore .mailmap .nvmrc .node-version .python-version .ruby-version .java-version .sdkmanrc .browserslistrc .stylelintrc .hadolint.yaml .yamllint .eslintrc .jshintrc .pylintrc .clang-format .clang-tidy .keep .nojekyll .gcloudignore .vscodeignore .slugignore
	.http .rest .jmx .har .pcap .pcapng .classpath .project .prefs .iml .ipr .iws .suo .user .pubxml .rels .manifest .crt .cer .pem .key .pub .csr .p12 .jks .keystore .pfx .der .asc .sig .gpg .dat .db .sqlite .sqlite3 .dump .xlsx .xls .docx .doc .pptx .ppt .odt .vsdx .dot .mmd .cast .tape .excalidraw .postman_collection .resx .xlf .strings .plist`)

// packed are endings of what holds code that was not read: archives and binaries. They are source that nobody reads, for a
// library may come into the ToE this way.
var packed = strings.Fields(`.jar .war .ear .class .dll .so .dylib .exe .wasm .node .pyc .whl .egg .zip .tar .gz .tgz .bz2 .xz .7z .rar .nupkg .aar .apk .deb .rpm .a .lib .o .bin .phar .gem`)

var (
	inertSet  = setOf(inert)
	packedSet = setOf(packed)

	composeName  = lazy(`^(docker-)?compose.*\.ya?ml$|^docker-stack.*\.ya?ml$`)
	dockerName   = lazy(`^(docker|container)file([.\-_].+)?$`)
	ignoring     = lazy(`^\.[a-z0-9_-]*ignore$`) // what a tool is to pass over
	requirements = lazy(`^(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in|pip)$`)
	inRequires   = lazy(`(^|/)requirements/[^/]+\.(txt|in)$`)
	openapi      = lazy(`(?m)^\s*["']?(openapi|swagger|asyncapi)["']?\s*:\s*["']?[0-9]`)
	apiVersion   = lazy(`(?m)(^|^-\s+|[{,]\s*)["']?apiVersion["']?\s*:`)
	kindKey      = lazy(`(?m)(^|^-\s+|^\s+|[{,]\s*)["']?kind["']?\s*:`)
	services     = lazy(`(?m)(^|^\{\s*)["']?services["']?\s*:`)
	imageOrBuild = lazy(`(?m)(^[ \t]+|[{,]\s*)["']?(image|build)["']?\s*:`)
	pipelineName = lazy(`(^|[._-])(ci|pipelines?|workflows?)([._-]|$)`)
	compiled     = lazy(`(?m)(^\s*#\s*via\b|--hash=sha|autogenerated by|was autogenerated by uv)`)
	goGenerated  = lazy(`(?m)^// Code generated .* DO NOT EDIT\.\s*$`)
	generated    = lazy(`(?i)(@generated\b|<auto-generated|do not edit(?: this file)?|generated by the protocol buffer compiler|automatically generated by|autogenerated by thrift)`)
)

// packedData says by its first bytes that a file is a program or an archive: ELF, PE, Zip (and so jar), class, Wasm, gzip, xz,
// zstd, 7-Zip. Office documents are archives too; they are told by their names.
func packedData(data []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ\x90\x00", "PK\x03\x04", "\xca\xfe\xba\xbe", "\x00asm", "\x1f\x8b", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "7z\xbc\xaf\x27\x1c"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// office are documents that are archives by their form.
var office = setOf(strings.Fields(".docx .xlsx .pptx .odt .ods .odp .vsdx .xlsm"))

// isSource says whether a name ends like source code: dockerfile.go reads Dockerfiles and is none.
func isSource(base string) bool {
	return slices.ContainsFunc(suffixes, func(s struct {
		end string
		kind
	}) bool {
		return s.family == artefact.Source && strings.HasSuffix(base, s.end)
	})
}

func setOf(words []string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// chartFile says that p is one of the files that a chart is rendered from, in a chart whose directory is one of charts: a
// template, a definition, a values file, something of a subchart. Whatever else lies beside a Chart.yaml is what it is: a chart
// in the root of a repository does not make its sources and deployments disappear.
func chartFile(p string, k kind, charts map[string]bool) bool {
	if k.family == artefact.Source && k.language != "" || k.family == artefact.Manifest || k.family == artefact.Lock || k.family == artefact.Recipe || k.family == artefact.Document {
		return false
	}
	rest := path.Base(p)
	for d := path.Dir(p); ; d = path.Dir(d) {
		if charts[d] && d+"/Chart.yaml" != p && rest != "Chart.yaml" {
			if first, _, below := strings.Cut(rest, "/"); below && (first == "templates" || first == "crds" || first == "charts") || strings.HasPrefix(rest, "values") && !below {
				return true
			}
		}
		if d == "." || d == "/" {
			return false
		}
		rest = path.Base(d) + "/" + rest
	}
}

// classify says what the file at p (slash-separated, without its root) is, from its name and content. Text that nobody can
// name is source in an unknown language: a gap in whatever source could carry, never something to pass over.
func classify(p string, data []byte) (k kind) {
	base := strings.ToLower(path.Base(p))
	if k, ok := named[base]; ok && (k.language != "build tool" || strings.Contains(p, "gradle/wrapper/") || strings.Contains(p, ".mvn/wrapper/")) {
		return k
	}
	if inner, ok := strings.CutSuffix(p, ".template"); ok && path.Ext(inner) != "" { // nginx.conf.template
		return classify(inner, data)
	}
	switch {
	case dockerName().MatchString(base) && !isSource(base) && !strings.HasSuffix(base, ".md") && !strings.HasSuffix(base, ".dockerignore"):
		return kind{artefact.Recipe, "dockerfile"}
	case requirements().MatchString(base) || inRequires().MatchString(p):
		if strings.HasSuffix(base, ".txt") && compiled().Match(data) {
			return kind{artefact.Lock, "pip-lock"}
		}
		return kind{artefact.Manifest, "pip"}
	case pipeline(p, base) != "":
		return kind{artefact.Pipeline, pipeline(p, base)}
	case strings.HasPrefix(p, ".circleci/") && strings.Contains(base, ".y"):
		return kind{artefact.Pipeline, "circleci"}
	case strings.HasSuffix(base, ".lockfile") && strings.Contains(p, "gradle"):
		return kind{artefact.Lock, "gradle-lock"}
	}
	if dir := path.Base(path.Dir(p)); dir == ".mvn" && (base == "maven.config" || base == "jvm.config") {
		return kind{artefact.Script, "arguments"}
	}
	ext := path.Ext(base)
	switch {
	case ext == ".yaml" || ext == ".yml":
		return classifyYAML(p, base, data)
	case ext == ".json":
		return classifyJSON(base, data)
	case packedData(data) && !office[ext]: // whatever it is called
		return kind{artefact.Source, "binary"}
	case ignoring().MatchString(base):
		return kind{artefact.Data, "gitignore"}
	case inertSet[ext] || inertSet[base]:
		return kind{artefact.Data, ""}
	case ext == ".jwk" || ext == ".jwks":
		return kind{artefact.Config, "json"}
	case ext == ".winget":
		return kind{artefact.Config, "yaml"}
	case packedSet[ext]:
		return kind{artefact.Source, "binary"}
	case strings.HasPrefix(base, ".env"):
		return kind{artefact.Config, "env"}
	}
	for _, s := range suffixes {
		if strings.HasSuffix(base, s.end) {
			return s.kind
		}
	}
	if ext == ".xml" || ext == ".config" || ext == ".xsl" || ext == ".xslt" {
		return kind{artefact.Config, "xml"}
	}
	if ext == ".conf" {
		return kind{artefact.Config, "conf"}
	}
	head := data[:min(len(data), 8<<10)]
	if bytes.IndexByte(head, 0) >= 0 {
		return kind{artefact.Data, ""}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return kind{artefact.Data, ""}
	}
	return classifyByContent(p, head)
}

func classifyYAML(p, base string, data []byte) kind {
	switch {
	case composeName().MatchString(base):
		return kind{artefact.Deployment, "compose"}
	case apiVersion().Match(data) && kindKey().Match(data):
		if bytes.Contains(data, []byte("tekton.dev/")) {
			return kind{artefact.Pipeline, "tekton"}
		}
		return kind{artefact.Deployment, "kubernetes"}
	case openapi().Match(data):
		return kind{artefact.Schema, "openapi"}
	case services().Match(data) && imageOrBuild().Match(data) && !pipelineName().MatchString(base):
		return kind{artefact.Deployment, "compose"}
	case strings.HasPrefix(base, ".") || strings.HasPrefix(base, "mkdocs") || strings.HasPrefix(base, "_config") || strings.HasPrefix(base, "renovate") || strings.HasPrefix(base, "dependabot") || strings.HasPrefix(base, "codecov"):
		return kind{artefact.Data, "yaml"}
	}
	return kind{artefact.Config, "yaml"}
}

func classifyJSON(base string, data []byte) kind {
	if language := statementJSON(data); language != "" {
		return kind{artefact.Statement, language}
	}
	if language := sbomJSON(data); language != "" { // a list that counts is made of it where it lies beside its manifest
		return kind{artefact.Data, language}
	}
	switch {
	case manifestJSON(data):
		return kind{artefact.Deployment, "kubernetes"}
	case openapi().Match(data[:min(len(data), 4<<10)]):
		return kind{artefact.Schema, "openapi"}
	case strings.HasPrefix(base, ".") || strings.HasPrefix(base, "tsconfig") || strings.HasPrefix(base, "renovate") || strings.HasPrefix(base, "manifest") || strings.HasSuffix(base, ".schema.json"):
		return kind{artefact.Data, "json"}
	case len(data) > 256<<10: // nobody configures a program in a quarter of a mebibyte: data sets, dashboards
		return kind{artefact.Data, "json"}
	}
	return kind{artefact.Config, "json"}
}

// statementJSON says in which language a JSON file tells whether vulnerabilities affect a product, "" if it does not: OpenVEX
// names itself in its context; CycloneDX does it by an analysis. What says that it is OpenVEX and cannot be read is that all the
// same: a gap, not a file less.
func statementJSON(data []byte) string {
	switch {
	case bytes.Contains(data[:min(len(data), 64<<10)], []byte(`"@context"`)) && bytes.Contains(bytes.ToLower(data[:min(len(data), 64<<10)]), []byte("openvex")):
		var d struct {
			Context json.RawMessage `json:"@context"`
		}
		if err := json.Unmarshal(data, &d); err != nil || bytes.Contains(bytes.ToLower(d.Context), []byte("openvex")) {
			return "openvex"
		}
	case bytes.Contains(data, []byte(`"CycloneDX"`)) && bytes.Contains(data, []byte(`"analysis"`)):
		var d struct {
			Format          string `json:"bomFormat"`
			Vulnerabilities []struct {
				Analysis json.RawMessage `json:"analysis"`
			} `json:"vulnerabilities"`
		}
		_ = json.Unmarshal(data, &d) // what was read before an error counts
		for _, v := range d.Vulnerabilities {
			if d.Format == "CycloneDX" && len(v.Analysis) > 0 {
				return "cyclonedx-vex"
			}
		}
	}
	return ""
}

// manifestJSON says that a JSON file is an object of Kubernetes.
func manifestJSON(data []byte) bool {
	if !bytes.Contains(data, []byte(`"apiVersion"`)) || !bytes.Contains(data, []byte(`"kind"`)) {
		return false
	}
	var o struct{ APIVersion, Kind string }
	if err := json.Unmarshal(data, &o); err != nil {
		return true // it says so, and cannot be read: a gap, not a file less
	}
	return o.APIVersion != "" && o.Kind != ""
}

// scripts are programming languages, as Linguist calls them, in which nothing imports a library.
var scripts = map[string]string{"Shell": "shell", "Batchfile": "batch", "PowerShell": "powershell", "Awk": "awk", "sed": "sed", "SQL": "sql", "PLpgSQL": "sql", "PLSQL": "sql", "TSQL": "sql", "Makefile": "makefile", "Nix": "nix", "Tcl": "tcl", "Vim Script": "vim", "M4": "m4", "Just": "justfile", "HCL": "hcl"}

func classifyByContent(p string, head []byte) kind {
	language, of := languageOf(path.Base(p), head)
	if language == "" {
		return kind{artefact.Source, ""}
	}
	if s, ok := scripts[language]; ok {
		return kind{artefact.Script, s}
	}
	switch of {
	case "prose":
		return kind{artefact.Document, ""}
	case "data":
		return kind{artefact.Data, strings.ToLower(language)}
	case "markup":
		return kind{artefact.Markup, strings.ToLower(language)}
	}
	switch l := strings.ToLower(language); l {
	case "c#":
		return kind{artefact.Source, "csharp"}
	default:
		return kind{artefact.Source, l}
	}
}

// pipelines are files of continuous integration that their place or name tells, in lower case. Of some systems there is no reader:
// what they do is a gap, and no file less.
var pipelines = []struct {
	path     func() *regexp.Regexp
	language string
}{
	{lazy(`(^|/)\.(github|gitea|forgejo)/(workflows/[^/]+|actions/.+/action)\.ya?ml$`), "github-actions"},
	{lazy(`(^|/)\.gitlab-ci\.ya?ml$`), "gitlab-ci"},
	{lazy(`(^|/)[^/]+[.-]gitlab-ci\.ya?ml$|(^|/)\.gitlab-ci[.-][^/]+\.ya?ml$|(^|/)(\.gitlab/(ci|pipelines?)|\.gitlab-ci|ci/gitlab|gitlab-ci)/.+\.ya?ml$`), "gitlab-ci-include"},
	{lazy(`(^|/)(jenkinsfile([._-][\w-]+)?(\.groovy)?|[^/]+\.jenkins(file)?)$`), "jenkins"},
	{lazy(`(^|/)\.?azure-pipelines?[^/]*\.ya?ml$|(^|/)(\.azure-pipelines|azure-pipelines|\.azuredevops)/.+\.ya?ml$`), "azure-pipelines"},
	{lazy(`(^|/)(\.woodpecker/.+|\.woodpecker)\.ya?ml$`), "woodpecker"},
	{lazy(`(^|/)\.drone\.ya?ml$`), "drone"},
	{lazy(`(^|/)\.drone\.(star|jsonnet|script)$`), "drone-computed"},
	{lazy(`(^|/)\.tekton/.+\.ya?ml$`), "tekton"},
	{lazy(`(^|/)\.travis\.ya?ml$`), "travis"},
	{lazy(`(^|/)bitbucket-pipelines\.ya?ml$`), "bitbucket"},
	{lazy(`(^|/)cloud-?build[^/]*\.ya?ml$`), "cloud-build"},
	{lazy(`(^|/)\.?appveyor\.ya?ml$`), "appveyor"},
	{lazy(`(^|/)buildspec[^/]*\.ya?ml$`), "codebuild"},
	{lazy(`(^|/)\.buildkite/.+\.ya?ml$`), "buildkite"},
	{lazy(`(^|/)\.cirrus\.(ya?ml|star)$`), "cirrus"},
	{lazy(`(^|/)\.semaphore/.+\.ya?ml$`), "semaphore"},
	{lazy(`(^|/)(codefresh|wercker)\.ya?ml$`), "codefresh"},
}

// pipeline says of which system the file at p is a pipeline, "" if of none.
func pipeline(p, base string) string {
	for _, x := range pipelines {
		if x.path().MatchString(strings.ToLower(p)) && (x.language != "jenkins" || !isSource(base) || strings.HasSuffix(base, ".groovy")) {
			return x.language
		}
	}
	return ""
}

// class says what the file is for: by its path, or by a header that says that a program wrote it.
func class(p string, k kind, data []byte) artefact.Class {
	c := artefact.ClassOf(p)
	if c != artefact.Production || k.family != artefact.Source {
		if c == artefact.Production && (k.family == artefact.Pipeline || k.language == "makefile" || k.language == "skaffold") {
			return artefact.Build
		}
		return c
	}
	head := data[:min(len(data), 2<<10)]
	switch {
	case k.language == "go" && goGenerated().Match(head), k.language != "go" && generated().Match(head):
		return artefact.Generated
	case (k.language == "javascript" || k.language == "typescript") && minified(data):
		return artefact.Vendored
	}
	return artefact.Production
}

// minified says that a script was made to be small, not read: lines of a kilobyte and more on average.
func minified(data []byte) bool {
	return len(data) > 4<<10 && len(data)/(bytes.Count(data, []byte("\n"))+1) > 1000
}
