package report

import (
	"regexp"
	"strings"

	"assay/assess"
)

// Documents name predicates, which are the words of this program. People read what these mean.

// matters says what a predicate tells, so that it reads after "what is not known:" and before "is not fully known".
var matters = map[string]string{
	"Advisory":          "what is published about a library",
	"Answered":          "which statement answers which vulnerability",
	"Container":         "which containers run, and how",
	"Copied":            "which foreign code was copied in",
	"Dependency":        "which libraries are declared",
	"Dynamic":           "what code loads by name when it runs",
	"Brought":           "what evidence people brought",
	"Resilience":        "which resilience level was measured",
	"Executes":          "which programs the code starts",
	"Fetches":           "what the code fetches when it runs",
	"Gate":              "which job must pass before which",
	"Idle":              "which libraries nothing uses",
	"Image":             "what the image is",
	"ImageBuild":        "how images are built",
	"Import":            "what the code imports",
	"Installed":         "which packages the image holds",
	"Job":               "which jobs the pipeline has",
	"Library":           "the list of libraries",
	"Locked":            "which versions are locked",
	"Logic":             "which code there is to be tested",
	"LookedUp":          "whether libraries were looked up",
	"Managed":           "which code is memory-safe",
	"MayUpdate":         "what may update itself",
	"Member":            "which files belong to which component",
	"Module":            "which modules there are",
	"Native":            "which code is native",
	"Object":            "which objects are deployed",
	"Ran":               "what a build or a start runs",
	"Route":             "which endpoints there are",
	"Setting":           "how things are configured",
	"Shipped":           "which files the image holds",
	"Started":           "what is started",
	"Statement":         "what the system says of vulnerabilities",
	"Step":              "what the jobs of the pipeline run",
	"Stray":             "which libraries are used and not declared",
	"Submodule":         "which other repositories belong to it",
	"Target":            "what the pipeline delivers",
	"TestCase":          "which tests there are",
	"TestRun":           "which tests the pipeline runs",
	"TestSuite":         "which tests there are",
	"Trigger":           "what starts the pipeline",
	"Unit":              "which files there are",
	"Updates":           "what updates itself",
	"Usage":             "what uses which library",
	"Vulnerable":        "known vulnerabilities",
	"VulnerabilityData": "the vulnerability data",
	"Workload":          "what is deployed",
}

// matter says what predicate tells; one that has no words of its own says its name.
func matter(predicate string) string {
	if m, ok := matters[predicate]; ok {
		return m
	}
	return predicate
}

// derived matches the text of a gap that follows from another one.
var derived = regexp.MustCompile(`^\S+ needs ([A-Z]\w+)$`)

// follows returns the predicate whose gap made g; "" if g is the origin.
func follows(text string) string {
	if m := derived.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// gapText says a gap as a sentence.
func gapText(g assess.GapSeen) string {
	if from := follows(g.Text); from != "" {
		return matter(from) + " is not fully known, so neither is this"
	}
	if g.Text == "" {
		return matter(g.Predicate) + ": " + kindWord(g.Kind)
	}
	return g.Text
}

// kindWord says what a kind of gap is.
func kindWord(kind string) string {
	switch kind {
	case "unread":
		return "nothing has read it"
	case "unresolved":
		return "it is not known before it runs"
	case "unparsed":
		return "it could not be understood"
	case "unreadable":
		return "it could not be opened"
	case "underived":
		return "what it would follow from is not known"
	case "unmapped":
		return "no component claims it"
	case "failed", "panicked", "killed":
		return "reading it failed"
	case "timed-out":
		return "reading it took too long"
	case "none":
		return "there is none"
	case "stale":
		return "it is too old"
	}
	return kind
}

// findingText says a finding as a sentence, with its subject where the sentence does not name it.
func findingText(f assess.FindingSeen) string {
	if predicate, ok := strings.CutPrefix(f.Subject, "coverage of "); ok {
		return matter(predicate) + " is not fully known; what is missing stands below"
	}
	subject := ""
	if f.Subject != "" && f.Subject != "all of it" && !strings.HasPrefix(f.Text, f.Subject) {
		subject = f.Subject + ": "
		if _, name, ok := strings.Cut(f.Subject, " "); ok && strings.HasPrefix(f.Text, name+" ") { // "npm left-pad: left-pad is …"
			subject = ""
		}
	}
	return subject + f.Text
}

// fileOf returns the path of a unit as people know it: without the root, if that is the main one.
func fileOf(unit string) string {
	root, file, ok := strings.Cut(unit, "/")
	switch {
	case !ok:
		return unit
	case root == "main":
		return file
	}
	return root + ":" + file
}
