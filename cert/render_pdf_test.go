package cert

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"assay/scheme"
	"assay/seal"
)

func pdfOf(t testing.TB, s *Shown) []byte {
	return rendered(t, func(w *bytes.Buffer) error { return s.PDF(w) })
}

// readCode reads a QR code from a picture.
func readCode(t testing.TB, img image.Image) string {
	t.Helper()
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	r, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("the QR code cannot be read: %v", err)
	}
	return r.GetText()
}

// read returns the text of a PDF, as poppler reads it.
func read(t testing.TB, pdf []byte) string {
	t.Helper()
	program := tool(t, "pdftotext")
	cmd := exec.Command(program, "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("pdftotext: %v: %s", err, said.String())
	}
	return string(out)
}

// Another program reads from the PDF what the certificate says, on pages of the same size, and its code.
func TestPDF(t *testing.T) {
	for _, n := range []int{1, 60} {
		s := crowd(t, n, "orders")
		pdf := pdfOf(t, s)
		if !bytes.Equal(pdf, pdfOf(t, crowd(t, n, "orders"))) {
			t.Error("two renderings differ")
		}
		kept(t, fmt.Sprintf("certificate-%d.pdf", n), pdf)
		text := read(t, pdf)
		flat := strings.Join(strings.Fields(text), " ")
		pages := strings.Count(text, "\f")
		t.Logf("%d components: %d pages", n, pages)
		if pages < 3 || pages > 16 || !strings.Contains(flat, fmt.Sprintf("%d of %d", pages, pages)) {
			t.Errorf("%d pages", pages)
		}
		for _, r := range scheme.All() {
			if !strings.Contains(flat, r.ID+" ") {
				t.Errorf("it does not have %s", r.ID)
			}
		}
		for _, c := range s.Statement.Predicate.Components {
			if !strings.Contains(flat, c.Name) {
				t.Errorf("it does not name %s", c.Name)
			}
		}
		for _, want := range append(slices.Concat(s.Statement.Predicate.Attests, s.Statement.Predicate.DoesNotAttest), s.Digest, "Example Certification certifies", "8f4b1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3", "Why: The gateway limits", "Valid on 24 November 2026") {
			if !strings.Contains(strings.ReplaceAll(flat, " ", ""), strings.ReplaceAll(want, " ", "")) {
				t.Errorf("it does not say %q", want)
			}
		}
	}
	s := crowd(t, 60, "orders")
	dir := t.TempDir()
	name := filepath.Join(dir, "a.pdf")
	if err := os.WriteFile(name, pdfOf(t, s), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool(t, "pdftoppm"), "-r", "150", "-f", "1", "-l", "1", "-png", name, filepath.Join(dir, "p")).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("pdftoppm: %v %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "p*.png"))
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := readCode(t, img), "assay verify shop.zip --policy POLICY\ncertificate sha256:"+s.Digest; got != want {
		t.Errorf("the code says %q, want %q", got, want)
	}
}

// What a font lacks is written as its number, and what cannot be seen, too.
func TestPDFForeignNames(t *testing.T) {
	s := crowd(t, 2, foreign)
	s.Statement.Predicate.ToE = foreign
	s.Statement.Predicate.Issuer.Body = "認証機関"
	pdf := pdfOf(t, s)
	kept(t, "foreign.pdf", pdf)
	text := strings.Join(strings.Fields(read(t, pdf)), "")
	for _, want := range []string{"Žluťoučký-Ωmega-заказы-[[U+6CE8]][[U+6587]]-[[U+1F6D2]]-a[[U+202E]]b[[U+200B]]c", "[[U+8A8D]][[U+8A3C]][[U+6A5F]][[U+95A2]]certifies", "standforcharactersthatthefont"} {
		if !strings.Contains(text, want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
}

// The code can be read from the page as a browser shows it.
func TestPageCode(t *testing.T) {
	b := openBrowser(t)
	s := crowd(t, 3, "orders")
	b.visit(t, 1280, s)
	img := b.picture(t, "code.png")
	if got, want := readCode(t, img.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(image.Rect(0, 0, img.Bounds().Dx(), 700))), "assay verify shop.zip --policy POLICY\ncertificate sha256:"+s.Digest; got != want {
		t.Errorf("the code says %q, want %q", got, want)
	}
}

// What is long, or many, is laid out all the same: a name without a place to break it, a reason that fills a page, a thousand components, hundreds of decisions.
func TestPDFLarge(t *testing.T) {
	s := crowd(t, 1000, strings.Repeat("long", 1000))
	s.Statement.Predicate.ToE = strings.Repeat("W", 4000)
	for i := range 100 {
		d := s.Decisions[0]
		d.Digest, d.Text = seal.Digest(fmt.Append(nil, i)), strings.Repeat("because of this, ", 450)
		d.Subject, d.Evidence = "", []string{strings.Repeat("e", 300), "\x00", "</"}
		s.Decisions = append(s.Decisions, d)
	}
	start := time.Now()
	pdf := pdfOf(t, s)
	t.Logf("PDF of %d bytes in %v", len(pdf), time.Since(start).Round(time.Millisecond))
	start = time.Now()
	page := htmlOf(t, s)
	t.Logf("page of %d bytes in %v", len(page), time.Since(start).Round(time.Millisecond))
	text := read(t, pdf)
	if n := strings.Count(text, "\f"); n < 60 || n > 1500 || !strings.Contains(text, fmt.Sprintf("%d of %d", n, n)) {
		t.Errorf("%d pages", n)
	}
	if flat := strings.Join(strings.Fields(text), ""); strings.Count(flat, "becauseofthis,") < 100*400 || !strings.Contains(flat, "zone-service-999") {
		t.Error("something is lost")
	}
}
