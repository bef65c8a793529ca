package acquire

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/artefact"
)

// MavenVariable names the environment variable that holds base URLs of Maven repositories, separated by spaces.
const MavenVariable = "ASSAY_MAVEN_REPOSITORY"

// A MavenOnline says which repositories are asked for POMs that this machine does not have, and within which bounds. They are the
// user's choice alone: what POMs say of repositories is not looked at.
type MavenOnline struct {
	URLs  []string      // base URLs, asked in order: HTTPS, or HTTP on this machine
	Cache string        // directory that keeps what was fetched, in Maven's layout for each URL; "" keeps nothing
	Count int           // of files; 20 000 if 0
	Bytes int64         // of all files; 1 GiB if 0
	Time  time.Duration // of everything; 15 minutes if 0
	Warn  func(string)  // is told, once each, why a repository could not be asked; from several goroutines, one at a time
}

const (
	onlineParallel = 8
	onlineTries    = 3
	onlineWait     = 30 * time.Second // for one answer
	onlineFailures = 5                // in a row, after which a repository is not asked again
	sha1Length     = 40
)

// ErrNoMavenURL says that nobody has said which repository to ask.
var ErrNoMavenURL = errors.New("no Maven repository is named: give --maven-mirror URL, set " + MavenVariable + ", or configure a mirror in ~/.m2/settings.xml")

// MavenURLs returns the base URLs of the repositories to ask: those given, or else those of the variable ASSAY_MAVEN_REPOSITORY, or else the
// mirrors in the user's Maven settings that stand for the central repository. If there are none it is ErrNoMavenURL.
func MavenURLs(given []string) ([]string, error) {
	out := slices.Clone(given)
	if len(out) == 0 {
		out = strings.Fields(os.Getenv(MavenVariable))
	}
	if len(out) == 0 {
		out = mirrors()
	}
	if len(out) == 0 {
		return nil, ErrNoMavenURL
	}
	for i, s := range out {
		u, err := mavenURL(s)
		if err != nil {
			return nil, err
		}
		out[i] = u.String()
	}
	return out, nil
}

func mavenURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.RawQuery != "" {
		return nil, errors.New("a Maven repository is named by a URL like https://maven.example/repository")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("the Maven repository %s is not asked without HTTPS", u.Redacted())
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.Fragment = ""
	return u, nil
}

// mirrors returns what the user's Maven settings put in the place of the central repository.
func mirrors() (out []string) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	data, err := ReadFile(home, filepath.Join(".m2", "settings.xml"), maxPom)
	if err != nil {
		return nil
	}
	var settings struct {
		Mirrors []struct {
			Of  text `xml:"mirrorOf"`
			URL text `xml:"url"`
		} `xml:"mirrors>mirror"`
	}
	if decodeXML(data, &settings) != nil {
		return nil
	}
	for _, m := range settings.Mirrors {
		of := strings.Split(string(m.Of), ",")
		for i := range of {
			of[i] = strings.TrimSpace(of[i])
		}
		stands := slices.ContainsFunc(of, func(s string) bool { return s == "*" || s == "central" || s == "external:*" })
		if u, err := mavenURL(string(m.URL)); stands && err == nil && !slices.Contains(of, "!central") && !strings.Contains(string(m.URL), "${") {
			out = append(out, u.String())
		}
	}
	return out
}

// An onlineRepository fetches POMs from other machines, several at once.
type onlineRepository struct {
	ctx    context.Context
	cancel context.CancelFunc
	o      MavenOnline
	client *http.Client
	bases  []*onlineBase
	has    func(group, artifact, version string) bool // this machine has it
	slots  chan struct{}
	work   sync.WaitGroup

	telling sync.Mutex
	over    sync.Once

	mu    sync.Mutex
	poms  map[string]*pendingFile
	lists map[string][]string
	count int
	bytes atomic.Int64
}

type onlineBase struct {
	url    string
	cache  *os.Root // nil keeps nothing
	failed atomic.Int32
	down   sync.Once
}

type pendingFile struct {
	done chan struct{}
	data []byte
	err  error
}

func newOnline(ctx context.Context, o MavenOnline, has func(group, artifact, version string) bool) (*onlineRepository, error) {
	o.Count, o.Bytes, o.Time = cmp.Or(o.Count, 20_000), cmp.Or(o.Bytes, 1<<30), cmp.Or(o.Time, 15*time.Minute)
	r := &onlineRepository{o: o, has: has, slots: make(chan struct{}, onlineParallel), poms: map[string]*pendingFile{}, lists: map[string][]string{}}
	r.bytes.Store(o.Bytes)
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxResponseHeaderBytes = onlineParallel, 1<<20
	r.client = &http.Client{Transport: t, Timeout: onlineWait, CheckRedirect: func(q *http.Request, via []*http.Request) error {
		if len(via) > 5 || q.URL.Scheme != "https" && !loopback(q.URL.Hostname()) || loopback(q.URL.Hostname()) && !loopback(via[0].URL.Hostname()) {
			return errors.New("it leads to an address that is not asked")
		}
		return nil
	}}
	for _, s := range o.URLs {
		u, err := mavenURL(s)
		if err != nil {
			return nil, err
		}
		b := &onlineBase{url: u.String()}
		if o.Cache != "" {
			u.User = nil
			name := artefact.Hash("maven", u.String())
			dir := filepath.Join(o.Cache, hex.EncodeToString(name[:8]))
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nil, fmt.Errorf("make the cache of POMs: %w", err)
			}
			if b.cache, err = os.OpenRoot(dir); err != nil {
				return nil, fmt.Errorf("open the cache of POMs: %w", err)
			}
		}
		r.bases = append(r.bases, b)
	}
	r.ctx, r.cancel = context.WithTimeout(ctx, o.Time)
	return r, nil
}

// close ends what is under way.
func (r *onlineRepository) close() {
	if errors.Is(r.ctx.Err(), context.DeadlineExceeded) {
		r.over.Do(func() {
			r.warn("the time for fetching from Maven repositories is over: what was not fetched until then is missing")
		})
	}
	r.cancel()
	r.work.Wait()
	r.client.CloseIdleConnections()
	for _, b := range r.bases {
		if b.cache != nil {
			b.cache.Close()
		}
	}
}

func (r *onlineRepository) warn(text string) {
	if r.o.Warn != nil {
		r.telling.Lock()
		defer r.telling.Unlock()
		r.o.Warn(text)
	}
}

func (r *onlineRepository) beyond() {
	r.over.Do(func() { r.warn(fmt.Sprintf("more than %d files of Maven repositories are not fetched", r.o.Count)) })
}

// pom returns a POM, or errNoPom.
func (r *onlineRepository) pom(group, artifact, version string) ([]byte, error) {
	p := r.start(group, artifact, version)
	if p == nil {
		return nil, errNoPom
	}
	select {
	case <-p.done:
		return p.data, p.err
	case <-r.ctx.Done():
		return nil, errNoPom
	}
}

// start begins to fetch a POM unless that was begun before. It returns nil for one that is not fetched.
func (r *onlineRepository) start(group, artifact, version string) *pendingFile {
	if !safeName(group, artifact) || !safeVersion(version) || strings.HasSuffix(version, "-SNAPSHOT") { // which lie there under other names
		return nil
	}
	name := path.Join(strings.ReplaceAll(group, ".", "/"), artifact, version, artifact+"-"+version+".pom")
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.poms[name]; p != nil {
		return p
	}
	if r.count++; r.count > r.o.Count {
		r.beyond()
		return nil
	}
	p := &pendingFile{done: make(chan struct{}), err: errNoPom}
	r.poms[name] = p
	r.work.Go(func() {
		defer close(p.done)
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
		case <-r.ctx.Done():
			return
		}
		if data, err := r.file(name, true); err == nil {
			p.data, p.err = data, nil
			r.follow(data)
		}
	})
	return p
}

// follow begins to fetch what a POM will be asked for next, as far as it says so itself: its parent and what it imports.
func (r *onlineRepository) follow(data []byte) {
	var f pomFile
	if decodeXML(data, &f) != nil {
		return
	}
	ask := func(group, artifact, version string) {
		if safeName(group, artifact) && safeVersion(version) && !r.has(group, artifact, version) {
			r.start(group, artifact, version)
		}
	}
	if p := f.Parent; p != nil {
		ask(string(p.Group), string(p.Artifact), string(p.Version))
	}
	props := map[string]string{"project.version": f.version(), "project.groupId": f.group()}
	for _, p := range f.Properties {
		props[p.name] = p.value
	}
	value := func(t text) string {
		if key, ok := strings.CutPrefix(string(t), "${"); ok {
			return props[strings.TrimSuffix(key, "}")]
		}
		return string(t)
	}
	for _, d := range f.Managed {
		if d.Scope == "import" && d.Type == "pom" {
			ask(value(d.Group), value(d.Artifact), value(d.Version))
		}
	}
}

// versions returns the versions that the repositories list of an artefact, unsorted.
func (r *onlineRepository) versions(group, artifact string) []string {
	if !safeName(group, artifact) {
		return nil
	}
	dir := path.Join(strings.ReplaceAll(group, ".", "/"), artifact)
	r.mu.Lock()
	out, ok := r.lists[dir]
	r.count++
	full := r.count > r.o.Count
	r.mu.Unlock()
	if full {
		r.beyond()
	}
	if ok || full {
		return out
	}
	if data, err := r.file(dir+"/maven-metadata.xml", false); err == nil {
		out = listedVersions(data)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lists[dir] = out
	return out
}

// file returns a file of the first repository that has it. One that does not answer is not passed over: what the next one
// says could be another library of the same name. What changes is not kept.
func (r *onlineRepository) file(name string, keep bool) ([]byte, error) {
	for _, b := range r.bases {
		if keep {
			if data, err := b.cached(name); err == nil {
				return data, nil
			}
		}
		data, err := r.fetch(b, name)
		if errors.Is(err, errNoPom) {
			continue
		} else if err != nil {
			return nil, err
		}
		if keep {
			b.keep(name, data)
		}
		return data, nil
	}
	return nil, errNoPom
}

// cached returns what was kept, if it is still what it was.
func (b *onlineBase) cached(name string) ([]byte, error) {
	if b.cache == nil {
		return nil, errNoPom
	}
	data, err := regular(b.cache, filepath.FromSlash(name), maxPom)
	if err != nil {
		return nil, err
	}
	sum, err := regular(b.cache, filepath.FromSlash(name)+".sha1", 1024)
	if err != nil || !sums(data, sum) {
		return nil, errNoPom
	}
	return data, nil
}

// keep puts a file into the cache, whole or not at all. What cannot be kept is fetched again.
func (b *onlineBase) keep(name string, data []byte) {
	if b.cache == nil || b.cache.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o700) != nil {
		return
	}
	sum := sha1.Sum(data)
	for _, f := range []struct {
		name string
		data []byte
	}{{name, data}, {name + ".sha1", []byte(hex.EncodeToString(sum[:]))}} {
		to := filepath.FromSlash(f.name)
		part := fmt.Sprintf("%s.%d", to, os.Getpid())
		if b.cache.WriteFile(part, f.data, 0o600) != nil || b.cache.Rename(part, to) != nil {
			b.cache.Remove(part)
			return
		}
	}
}

// sums says whether data is what a published checksum says: its first word.
func sums(data, published []byte) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(string(published)), " ")
	sum := sha1.Sum(data)
	return len(word) == sha1Length && strings.EqualFold(word, hex.EncodeToString(sum[:]))
}

// fetch asks one repository for a file and its checksum. It returns errNoPom if there is none.
func (r *onlineRepository) fetch(b *onlineBase, name string) ([]byte, error) {
	if b.failed.Load() >= onlineFailures {
		return nil, errors.New("the repository does not answer")
	}
	data, err := r.get(b, name, maxPom)
	if err == nil {
		var sum []byte
		if sum, err = r.get(b, name+".sha1", 1024); errors.Is(err, errNoPom) {
			err = errors.New("it publishes no checksum of " + path.Base(name))
		} else if err == nil && !sums(data, sum) {
			err = fmt.Errorf("%s is not what its checksum says", path.Base(name))
		}
	}
	switch {
	case err == nil:
		b.failed.Store(0)
	case !errors.Is(err, errNoPom) && r.ctx.Err() == nil:
		b.down.Do(func() { r.warn("the Maven repository at " + shownURL(b.url) + ": " + err.Error()) })
	}
	return data, err
}

func shownURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(no address)"
	}
	u.User = nil
	return u.String()
}

// get reads one file, and tries again where the server is busy.
func (r *onlineRepository) get(b *onlineBase, name string, limit int64) ([]byte, error) {
	var err error
	for try := range onlineTries {
		if try > 0 {
			select {
			case <-time.After(time.Duration(try) * 500 * time.Millisecond):
			case <-r.ctx.Done():
				return nil, r.ctx.Err()
			}
		}
		var again bool
		var data []byte
		if data, again, err = r.once(b, name, limit); err == nil || !again {
			return data, err
		}
	}
	b.failed.Add(1)
	return nil, err
}

func (r *onlineRepository) once(b *onlineBase, name string, limit int64) (data []byte, again bool, err error) {
	q, err := http.NewRequestWithContext(r.ctx, http.MethodGet, b.url+"/"+name, nil)
	if err != nil {
		return nil, false, errors.New("its address is none")
	}
	q.Header.Set("User-Agent", "assay")
	res, err := r.client.Do(q)
	if err != nil {
		return nil, true, errors.New(reason(err))
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be used again
		return nil, false, errNoPom
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return nil, true, fmt.Errorf("it answers %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	case res.StatusCode != http.StatusOK:
		return nil, false, fmt.Errorf("it answers %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	data, err = bounded(res.Body, limit)
	switch {
	case err != nil:
		return nil, true, errors.New(reason(err))
	case int64(len(data)) > limit:
		return nil, false, fmt.Errorf("%s has more than %d bytes", path.Base(name), limit)
	case r.bytes.Add(-int64(len(data))) < 0:
		return nil, false, fmt.Errorf("more than %d bytes are not fetched", r.o.Bytes)
	}
	return data, false, nil
}
