package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"assay/artefact"
	"assay/scheme"
)

// What version says of the program is what a document says of it, and its digest is that of the file that runs.
func TestVersion(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := run(context.Background(), []string{"version", "--json"}, &out, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var got versionReport
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(data)); got.Build.Build != want {
		t.Errorf("build is %s, the executable %s", got.Build.Build, want)
	}
	if b := thisBuild("none"); got.Build != b {
		t.Errorf("version says %+v, documents say %+v", got.Build, b)
	}
	digest, rulings := artefact.Digest(scheme.Digest()).String(), artefact.Digest(scheme.RulingsDigest()).String()
	if got.Scheme != (schemeReport{scheme.ID, digest, rulings}) {
		t.Errorf("scheme: %+v", got.Scheme)
	}
	if got.Go != runtime.Version() || got.Platform != runtime.GOOS+"/"+runtime.GOARCH || got.Modules < 50 {
		t.Errorf("%+v", got)
	}
	out.Reset()
	if code := run(context.Background(), []string{"version"}, &out, &stderr); code != 0 || !strings.Contains(out.String(), got.Build.Build) || !strings.Contains(out.String(), digest) {
		t.Errorf("exit %d: %s", code, &out)
	}
}
