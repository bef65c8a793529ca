package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"assay/fact"
)

// ARCH.3 is two assertions about each way in which running software is replaced without a person deploying it: that what comes
// is signed, and that it is verified before it takes effect. What verifies refuses what is unsigned, so that the second
// carries the first.

var updateRulings = []string{"grades", "updates-dsa", "crypto-classes"}

var _ = add(&Rule{
	ID: "ARCH.3/updates-verified",
	Doc: `The requirement: "Cryptographically sign and verify automatic updates." This rule discharges "verify"; ` + "`updates-signed`" + ` the rest.

An automatic update is whatever replaces running code without a person deploying it: an updater in the program, a controller that
follows the tags of images, packages or programs that are fetched when something starts, a tag without a number that is always
pulled. Violated: there is one, and nothing in the ToE verifies what it brings; a checksum or TLS alone is no verification.
Satisfied: each is verified by a policy that is enforced on its images, or by the system's package manager with its
checks left on. Not applicable: everything that could update itself was looked for and read, there is none, and every image is
pinned by its digest or built where it is deployed. An image whose tag could be moved, a program whose name only running tells, or a
download of unknown use leaves this unknown.

Not discharged: whether a verification in the program's own code dominates the installation on every path (an updater that is a
library leaves it unknown), refusal of older versions, updates that a robot merges and a pipeline deploys (those are deployments), and
nodes that a provider updates.`,
	Needs:     []fact.Fact{fact.Updates{}, fact.MayUpdate{}},
	Uses:      []fact.Fact{fact.Object{}, fact.Container{}, fact.Workload{}, fact.ImageBuild{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: updateRulings,
	Check:   func(v *fact.View) []Finding { return checkUpdates(v, true) },
	Ask:     askUpdate,
})

var _ = add(&Rule{
	ID: "ARCH.3/updates-signed",
	Doc: `The requirement: "Cryptographically sign and verify automatic updates." Its rationale: "Recommended algorithms according to NIST [34]: DSA, RSA
and ECDSA." This rule discharges "sign"; ` + "`updates-verified`" + ` the rest.

Satisfied: what verifies refuses what is not signed, and is enforced. Unknown: nothing is seen to verify, so that nobody can tell
from here whether what is published is signed; the other rule says what that means. Not applicable: as there.

Not discharged: algorithm and size of the key with which a release is signed; they stand in the signing service or the update file.`,
	Needs:     []fact.Fact{fact.Updates{}, fact.MayUpdate{}},
	Uses:      []fact.Fact{fact.Object{}, fact.Container{}, fact.Workload{}, fact.ImageBuild{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied},
	Rulings: updateRulings,
	Check:   func(v *fact.View) []Finding { return checkUpdates(v, false) },
})

const (
	tagsCanMove = "images that are not pinned"
	movingTags  = "images pulled by a tag that moves"
	perhaps     = "what may be updates"
)

// checkUpdates judges each mechanism. Verifying says which of the two assertions is asked.
func checkUpdates(v *fact.View, verifying bool) (fs []Finding) {
	policies, refs := enforced(v)
	built := deployedAsBuilt(v)
	var moving []string // images that nothing verifies: one matter, however many they are
	var movingRefs []fact.Ref
	for ref, u := range fact.All[fact.Updates](v) {
		if u.Mechanism == "image" && built[u.What] {
			continue
		}
		f := Finding{Subject: u.Mechanism + ": " + u.What, Facts: []fact.Ref{ref}}
		by, seen := u.Verified, []fact.Ref(nil)
		if by == "" && (u.Mechanism == "image" || u.Mechanism == "controller") {
			by, seen = covering(u, policies, refs)
		}
		if by == "" && u.Mechanism == "image" {
			moving, movingRefs = append(moving, u.What), append(movingRefs, ref)
			continue
		}
		f.Facts = append(f.Facts, seen...)
		does := describe(u)
		switch {
		case by != "":
			f.Status, f.Text = Satisfied, does+"; verified by "+by
		case u.Mechanism == "library":
			f.Text = does + ". Whether it verifies signatures before it installs stands in how it is used"
		case !verifying:
			f.Text = does + ", and nothing is seen that would refuse what is not signed"
		default:
			f.Status, f.Text = Violated, does+", and nothing verifies a signature of what it brings. "+mend(u)
			if u.Mechanism == "controller" {
				f.Absent = []fact.Fact{fact.Object{}} // a policy may stand in what was not read
			}
		}
		fs = append(fs, f)
	}
	if len(moving) > 0 {
		slices.Sort(moving)
		f := Finding{Subject: movingTags, Facts: movingRefs}
		does := fmt.Sprintf("the image %s is pulled at each start, and names whatever was pushed last", moving[0])
		if n := len(moving); n > 1 {
			does = fmt.Sprintf("%d images are pulled at each start, and name whatever was pushed last: %s", n, few(moving))
		}
		does += " (a tag latest, or none, is always pulled unless imagePullPolicy says otherwise)"
		if f.Text = does + ". Nothing is seen that would refuse what is not signed"; verifying {
			f.Status, f.Text = Violated, does+". Nothing verifies a signature of what comes. "+mend(fact.Updates{Mechanism: "image"})
			f.Absent = []fact.Fact{fact.Object{}, fact.ImageBuild{}} // a policy may stand in what was not read, or what puts another image in
		}
		fs = append(fs, f)
	}
	open := map[string]*Finding{}
	for ref, m := range fact.All[fact.MayUpdate](v) {
		if m.Pin && built[m.What] {
			continue
		}
		subject := m.Why
		if !verifying { // the other rule says what each is
			subject = perhaps
		}
		if m.Pin && verifying {
			subject = tagsCanMove
		}
		if open[subject] == nil {
			open[subject] = &Finding{Subject: subject}
		}
		f := open[subject]
		f.Facts = append(f.Facts, ref)
		if !slices.Contains(strings.Split(f.Text, ", "), m.What) {
			f.Text = strings.TrimPrefix(f.Text+", "+m.What, ", ")
		}
	}
	for _, f := range open {
		what := strings.Split(f.Text, ", ")
		slices.Sort(what)
		more := ""
		if n := len(what) - 6; n > 0 {
			what, more = what[:6], fmt.Sprintf(" and %d more", n)
		}
		f.Text = strings.Join(what, ", ") + more
		if !verifying {
			f.Text = "whether these are updates, and what signs them, is not known"
		}
		fs = append(fs, *f)
	}
	if len(fs) > 0 {
		return fs
	}
	pinned, n := []fact.Ref(nil), 0
	for ref := range fact.All[fact.Container](v) {
		pinned = append(pinned, ref)
		n++
	}
	if n == 0 {
		return []Finding{{Subject: "deployment", Text: "nothing says how this is deployed, and so how new versions reach it"}}
	}
	return []Finding{{Subject: "updates", Status: NotApplicable, Facts: pinned, Absent: []fact.Fact{fact.Updates{}, fact.MayUpdate{}},
		Text: fmt.Sprintf("nothing updates by itself: no updater, no controller and nothing installed at a start, and the image of every container (%d) is pinned or built where it is deployed", n)}}
}

// mend says what to do about a mechanism that nothing verifies.
func mend(u fact.Updates) string {
	switch u.Mechanism {
	case "image":
		return "Name the image by its digest (NAME@sha256:…), or have a policy verify signatures before it runs"
	case "start":
		return "Install it when the image is built, in a version that is pinned"
	}
	return "Have a policy verify signatures of every image before it runs, or deploy by a pipeline"
}

// deployedAsBuilt returns the names of images that skaffold builds and puts into the deployment under another name: such a name is a
// place to be filled in, and pins what it is filled with. Who merely builds and pushes an image fills in nothing: what is deployed
// by that name is whatever was pushed last.
func deployedAsBuilt(v *fact.View) map[string]bool {
	out := map[string]bool{}
	for _, b := range fact.All[fact.ImageBuild](v) {
		if !strings.HasPrefix(path.Base(b.Site.Unit), "skaffold.y") {
			continue
		}
		all, _ := b.Image.Consts()
		for _, name := range all {
			if !strings.ContainsAny(name[strings.LastIndexByte(name, '/')+1:], ":@") {
				out[name] = true
			}
		}
	}
	return out
}

func describe(u fact.Updates) string {
	who := ""
	if u.Component != "" && u.Component != "(unmapped)" {
		who = u.Component + ": "
	}
	switch u.Mechanism {
	case "image":
		return fmt.Sprintf("the image %s is pulled at each start, by a tag that moves", u.What)
	case "start":
		return fmt.Sprintf("%s`%s` runs at each start and takes what is there then", who, u.What)
	}
	return who + u.What
}

// enforced returns the patterns of images whose signatures a policy of the ToE verifies and enforces.
func enforced(v *fact.View) (patterns []string, refs []fact.Ref) {
	for ref, o := range fact.All[fact.Object](v) {
		for _, d := range o.Detail {
			if pattern, ok := strings.CutPrefix(d, "verifies images: enforce "); ok {
				patterns, refs = append(patterns, pattern), append(refs, ref)
			}
		}
	}
	return patterns, refs
}

// covering says which policy verifies the images that u may bring: for a controller, which follows whatever it is told to, only one
// that takes every image.
func covering(u fact.Updates, policies []string, refs []fact.Ref) (by string, from []fact.Ref) {
	for i, p := range policies {
		whole := p == "*" || p == "**"
		if ok, err := path.Match(strings.ReplaceAll(p, "**", "*"), u.What); whole || u.Mechanism == "image" && (err == nil && ok || strings.HasSuffix(p, "*") && strings.HasPrefix(u.What, strings.TrimRight(p, "*"))) {
			return "the policy on images " + p, []fact.Ref{refs[i]}
		}
	}
	return "", nil
}

func askUpdate(v *fact.View, f Finding) *Question {
	switch {
	case strings.HasPrefix(f.Subject, "coverage of "):
		return &Question{Text: "Can what could not be read replace running code by itself?", Evidence: "what could not be read, in a form that can"}
	case f.Subject == "deployment":
		return &Question{Text: "How do new versions of this software reach where it runs?", Evidence: "the deployment files, with images pinned by digest"}
	case f.Subject == tagsCanMove:
		return &Question{Text: "Can the content behind these tags change without anybody deploying it, and what would then verify it?",
			Answers: []Answer{
				{"no: the registry forbids to move a tag, or what runs is never pulled again without a deployment", NotApplicable},
				{"yes, and a signature is verified before it runs", Satisfied},
				{"yes, and nothing verifies it", Violated},
			}, Evidence: "images pinned by digest (NAME@sha256:…) in the deployment files"}
	}
	return &Question{Text: "Before an automatic update takes effect here, what verifies its signature? (" + f.Text + ")",
		Answers: []Answer{
			{"this updates nothing", NotApplicable},
			{"each update is verified with a key that was there before it, and a failure stops it on every path", Satisfied},
			{"at least one can take effect unverified", Violated},
		}, Evidence: "the code or policy that verifies updates, where its key is pinned, and the record of an attempt to install an update file with one byte changed"}
}
