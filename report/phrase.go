package report

import (
	"cmp"
	"regexp"
	"strings"

	"assay/assess"
	"assay/fact"
)

// Documents name predicates, which are the words of this program. People read what these mean.

// matter says what predicate tells. One of a document that another version wrote may have no words here.
func matter(predicate string) string { return cmp.Or(fact.Matter(predicate), predicate) }

// derived matches the text of a gap that follows from another one.
var derived = regexp.MustCompile(`^[a-z0-9 /-]+ needs ([A-Z]\w+)$`)

// follows returns the predicate whose gap made g; "" if g is the origin.
func follows(text string) string {
	if m := derived.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// gapText says a gap as a sentence.
func gapText(g assess.GapSeen) string {
	if g.Text == "" {
		return matter(g.Predicate) + ": " + kindWord(g.Kind)
	}
	return meant(g.Text)
}

// meant says what a gap's text means.
func meant(text string) string {
	if from := follows(text); from != "" {
		return matter(from) + " is not fully known, so neither is this"
	}
	return fact.Told(text)
}

// kindWord says what a kind of gap is.
func kindWord(kind string) string {
	switch kind {
	case "unread":
		return "nothing has read it"
	case "unresolved":
		return "it is not known before it runs"
	case "unparsed":
		return "what stands there is not known to the parser"
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
		if repeated(f.Subject, f.Text) {
			subject = ""
		}
	}
	return subject + f.Text
}

// repeated says that a sentence names its subject by itself: "npm left-pad: left-pad is …", "third party: Fonts: Fonts gets …".
func repeated(subject, text string) bool {
	if grade, rest, ok := strings.Cut(text, " evidence agrees: "); ok && !strings.Contains(grade, " ") {
		text = rest
	}
	for _, by := range []string{" ", ": "} {
		if _, name, ok := strings.Cut(subject, by); ok && (strings.HasPrefix(text, name+" ") || strings.HasPrefix(text, name+": ")) {
			return true
		}
	}
	return false
}

// rootKind says what was looked at, with at most digits of its revision. Of a directory that is the state of its repository: the files were taken as they lay
// there, and nobody asked whether they are those of that revision. No certificate names it either.
func rootKind(r assess.Root, digits int) string {
	revision := r.Revision[:min(len(r.Revision), digits)]
	switch {
	case revision == "":
		return r.Kind
	case r.Kind == "directory":
		return "working tree at " + revision + ", changed or not"
	}
	return r.Kind + " " + revision
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
