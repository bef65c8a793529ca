package advisory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	cvss2 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss4 "github.com/pandatix/go-cvss/40"
)

// grades are the severities, the gravest first.
var grades = []string{"critical", "high", "medium", "low", ""}

// words are how databases call them.
var words = map[string]string{"critical": "critical", "high": "high", "important": "high", "moderate": "medium", "medium": "medium", "low": "low"}

// maxVectors bounds how many vectors of one entry are computed.
const maxVectors = 50

// rate returns the gravest severity that a database's word or one of the vectors comes to; and the highest score, with the
// vector that it is computed from.
func rate(word json.RawMessage, vectors []severity) (grade, score, vector string) {
	var s string
	_ = json.Unmarshal(word, &s) // a database's own word may have any form
	grade = words[strings.ToLower(strings.TrimSpace(s))]
	best := 0.0
	for _, x := range vectors[:min(len(vectors), maxVectors)] {
		n, four, ok := compute(x.Score)
		if !ok {
			continue
		}
		if g := band(n, four); slices.Index(grades, g) < slices.Index(grades, grade) {
			grade = g
		}
		if n > best {
			best, score, vector = n, fmt.Sprintf("%.1f", n), x.Score
		}
	}
	return grade, score, vector
}

// compute returns the score of a CVSS vector of any version, and whether that version knows critical ones.
func compute(vector string) (score float64, critical, ok bool) {
	if len(vector) > maxWord {
		return 0, false, false
	}
	switch {
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		v, err := cvss4.ParseVector(vector)
		if err != nil {
			return 0, false, false
		}
		return v.Score(), true, true
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		v, err := cvss31.ParseVector(vector)
		if err != nil {
			return 0, false, false
		}
		return v.BaseScore(), true, true
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		v, err := cvss30.ParseVector(vector)
		if err != nil {
			return 0, false, false
		}
		return v.BaseScore(), true, true
	}
	v, err := cvss2.ParseVector(strings.Trim(vector, "()"))
	if err != nil {
		return 0, false, false
	}
	return v.BaseScore(), false, true
}

// band is the severity of a score.
func band(score float64, critical bool) string {
	switch {
	case score >= 9 && critical:
		return "critical"
	case score >= 7:
		return "high"
	case score >= 4:
		return "medium"
	case score > 0:
		return "low"
	}
	return ""
}
