package assess

import (
	"fmt"
	"testing"

	"assay/fact"
)

// Files of an image that lie among files of the source come first, then programs and the like one by one, then many together, what is
// neither run nor read as a key last of each; what is beyond the bound is counted, file by file.
func TestFilesOnly(t *testing.T) {
	b := new(fact.Base)
	only := func(kind, path, how string, count int) {
		b.Add("c", fact.Row{Fact: fact.Only{Component: "c", Image: "image-c/image.json", Path: path, Kind: kind, Count: count, How: how}})
	}
	b.Add("c", fact.Row{Fact: fact.Alike{Path: "srv/app/main.py", Unit: "main/main.py", Site: fact.Site{Unit: "image-c/image.json"}}},
		fact.Row{Fact: fact.Alike{Path: "LICENSE", Unit: "main/LICENSE", Site: fact.Site{Unit: "image-c/image.json"}}}) // in no directory of its own
	for _, x := range []struct {
		kind, path, how string
		count           int
	}{
		{"other", "etc/motd", "only in the image", 1},
		{"source", "usr/lib/tool/", "only in the image", 90},
		{"elf", "usr/local/bin/tool", "only in the image", 1},
		{"config", "opt/x/settings.yaml", "other content", 1},
		{"source", "srv/app/static/", "only in the image", 70},
		{"source", "srv/app/deep/backdoor.py", "only in the image", 1},
		{"script", "srv/start.sh", "only in the image", 1},
	} {
		only(x.kind, x.path, x.how, x.count)
	}
	want := []string{"srv/app/deep/backdoor.py", "opt/x/settings.yaml", "srv/app/static/", "srv/start.sh", "usr/local/bin/tool", "etc/motd", "usr/lib/tool/"}
	files, more := filesOnly(&Assessment{Base: b}, "c")
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || more != 0 {
		t.Errorf("got %v and %d more, want %v", got, more, want)
	}
	for i := range maxDiffering {
		only("source", fmt.Sprintf("srv/app/%04d.py", i), "only in the image", 1)
	}
	files, more = filesOnly(&Assessment{Base: b}, "c")
	if len(files) != maxDiffering || more != 1+1+70+1+1+1+90 || files[0].Path != "srv/app/0000.py" {
		t.Errorf("%d files and %d more, from %s", len(files), more, files[0].Path)
	}
}
