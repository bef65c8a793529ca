package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"assay/assess"
	"assay/rules"
)

// Of many differences the first show, files and libraries both, and the rest is counted; an image that nobody could read says so; where
// not all could be compared nothing is said to agree. Names of files do not command the terminal.
func TestImages(t *testing.T) {
	age := 1
	d := &assess.Document{Summary: map[string]int{}, Images: []assess.ImageSeen{
		{Component: "orders", Root: "image-orders", Names: []string{"registry.example/orders:1"}, Base: "debian:12", Age: &age, AgeOf: "base", Layers: 1, Packages: map[string]int{"pypi": 3, "debian": 80}, Match: "name"},
		{Component: "orders", Root: "image-more", Match: "none", Unread: []string{"layer 1 of 1: it is too large", "x"}, MoreUnread: 4},
		{Component: "mailer", Root: "image-mailer", Match: "declared"},
		{Component: "store", Root: "image-store", Match: "build", System: "alpine", Release: "3.20.1"},
	}, Differences: []assess.Differences{{Component: "orders", MoreFiles: 7, MoreLibraries: 1}, {Component: "mailer", Complete: true}},
		Requirements: []assess.RequirementResult{{ID: "ARCH.1", Family: "Architecture", Cells: []assess.CellResult{{Component: "orders", Status: rules.Unknown}, {Component: "store", Status: rules.Unknown}}}}}
	d.ToE.Components = []assess.ComponentSeen{{Name: "orders"}, {Name: "store"}}
	for i := range 20 {
		x := &d.Differences[0]
		x.Files = append(x.Files, assess.FileOnly{How: "only in the image", Kind: "source", Path: fmt.Sprintf("app/%d\x1b[2J.py", i), Count: 2})
		x.Libraries = append(x.Libraries, assess.LibraryDiffers{How: "another version", Ecosystem: "pypi", Name: fmt.Sprintf("lib%d", i), Declared: "1", Installed: "2"})
	}
	var b bytes.Buffer
	if err := Table(&b, d, Style{Width: 140}); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(b.String(), "Images\n")
	got, _, _ = strings.Cut(got, "\n\n")
	const want = `  orders: registry.example/orders:1 on debian:12, 1 day old, its base, 1 layer, 80 debian, 3 pypi, matched by name
  orders: image-more matched by nothing
    not read: layer 1 of 1: it is too large (and 5 more)
    · only in the image: source app/0�[2J.py (2)
    · only in the image: source app/1�[2J.py (2)
    · only in the image: source app/2�[2J.py (2)
    · only in the image: source app/3�[2J.py (2)
    · another version: pypi lib0 1 in the source, 2 in the image
    · another version: pypi lib1 1 in the source, 2 in the image
    · another version: pypi lib2 1 in the source, 2 in the image
    · another version: pypi lib3 1 in the source, 2 in the image
    … and 39 files and 17 libraries more
    not all could be compared, so there may be more
  mailer: image-mailer declared
    no difference between source and image was found
  store: image-store alpine 3.20.1, matched by build`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.Reset()
	if _, err := Why(&b, d, "ARCH.1", "orders", Style{Width: 140}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"image-more": true, "app/19": true, "lib19": true, "image-store": false} {
		if strings.Contains(b.String(), text) != want {
			t.Errorf("beside the proof stands %s: %t", text, !want)
		}
	}
}
