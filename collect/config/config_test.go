package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/collect/config/read/cases"
)

var update = flag.Bool("update", false, "rewrite what the cases want")

func TestCases(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("testdata", "*", "*.txtar"))
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, file := range files {
		language := filepath.Base(filepath.Dir(file))
		t.Run(language+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := cases.Run(t, language, All, data)
			if *update {
				if err := os.WriteFile(file, got, 0o666); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(data), string(got)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
