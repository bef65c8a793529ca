package acquire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Where advisories are published. Neither is a package registry.
const (
	OSVBucket           = "https://osv-vulnerabilities.storage.googleapis.com"
	ExploitedCatalogue  = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
	exploitedInMirror   = "known_exploited_vulnerabilities.json"
	maxDownload         = 8 << 30          // bytes of an archive
	idleTimeout         = 60 * time.Second // without a byte
	maxRedirects        = 5
	downloadStep        = 64 << 10 // bytes between two signs of life
	wholeUpdateOfOneSet = 2 * time.Hour
)

// UpdateOptions say what to fetch, from where.
type UpdateOptions struct {
	ImportOptions
	From      string // base URL, or a directory of the same layout
	Exploited string // URL or file of the list of known exploited vulnerabilities; "" is none
	Client    *http.Client
	Idle      time.Duration // how long a server may send nothing; a minute if zero
}

// UpdateAdvisories fetches what OSV publishes of each ecosystem, BASE/<Ecosystem>/all.zip, and replaces the ecosystem's data by it.
// What did not change since is not fetched again. An ecosystem that fails keeps what it has; the others go on, and the error
// names each. This is the only function that uses the network for advisories.
func UpdateAdvisories(ctx context.Context, dir string, ecos []string, o UpdateOptions) (*Imported, error) {
	u := &updater{ctx: ctx, dir: dir, o: o, client: o.Client}
	if u.client == nil {
		u.client = newClient()
	}
	if u.o.Now.IsZero() {
		u.o.Now = time.Now()
	}
	if u.o.Progress == nil {
		u.o.Progress = func(string, string, int, int) {}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the vulnerability database: %w", err)
	}
	ecos = slices.Clone(ecos)
	slices.Sort(ecos)
	all := &Imported{Before: map[string]int{}}
	var errs []error
	step := func(name string, f func() (*Imported, error)) {
		if ctx.Err() != nil {
			return
		}
		got, err := f()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			return
		}
		all.merge(got)
	}
	for _, e := range slices.Compact(ecos) {
		if ecosystems[e] == "" {
			return nil, fmt.Errorf("there is no ecosystem %q", e)
		}
		step(e, func() (*Imported, error) { return u.ecosystem(e) })
	}
	if o.Exploited != "" {
		step("known exploited vulnerabilities", u.exploited)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return all, errors.Join(errs...)
}

func (x *Imported) merge(y *Imported) {
	x.Ecosystems = append(x.Ecosystems, y.Ecosystems...)
	x.Unchanged = append(x.Unchanged, y.Unchanged...)
	x.Notes = append(x.Notes, y.Notes...)
	x.Malformed = append(x.Malformed, y.Malformed...)
	for e, n := range y.Before {
		x.Before[e] = n
	}
	if y.Exploited != nil {
		x.Exploited = y.Exploited
	}
}

type updater struct {
	ctx    context.Context
	dir    string
	o      UpdateOptions
	client *http.Client
}

// IsURL says whether a place is on the network.
func IsURL(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: 30 * time.Second, ForceAttemptHTTP2: true, DisableCompression: true},
		Timeout: wholeUpdateOfOneSet,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("it redirects too often")
			}
			if via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return errors.New("it redirects to where nothing is encrypted")
			}
			return nil
		},
	}
}

func (u *updater) ecosystem(eco string) (*Imported, error) {
	o := u.o.ImportOptions
	o.Ecosystems = []string{eco}
	if !IsURL(u.o.From) {
		return ImportAdvisories(u.ctx, u.dir, []string{filepath.Join(u.o.From, ecosystems[eco], "all.zip")}, o)
	}
	at, err := url.Parse(u.o.From)
	if err != nil {
		return nil, errors.New("it is no URL")
	}
	at = at.JoinPath(ecosystems[eco], "all.zip")
	old, err := u.known(eco, public(at))
	if err != nil {
		return nil, err
	}
	got, err := u.fetch(at, eco, old)
	if err != nil {
		return nil, err
	}
	if got.file == nil {
		if old.LastModified == "" && got.source.Day > old.Day { // it is still what there is, of a day of its own it knows nothing
			if err := restate(u.dir, eco, old, got.source.Day); err != nil {
				return nil, err
			}
		}
		return &Imported{Unchanged: []string{eco}}, nil
	}
	defer os.Remove(got.file.Name())
	defer got.file.Close()
	im, err := newImporter(u.ctx, u.dir, o)
	if err != nil {
		return nil, err
	}
	defer im.close()
	info, err := got.file.Stat()
	if err != nil {
		return nil, err
	}
	s, err := im.archive(got.file, info.Size(), "all.zip")
	if err != nil {
		return nil, err
	}
	s.source, s.day = got.source, got.source.Day
	if err := im.read(s); err != nil {
		return nil, err
	}
	return im.commit()
}

// public is a URL as it may be shown: without what could be a secret.
func public(u *url.URL) string {
	v := *u
	v.User, v.RawQuery, v.Fragment = nil, "", ""
	return v.String()
}

// known returns the source of an ecosystem's data, if it is this URL alone and can be asked whether it changed.
func (u *updater) known(eco, at string) (AdvisorySource, error) {
	db, err := OpenAdvisories(u.dir)
	if err != nil {
		return AdvisorySource{}, err
	}
	defer db.Close()
	f := db.files[eco]
	if f == nil || len(f.root.Sources) != 1 || f.root.Sources[0].URL != at {
		return AdvisorySource{}, nil
	}
	if f.each(func(string, []byte) error { return u.ctx.Err() }) != nil { // damaged: fetch it anew
		return AdvisorySource{}, u.ctx.Err()
	}
	return f.root.Sources[0], nil
}

// restate writes that the data of an ecosystem is of a later day.
func restate(dir, eco string, was AdvisorySource, day string) error {
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, lockName)).Lock()
	if err != nil {
		return fmt.Errorf("lock the vulnerability database: %w", err)
	}
	defer unlock()
	db, err := OpenAdvisories(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	f := db.files[eco]
	if f == nil || len(f.root.Sources) != 1 || f.root.Sources[0] != was {
		return nil // somebody else imported meanwhile
	}
	root := f.root
	root.Sources = []AdvisorySource{was}
	root.Sources[0].Day, root.Names, root.Pages = day, 0, nil
	w, err := newAdvisoryWriter(dir, root)
	if err != nil {
		return err
	}
	if err := f.each(func(name string, entries []byte) error { w.put(name, entries); return nil }); err != nil {
		w.err = err
	}
	_, err = w.finish(dir)
	return err
}

type fetched struct {
	file   *os.File // nil if it is as before
	source AdvisorySource
}

// fetch gets a URL into a file of the database's directory, unless it is what old describes.
func (u *updater) fetch(at *url.URL, what string, old AdvisorySource) (got fetched, err error) {
	ctx, cancel := context.WithCancelCause(u.ctx)
	defer cancel(nil)
	patience := cmp.Or(u.o.Idle, idleTimeout)
	idle := time.AfterFunc(patience, func() { cancel(fmt.Errorf("%s sent nothing for %s", at.Host, patience)) })
	defer idle.Stop()
	explain := func(err error) error {
		if cause := context.Cause(ctx); cause != nil && u.ctx.Err() == nil {
			err = cause
		}
		return fmt.Errorf("fetch %s: %w", public(at), sayWhy(err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return got, errors.New("it is no URL")
	}
	req.Header.Set("User-Agent", "assay")
	if old.ETag != "" {
		req.Header.Set("If-None-Match", old.ETag)
	}
	if old.LastModified != "" {
		req.Header.Set("If-Modified-Since", old.LastModified)
	}
	res, err := u.client.Do(req)
	if err != nil {
		return got, explain(err)
	}
	defer res.Body.Close()
	got.source = AdvisorySource{Name: public(at), URL: public(at), ETag: header(res, "ETag"), LastModified: header(res, "Last-Modified")}
	switch {
	case res.StatusCode == http.StatusNotModified && (old.ETag != "" || old.LastModified != ""):
		got.source.Day, err = dayOf(res, u.o.Now)
		return got, err
	case res.StatusCode != http.StatusOK:
		return got, fmt.Errorf("fetch %s: the server answers %q", public(at), res.Status)
	case res.ContentLength > maxDownload:
		return got, fmt.Errorf("fetch %s: it has %d bytes; at most %d are fetched", public(at), res.ContentLength, int64(maxDownload))
	}
	if got.source.Day, err = dayOf(res, u.o.Now); err != nil {
		return got, fmt.Errorf("fetch %s: %w", public(at), err)
	}
	f, err := os.CreateTemp(u.dir, "new-*")
	if err != nil {
		return got, fmt.Errorf("write to the vulnerability database: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	var n int64
	for {
		idle.Reset(patience)
		k, err := io.CopyN(f, res.Body, downloadStep)
		n += k
		u.o.Progress("fetch", what+" (megabytes)", int(n>>20), int(max(res.ContentLength, n)>>20))
		if err == io.EOF {
			break
		} else if err != nil {
			return got, explain(err)
		}
		if n > maxDownload {
			return got, fmt.Errorf("fetch %s: it has more than %d bytes", public(at), int64(maxDownload))
		}
	}
	got.file = f
	return got, nil
}

// header returns a header that is kept, unless it is too long to be what it should.
func header(r *http.Response, name string) string {
	if v := r.Header.Get(name); len(v) <= 200 && valid(v) == v {
		return v
	}
	return ""
}

// dayOf returns of which day the data of a response is: when it was last modified or else when it was sent.
func dayOf(r *http.Response, now time.Time) (string, error) {
	t, err := http.ParseTime(cmp.Or(r.Header.Get("Last-Modified"), r.Header.Get("Date")))
	if err != nil {
		return "", errors.New("the server does not say of which day the data is (Last-Modified, Date)")
	}
	day := t.UTC().Format(time.DateOnly)
	if day > now.UTC().Format(time.DateOnly) {
		return "", fmt.Errorf("the server says that the data is of %s, which is later than now; is the clock right?", day)
	}
	return day, nil
}

// sayWhy takes the request out of an error, which may hold what is secret.
func sayWhy(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// exploited gets the list of known exploited vulnerabilities.
func (u *updater) exploited() (*Imported, error) {
	o := u.o.ImportOptions
	if !IsURL(u.o.Exploited) {
		o.Source = ""
		return importExploited(u.ctx, u.dir, u.o.Exploited, o)
	}
	at, err := url.Parse(u.o.Exploited)
	if err != nil {
		return nil, errors.New("it is no URL")
	}
	db, err := OpenAdvisories(u.dir)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var old AdvisorySource
	if db.exploited != nil && db.exploited.Source.URL == public(at) {
		old = db.exploited.Source
	}
	got, err := u.fetch(at, "known exploited vulnerabilities", old)
	if err != nil {
		return nil, err
	}
	if got.file == nil {
		return &Imported{Unchanged: []string{"known exploited vulnerabilities"}}, nil
	}
	defer os.Remove(got.file.Name())
	defer got.file.Close()
	data, err := ReadFile(u.dir, filepath.Base(got.file.Name()), maxExploited)
	if err != nil {
		return nil, err
	}
	list, err := parseExploited(data, u.o.Now)
	if err != nil {
		return nil, err
	}
	list.Source.Name, list.Source.URL, list.Source.ETag, list.Source.LastModified = got.source.Name, got.source.URL, got.source.ETag, got.source.LastModified
	if err := writeExploited(u.dir, list); err != nil {
		return nil, err
	}
	return &Imported{Exploited: &list.Source}, nil
}

// importExploited reads the list from a file, and nothing else.
func importExploited(ctx context.Context, dir, file string, o ImportOptions) (*Imported, error) {
	got, err := ImportAdvisories(ctx, dir, []string{file}, o)
	if err == nil && got.Exploited == nil {
		err = fmt.Errorf("%s is no list of known exploited vulnerabilities", file)
	}
	return got, err
}
