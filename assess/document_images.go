package assess

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"assay/artefact"
	"assay/fact"
)

// ImageSeen is an image that was brought, and what it was found to be. One that could not be read has a root, a component and the reason in
// Unread, and nothing else.
type ImageSeen struct {
	Component  string         `json:"component"`
	Root       string         `json:"root"` // its artefact
	Names      []string       `json:"names"`
	Digest     string         `json:"digest,omitempty"` // of its manifest
	ID         string         `json:"id,omitempty"`     // digest of its configuration
	Platform   string         `json:"platform,omitempty"`
	System     string         `json:"system,omitempty"`
	Release    string         `json:"release,omitempty"`
	Created    string         `json:"created,omitempty"` // a day, where it says one
	Base       string         `json:"base,omitempty"`
	BaseDigest string         `json:"base_digest,omitempty"`
	BaseLayers int            `json:"base_layers,omitempty"` // 0 is not known
	Layers     int            `json:"layers"`
	Age        *int           `json:"age,omitempty"`    // in days at the time of the assessment
	AgeOf      string         `json:"age_of,omitempty"` // base or image: whose day that is counted from
	Packages   map[string]int `json:"packages"`         // by ecosystem
	Match      string         `json:"match"`            // how it was found to be the component's
	Unread     []string       `json:"unread,omitempty"` // what of it could not be read
	MoreUnread int            `json:"more_unread,omitempty"`
}

// Differences are those between a component's images and its source. Complete says that all was read that could show one; where it
// is false, what is not listed may differ all the same.
type Differences struct {
	Component     string           `json:"component"`
	Complete      bool             `json:"complete"`
	Libraries     []LibraryDiffers `json:"libraries"`
	MoreLibraries int              `json:"more_libraries,omitempty"` // beyond those listed
	Files         []FileOnly       `json:"files"`
	MoreFiles     int              `json:"more_files,omitempty"`
}

// LibraryDiffers is a library on which source and image do not agree.
type LibraryDiffers struct {
	How       string `json:"how"`
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	Declared  string `json:"declared,omitempty"`
	Installed string `json:"installed,omitempty"`
}

// FileOnly is a file of an image that nothing in the source explains; with Count above 1, so many of a kind in a directory.
type FileOnly struct {
	How   string `json:"how"`
	Kind  string `json:"kind"`
	Image string `json:"image"` // its artefact
	Path  string `json:"path"`
	Count int    `json:"count"`
}

// Bounds of what a document lists: differences of one component, of each sort; reasons of one image.
const (
	maxDiffering = 500
	maxUnread    = 20
)

// noDay is the last day on which nobody made an image of this form: what says that it is older was made to be reproducible, and
// its day means nothing.
const noDay = "2013-03-01"

// rootOf returns the artefact that a unit is of.
func rootOf(unit string) string {
	root, _, _ := strings.Cut(unit, "/")
	return root
}

// images lists every image there is, read or not, for each component that it is of.
func (d *Document) images(a *Assessment, at string) {
	made := map[string]string{} // digest -> the day it was made
	for _, c := range a.Plan.Components {
		for _, r := range a.Base.Rows(c, fact.Image{}) {
			if i := r.Fact.(fact.Image); i.Digest != "" && i.Created > noDay {
				made[i.Digest] = i.Created
			}
		}
	}
	for _, u := range a.Units {
		if u.Family != artefact.Image {
			continue
		}
		for _, c := range a.Plan.Of(u.Path) {
			x := ImageSeen{Component: c, Root: rootOf(u.Path), Names: []string{}, Packages: map[string]int{}, Match: "none"}
			for _, m := range a.Matched {
				if m.Component == c && m.Dir == u.Path {
					x.Match = m.How
				}
			}
			read := false
			for _, r := range a.Base.Rows(c, fact.Image{}) {
				if i := r.Fact.(fact.Image); i.Site.Unit == u.Path {
					read = true
					x.say(i, made[i.BaseDigest], at)
				}
			}
			counted := map[fact.Ref]bool{}
			for _, r := range a.Base.Rows(c, fact.Installed{}) {
				if i := r.Fact.(fact.Installed); i.Site.Unit == u.Path && !counted[r.Ref()] {
					counted[r.Ref()] = true
					x.Packages[i.Ecosystem]++
				}
			}
			if u.Fault != "" {
				x.Unread = append(x.Unread, u.Fault)
			}
			for _, kind := range []fact.Fact{fact.Image{}, fact.Installed{}, fact.Shipped{}} {
				for _, g := range a.Base.Gaps(c, kind) {
					if g.Unit == u.Path {
						x.Unread = append(x.Unread, cmp.Or(g.Text, g.Kind))
					}
				}
			}
			if !read && len(x.Unread) == 0 {
				x.Unread = append(x.Unread, "nobody has read it")
			}
			slices.Sort(x.Unread)
			x.Unread = slices.Compact(x.Unread)
			if n := len(x.Unread) - maxUnread; n > 0 {
				x.Unread, x.MoreUnread = x.Unread[:maxUnread], n
			}
			d.Images = append(d.Images, x)
		}
	}
	slices.SortStableFunc(d.Images, func(a, b ImageSeen) int {
		return cmp.Or(strings.Compare(a.Component, b.Component), strings.Compare(a.Root, b.Root))
	})
}

// say takes over what the image says of itself. Base is the day of its base, "" if that was not read.
func (x *ImageSeen) say(i fact.Image, base, at string) {
	x.Names = append(x.Names, i.Names...)
	x.Digest, x.ID, x.Platform, x.System, x.Release = i.Digest, i.ID, i.Platform, i.System, i.Release
	x.Base, x.BaseDigest, x.BaseLayers, x.Layers = i.Base, i.BaseDigest, i.BaseLayers, i.Layers
	if i.Created > noDay {
		x.Created = i.Created
	}
	of, day := "image", x.Created
	if base != "" {
		of, day = "base", base
	}
	then, err := time.Parse(time.DateOnly, day)
	now, err2 := time.Parse(time.RFC3339, at)
	if err != nil || err2 != nil || now.UTC().Before(then) {
		return // a day to come tells no age
	}
	n := int(now.UTC().Sub(then) / (24 * time.Hour))
	x.Age, x.AgeOf = &n, of
}

// differences lists, for each component that has both an image and a source, in what these differ: what matters most comes first.
func (d *Document) differences(a *Assessment) {
	for _, c := range a.Plan.Components {
		if !slices.ContainsFunc(d.Images, func(i ImageSeen) bool { return i.Component == c }) {
			continue
		}
		source := slices.ContainsFunc(a.Units, func(u artefact.Unit) bool {
			return (u.Family == artefact.Source || u.Family == artefact.Manifest) && slices.Contains(a.Plan.Of(u.Path), c)
		})
		if !source {
			continue // there is nothing to compare
		}
		x := Differences{Component: c, Complete: len(a.Base.Gaps(c, fact.Differs{}))+len(a.Base.Gaps(c, fact.Only{})) == 0, Libraries: []LibraryDiffers{}, Files: []FileOnly{}}
		for _, r := range a.Base.Rows(c, fact.Differs{}) {
			f := r.Fact.(fact.Differs)
			x.Libraries = append(x.Libraries, LibraryDiffers{f.How, f.Ecosystem, f.Name, f.Declared, f.Installed})
		}
		slices.SortFunc(x.Libraries, func(a, b LibraryDiffers) int {
			return cmp.Or(strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name), strings.Compare(a.How, b.How), strings.Compare(a.Installed, b.Installed))
		})
		x.Libraries = slices.Compact(x.Libraries)
		if n := len(x.Libraries) - maxDiffering; n > 0 {
			x.Libraries, x.MoreLibraries = x.Libraries[:maxDiffering], n
		}
		x.Files, x.MoreFiles = filesOnly(a, c)
		d.Differences = append(d.Differences, x)
	}
}

// filesOnly returns the files that are only in a component's images: first those that lie among files of its source, then what can be
// run or read as a key, one by one before many together.
func filesOnly(a *Assessment, component string) (files []FileOnly, more int) {
	own := map[string]bool{} // directories of images that hold files of the source
	for _, r := range a.Base.Rows(component, fact.Alike{}) {
		if f := r.Fact.(fact.Alike); path.Dir(f.Path) != "." {
			own[f.Site.Unit+"\x00"+path.Dir(f.Path)] = true
		}
	}
	among := func(unit, file string) bool {
		for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if own[unit+"\x00"+dir] {
				return true
			}
		}
		return false
	}
	type ranked struct {
		FileOnly
		rank int
	}
	var all []ranked
	for _, r := range a.Base.Rows(component, fact.Only{}) {
		f := r.Fact.(fact.Only)
		rank := 0
		if !among(f.Image, f.Path) && f.How != "other content" {
			rank += 4
		}
		if f.Count > 1 {
			rank += 2
		}
		if f.Kind == "config" || f.Kind == "other" {
			rank++
		}
		all = append(all, ranked{FileOnly{f.How, f.Kind, rootOf(f.Image), f.Path, max(f.Count, 1)}, rank})
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(a.rank-b.rank, strings.Compare(a.Image, b.Image), strings.Compare(a.Path, b.Path), strings.Compare(a.Kind, b.Kind), strings.Compare(a.How, b.How))
	})
	all = slices.Compact(all)
	files = []FileOnly{}
	for _, f := range all[:min(len(all), maxDiffering)] {
		files = append(files, f.FileOnly)
	}
	for _, f := range all[len(files):] {
		more += f.Count
	}
	return files, more
}
