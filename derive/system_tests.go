package derive

import (
	"path"
	"regexp"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// suiteDir matches names of directories that hold tests and what these need, and nothing that is delivered.
var suiteDir = regexp.MustCompile(`(?i)^(.*[-_.])?(tests?|testing|e2e|qa|acceptance|smoke|cypress|playwright|k6|postman|newman|tracetest|tracetesting|karate|cucumber|robot)([-_.].*)?$|^(system|integration|acceptance|functional|contract|load)-?tests?$`)

// suiteFiles are files that are tests by their names, though no reader of this program knows what they say.
var suiteFiles = []struct {
	path   *regexp.Regexp
	format string
}{
	{regexp.MustCompile(`(?i)\.postman_collection(\.json)?$`), "postman"},
	{regexp.MustCompile(`(?i)(^|/)(postman|newman)[^/]*/(.*/)?[^/]*collection[^/]*\.json$`), "postman"},
	{regexp.MustCompile(`(?i)(^|/)tracetest(ing|s)?/(.*/)?[^/]+\.ya?ml$`), "tracetest"},
	{regexp.MustCompile(`(?i)(^|/)(k6[^/]*/(.*/)?[^/]+|([^/]+[-_.])?k6([-_.][^/]+)?)\.[jt]s$`), "k6"},
	{regexp.MustCompile(`(?i)(^|/)cypress/(.*/)?[^/]+\.[jt]sx?$|\.cy\.[jt]sx?$`), "cypress"},
	{regexp.MustCompile(`(?i)\.feature$`), "cucumber"},
	{regexp.MustCompile(`(?i)\.robot$`), "robot"},
	{regexp.MustCompile(`(?i)\.bats$`), "bats"},
	{regexp.MustCompile(`(?i)\.hurl$`), "hurl"},
	{regexp.MustCompile(`(?i)\.bru$`), "bruno"},
	{regexp.MustCompile(`(?i)\.jmx$`), "jmeter"},
	{regexp.MustCompile(`(?i)\.tavern\.ya?ml$`), "tavern"},
	{regexp.MustCompile(`(?i)\.venom\.ya?ml$`), "venom"},
}

// suiteData are directories of what tests are fed with: source in them is no test.
var suiteData = regexp.MustCompile(`(?i)(^|/)(testdata|test-data|fixtures|testfixtures|mocks|__mocks__)/`)

// systemTests states the suites among units that no component claims.
func (s *surveyor) systemTests(nobodys []string) {
	var code []fact.Unit // that nobody claims
	for _, p := range nobodys {
		if u := s.units[p]; u.Family == string(artefact.Source) && u.Class == artefact.Production.String() {
			code = append(code, u)
		}
	}
	found := map[fact.SystemTest][]fact.Ref{}
	var order []fact.SystemTest
	for _, p := range nobodys {
		u := s.units[p]
		format := formatOf(p)
		switch {
		case u.Class != artefact.Test.String() && (format == "" || u.Class != artefact.Production.String() && u.Class != artefact.Build.String()):
			continue
		case format == "" && (u.Family != string(artefact.Source) || suiteData.MatchString(p) || toolScript.MatchString(p)):
			continue
		}
		dir, named := s.suite(p)
		if format == "" {
			beside := dir
			if named {
				beside = path.Dir(dir)
			}
			if !s.roots[beside] && codeBelow(code, beside, u.Language) {
				continue // tests of that code
			}
			format = orText(u.Language, "a language that is not known")
		}
		k := fact.SystemTest{Dir: dir, Format: format}
		if found[k] == nil {
			order = append(order, k)
		}
		if len(found[k]) < citedCases {
			found[k] = append(found[k], s.refs[p])
		}
	}
	for _, k := range order {
		s.p.Emit(k, found[k]...)
	}
}

func formatOf(p string) string {
	for _, f := range suiteFiles {
		if f.path.MatchString(p) {
			return f.format
		}
	}
	return ""
}

// suite returns the outermost directory below a root that is named like one of tests and holds p, or else p's own.
func (s *surveyor) suite(p string) (dir string, named bool) {
	dir = path.Dir(p)
	for d := dir; !s.roots[d] && d != "." && d != "/"; d = path.Dir(d) {
		if suiteDir.MatchString(path.Base(d)) {
			dir, named = d, true
		}
	}
	return dir, named
}

// codeBelow says that code of a language lies below dir, outside directories of tests.
func codeBelow(code []fact.Unit, dir, language string) bool {
	for _, u := range code {
		if !under(u.Path, dir) || kin(u.Language) != kin(language) {
			continue
		}
		suite := false
		for d := path.Dir(u.Path); d != dir && d != "." && d != "/"; d = path.Dir(d) {
			suite = suite || suiteDir.MatchString(path.Base(d))
		}
		if !suite {
			return true
		}
	}
	return false
}

// kin names languages alike whose tests may be written in one another.
func kin(language string) string {
	switch language {
	case "typescript", "tsx", "javascript", "vue", "svelte":
		return "javascript"
	case "java", "kotlin", "groovy", "scala":
		return "java"
	case "c", "c++", "cpp":
		return "c"
	}
	return strings.ToLower(language)
}
