package artefact

import (
	"path"
	"regexp"
	"strings"
)

// classDirs are names of directories that tell what the files below them are for, wherever they stand in a path. What is not
// listed is production: the list is short on purpose, and a wrong Test costs more than a wrong Production.
var classDirs = map[string]Class{
	"test": Test, "tests": Test, "__tests__": Test, "testing": Test, "testdata": Test, "test-data": Test, "spec": Test, "specs": Test,
	"e2e": Test, "it": Test, "integration-tests": Test, "integrationtest": Test, "integration-test": Test, "__mocks__": Test, "mocks": Test,
	"fixtures": Test, "cypress": Test, "androidtest": Test, "testfixtures": Test, "jmh": Test, "benchmarks": Test,
	"example": Example, "examples": Example, "sample": Example, "samples": Example, "tutorial": Example, "tutorials": Example,
	"vendor": Vendored, "node_modules": Vendored, "bower_components": Vendored, "third_party": Vendored, "third-party": Vendored,
	"thirdparty": Vendored, "site-packages": Vendored, ".yarn": Vendored, "jspm_packages": Vendored,
	".github": Build, ".gitlab": Build, ".circleci": Build, ".azure-pipelines": Build, ".tekton": Build, ".mvn": Build, ".devcontainer": Build,
	".vscode": Build, ".idea": Build, ".husky": Build, "buildsrc": Build, ".cargo": Build, ".woodpecker": Build,
}

var classFiles = []struct {
	re    *regexp.Regexp
	class Class
}{
	{regexp.MustCompile(`(_test\.go|_test\.py|_test\.exs?|_test\.rs|_spec\.rb|_test\.dart|_test\.cc|_test\.cpp)$`), Test},
	{regexp.MustCompile(`(^|/)(test_[^/]*\.py|conftest\.py|tests?\.py)$`), Test},
	{regexp.MustCompile(`\.(test|spec|e2e|cy)\.(c|m)?(j|t)sx?$`), Test},
	{regexp.MustCompile(`(^|/)(jest|vitest|karma|cypress|playwright|wdio)\.(config|conf|setup)\.[^/]*$`), Test},
	{regexp.MustCompile(`[^/](Tests?|IT|TestCase|Spec)\.(java|kt|groovy|scala|cs|php)$`), Test},
	{regexp.MustCompile(`[^/]\.?(Tests?|IntegrationTests|UnitTests|Specs)/[^/]*\.(cs|fs)proj$`), Test},
	{regexp.MustCompile(`(?i)(^|/)(docker-)?compose[^/]*[.-](test|tests|ci|e2e)\.ya?ml$`), Test},
	{regexp.MustCompile(`(?i)(^|/)(docker-)?compose[^/]*[.-](override|dev|develop|development|local|debug)\.ya?ml$`), DevProfile},
	{regexp.MustCompile(`(?i)(^|/)(application|bootstrap)-(dev|local|development)\.(ya?ml|properties)$`), DevProfile},
	{regexp.MustCompile(`(?i)(^|/)(application|bootstrap)-(test|tests|it)\.(ya?ml|properties)$`), Test},
	{regexp.MustCompile(`(?i)(^|/)appsettings\.(development|local)\.json$`), DevProfile},
	{regexp.MustCompile(`(?i)(^|/)\.env\.(dev|development|local)$`), DevProfile},
	{regexp.MustCompile(`(?i)(^|/)(requirements|constraints)[-_.](dev|develop|development|test|tests|testing|lint|docs|ci)[^/]*\.(txt|in)$`), Test},
	{regexp.MustCompile(`(?i)(^|/)dockerfile[.-](dev|develop|debug|local)$`), DevProfile},
	{regexp.MustCompile(`(?i)(^|/)dockerfile[.-](test|tests|ci|e2e)$`), Test},
	{regexp.MustCompile(`(?i)\.min\.(js|css|mjs)$`), Vendored},
	{regexp.MustCompile(`(?i)(^|/)(jquery|bootstrap|angular|react|vue|lodash|moment|d3|echarts|swagger-ui|knockout|backbone|underscore|modernizr|popper|sockjs|stomp|font-?awesome)[-.]?[0-9.]*(\.slim|\.bundle|\.esm|\.umd)*\.(js|css)$`), Vendored},
	{regexp.MustCompile(`(\.pb\.go|_pb2(_grpc)?\.pyi?|_pb\.js|_pb\.d\.ts|_grpc_pb\.js|\.g\.cs|\.Designer\.cs|\.generated\.[a-z]+|_generated\.go|zz_generated[^/]*\.go)$`), Generated},
}

// topLevel are the first parts of package names that stand for a domain.
var topLevel = map[string]bool{"com": true, "org": true, "net": true, "io": true, "edu": true, "de": true, "fr": true, "eu": true}

var testDir = regexp.MustCompile(`^([A-Za-z0-9_.-]+[.-])?([Tt]ests|IntegrationTests?|UnitTests?|FunctionalTests?)$`)

// ClassOf returns what a file is for by its path alone, without its root. Content and deployment may know better: a header
// makes a file generated, and what an image is built from is production.
func ClassOf(p string) Class {
	dirs := strings.Split(path.Dir(p), "/")
	class := Production
	packages := false // from here on directories are packages, whose names say nothing: com.example, org.acme.samples
	for i, d := range dirs {
		c, ok := classDirs[strings.ToLower(d)]
		if i > 1 && dirs[i-2] == "src" && dirs[i-1] == "main" || i > 0 && topLevel[dirs[i-1]] {
			packages = true
		}
		if packages && c != Vendored || d == "it" && !(i > 0 && dirs[i-1] == "src") {
			ok = false // a word in another place
		}
		if !ok && !packages && testDir.MatchString(d) {
			c, ok = Test, true
		}
		switch {
		case !ok:
		case c == Vendored:
			return Vendored // whatever lies in it
		case class == Production || class == Build:
			class = c
		}
	}
	if class == Test || class == Example {
		return class
	}
	for _, f := range classFiles {
		if f.re.MatchString(p) {
			return f.class
		}
	}
	return class
}
