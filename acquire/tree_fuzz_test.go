package acquire

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a file holds and is called, freezing it beside others that refer to it ends, names no path outside, and loses no file.
func FuzzTree(f *testing.F) {
	for name, data := range map[string]string{
		"compose.yaml": "include: [b.yaml]\nservices: {a: {extends: {file: ../x.yaml}}}\n", ".gitlab-ci.yml": "include: [{local: /b.yaml}]\n", "kustomization.yaml": "resources: [b.yaml, .]\n", "Chart.yaml": "name: a\n",
		".gitmodules": "[submodule \"a\"]\npath = a\n", ".gitignore": "**/a*b*c\n!x\n", "Dockerfile": "FROM a\n", "package-lock.json": "{}", "a.java": "// generated\n", "x.xml": "<project>", "ci.yml": "on: push\njobs: {}\n",
	} {
		f.Add(name, []byte(data))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if name == "" || name == "." || name == ".." || len(name) > 200 || strings.ContainsAny(name, "/\x00") || name == "b.yaml" || name == ".git" {
			t.Skip()
		}
		dir := t.TempDir()
		for n, d := range map[string][]byte{name: data, "b.yaml": []byte("a: 1\n")} {
			if err := os.WriteFile(filepath.Join(dir, n), d, 0o666); err != nil {
				t.Skip()
			}
		}
		a, err := Tree(context.Background(), NewStore(), dir, Options{Limits: Limits{File: 1 << 16, Lock: 1 << 16, Files: 100, Total: 1 << 20, Depth: 8}})
		if err != nil {
			t.Fatal(err)
		}
		has := map[string]bool{}
		for _, u := range a.Units {
			if !filepath.IsLocal(u.Path) || !strings.HasPrefix(u.Path, "main/") {
				t.Errorf("path %q", u.Path)
			}
			has[u.Path] = true
		}
		if !has["main/"+valid(name)] || !has["main/b.yaml"] {
			t.Errorf("%q or b.yaml is lost: %v", name, has)
		}
	})
}
