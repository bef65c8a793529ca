package acquire

import (
	"context"
	"encoding/binary"
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
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"assay/artefact"
)

// RemoteLimits bound what is taken from another machine's repository. Sizes are in bytes.
type RemoteLimits struct {
	Pack    int64         // that is sent
	Object  int64         // of one file, before compression
	Objects int64         // of all
	Words   int64         // of answers that are no packs: lists of branches
	Time    time.Duration // of everything
}

// DefaultRemote are the limits of an ordinary run.
var DefaultRemote = RemoteLimits{Pack: 2 << 30, Object: 256 << 20, Objects: 16 << 30, Words: 256 << 20, Time: 15 * time.Minute}

// TokenVariable names the environment variable that holds the token for repositories behind HTTPS.
const TokenVariable = "ASSAY_GIT_TOKEN"

// scpLike matches git@host:path, which git takes for ssh.
var scpLike = lazy(`^([A-Za-z0-9._-]+)@([A-Za-z0-9.-]+):([^:].*)$`)

// IsRemote says whether what stands for a directory names a repository that Remote takes.
func IsRemote(s string) bool {
	_, err := parseRemote(s)
	return err == nil
}

// RemoteName returns a repository's URL without what opens it: no user, no password, no query. It is what may be shown.
func RemoteName(s string) string {
	u, err := parseRemote(s)
	if err != nil {
		return "(not a repository)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

func parseRemote(s string) (*url.URL, error) {
	if m := scpLike().FindStringSubmatch(s); m != nil {
		return &url.URL{Scheme: "ssh", User: url.User(m[1]), Host: m[2], Path: "/" + strings.TrimPrefix(m[3], "/")}, nil
	}
	bad := errors.New("it is no URL of a repository: https://…, http://…, ssh://…, file://… or user@host:path")
	u, err := url.Parse(s)
	if err != nil {
		return nil, bad // the error would repeat what was in the URL
	}
	switch u.Scheme {
	case "http", "https", "ssh":
		if u.Hostname() == "" || u.Opaque != "" {
			return nil, bad
		}
	case "file":
		if u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(filepath.FromSlash(u.Path)) {
			return nil, bad
		}
	default:
		return nil, bad
	}
	return u, nil
}

// Remote freezes one revision ("" is what the repository calls its head) of a repository on another machine: a branch, a tag, a full
// reference or the whole id of a commit. It fetches that commit alone, without history, where the server allows it, into a
// temporary directory that store.Close removes. No hook, filter or attribute is run, no submodule and no large file is fetched:
// these are faults, as in a local revision. It asks the network, so that the caller must have leave for it.
//
// Credentials are those in the URL; or, over HTTPS, the token in the variable ASSAY_GIT_TOKEN; or, over SSH, those of the user's agent, and the
// host must be among the user's known hosts. None is sent over plain HTTP but to this machine, none to another host that the server
// leads to, and none is shown.
func Remote(ctx context.Context, store *Store, repository, revision string, o Options) (artefact.Artefact, error) {
	return remoteWithin(ctx, store, repository, revision, o, DefaultRemote)
}

func remoteWithin(ctx context.Context, store *Store, repository, revision string, o Options, lim RemoteLimits) (_ artefact.Artefact, failed error) {
	a := artefact.Artefact{Kind: "git revision", Root: o.id(), Obtained: o.at()}
	u, err := parseRemote(repository)
	if err != nil {
		return a, err
	}
	shown := RemoteName(repository)
	if strings.HasPrefix(revision, "-") || strings.ContainsAny(revision, " :\\^~?*[\x00\n") {
		return a, fmt.Errorf("%s: %q is no name of a revision", shown, valid(revision))
	}
	dir, err := store.TempDir()
	if err != nil {
		return a, err
	}
	defer func() {
		if failed != nil { // nobody may come to close the store
			os.RemoveAll(dir)
		}
	}()
	if u.Scheme == "file" { // it is here: nothing need be copied, and no program run that would send it
		return here(ctx, store, u, dir, shown, revision, o)
	}
	auth, err := credentials(u)
	if err != nil {
		return a, fmt.Errorf("%s: %w", shown, err)
	}
	u.User = userOnly(u)
	ctx, cancel := context.WithTimeout(ctx, lim.Time)
	defer cancel()
	budget := &atomic.Int64{}
	budget.Store(lim.Words + lim.Pack)
	hash, err := fetch(context.WithValue(ctx, answers{}, budget), dir, u.String(), revision, auth, lim)
	if err != nil {
		if ctx.Err() != nil {
			return a, fmt.Errorf("fetch %s: %w", shown, ctx.Err())
		}
		return a, fmt.Errorf("fetch %s: %s", shown, unreached(err))
	}
	return Revision(ctx, store, dir, hash.String(), o)
}

// here takes a revision of a repository on this machine, which may be one without a work tree.
func here(ctx context.Context, store *Store, u *url.URL, dir, shown, revision string, o Options) (artefact.Artefact, error) {
	at := filepath.FromSlash(u.Path)
	if revision == "" {
		revision = "HEAD"
	}
	if _, err := os.Stat(filepath.Join(at, ".git")); err != nil {
		if _, err := os.Stat(filepath.Join(at, "HEAD")); err != nil {
			return artefact.Artefact{}, fmt.Errorf("%s: there is no git repository", shown)
		}
		if err := os.WriteFile(filepath.Join(dir, ".git"), []byte("gitdir: "+at+"\n"), 0o600); err != nil {
			return artefact.Artefact{}, err
		}
		at = dir
	}
	return Revision(ctx, store, at, revision, o)
}

// userOnly leaves the user in an address of ssh, which is part of the address, and nothing else.
func userOnly(u *url.URL) *url.Userinfo {
	if u.Scheme == "ssh" && u.User != nil {
		return url.User(u.User.Username())
	}
	return nil
}

// credentials returns what opens a repository; nil is nothing, or what the user's ssh agent has.
func credentials(u *url.URL) (transport.AuthMethod, error) {
	password, given := u.User.Password()
	if u.Scheme == "ssh" {
		if !given {
			return nil, nil
		}
		return &ssh.Password{User: u.User.Username(), Password: password}, nil
	}
	user := u.User.Username()
	if u.User == nil {
		password = os.Getenv(TokenVariable)
		if password == "" || u.Scheme != "https" {
			return nil, nil
		}
		user = "token" // forges look at the token alone
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, errors.New("credentials are not sent over plain HTTP: use https")
	}
	return &githttp.BasicAuth{Username: user, Password: password}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// unreached is an error of a transport in words, without addresses of the machine it happened on.
func unreached(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed), errors.Is(err, transport.ErrInvalidAuthMethod):
		return "it asks for credentials: put them into the URL or the token into " + TokenVariable
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return "there is no such repository, or it asks for credentials"
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return "the repository is empty"
	case errors.As(err, &op):
		return reason(op)
	}
	return reason(err)
}

// fetch brings one revision into the repository that it makes in dir, and returns its commit.
func fetch(ctx context.Context, dir, repository, revision string, auth transport.AuthMethod, lim RemoteLimits) (plumbing.Hash, error) {
	limitAnswers()
	objects := filesystem.NewStorage(osfs.New(filepath.Join(dir, ".git")), cache.NewObjectLRUDefault())
	repo, err := git.Init(&boundedObjects{objects, dir, lim}, osfs.New(dir))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	r := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{repository}})
	refs, err := r.ListContext(ctx, &git.ListOptions{Auth: auth})
	if err != nil {
		return plumbing.ZeroHash, err
	}
	const wanted = plumbing.ReferenceName("refs/assay/wanted")
	get := func(depth int, specs ...string) error {
		o := &git.FetchOptions{RemoteName: "origin", Auth: auth, Depth: depth, Tags: git.NoTags, Force: true}
		for _, s := range specs {
			o.RefSpecs = append(o.RefSpecs, config.RefSpec(s))
		}
		err := r.FetchContext(ctx, o)
		if errors.Is(err, git.NoErrAlreadyUpToDate) {
			err = nil
		}
		return err
	}
	name, hash := choose(refs, revision)
	switch {
	case name != "":
		err = get(1, "+"+string(name)+":"+string(wanted))
	case hash.IsZero():
		err = fmt.Errorf("there is no revision %q", revision)
	default:
		err = get(1, hash.String()+":"+string(wanted))
		if errors.Is(err, git.ErrExactSHA1NotSupported) { // the server gives what has a name only: look for it there
			err = get(0, "+refs/heads/*:refs/assay/heads/*", "+refs/tags/*:refs/assay/tags/*")
		}
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if name != "" {
		ref, err := repo.Reference(wanted, true)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		hash = ref.Hash()
	}
	for range 8 { // a tag may be of a tag
		tag, err := repo.TagObject(hash)
		if err != nil {
			break
		}
		hash = tag.Target
	}
	if _, err := repo.CommitObject(hash); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("there is no commit %q", revision)
	}
	return hash, nil
}

// choose finds what a revision is among the references of a repository, in git's order. A commit is a name if one leads to it.
func choose(refs []*plumbing.Reference, revision string) (plumbing.ReferenceName, plumbing.Hash) {
	byName := map[plumbing.ReferenceName]*plumbing.Reference{}
	for _, r := range refs {
		byName[r.Name()] = r
	}
	if revision == "" {
		revision = "HEAD"
	}
	for _, prefix := range []string{"", "refs/", "refs/tags/", "refs/heads/"} {
		r := byName[plumbing.ReferenceName(prefix+revision)]
		if r == nil {
			continue
		}
		for range 4 {
			if r == nil || r.Type() != plumbing.SymbolicReference {
				break
			}
			r = byName[r.Target()]
		}
		if r != nil {
			return r.Name(), r.Hash()
		}
	}
	if !commitID().MatchString(revision) || len(revision) != 40 {
		return "", plumbing.ZeroHash
	}
	hash := plumbing.NewHash(revision)
	slices.SortFunc(refs, func(a, b *plumbing.Reference) int { return strings.Compare(string(a.Name()), string(b.Name())) })
	for _, r := range refs {
		if r.Type() == plumbing.HashReference && r.Hash() == hash && strings.HasPrefix(string(r.Name()), "refs/") {
			return r.Name(), hash
		}
	}
	return "", hash
}

// boundedObjects looks into a pack before the library does, which would hold any object in memory.
type boundedObjects struct {
	*filesystem.Storage
	dir string
	lim RemoteLimits
}

// PackfileWriter takes a pack.
func (s *boundedObjects) PackfileWriter() (io.WriteCloser, error) {
	f, err := os.CreateTemp(s.dir, "pack-*")
	if err != nil {
		return nil, err
	}
	return &packSpool{s: s, f: f}, nil
}

type packSpool struct {
	s *boundedObjects
	f *os.File
	n int64
}

var errTooMuch = errors.New("the repository sends more than is taken")

func (p *packSpool) Write(b []byte) (int, error) {
	if p.n += int64(len(b)); p.n > p.s.lim.Pack {
		return 0, fmt.Errorf("%w: a pack of more than %d bytes", errTooMuch, p.s.lim.Pack)
	}
	return p.f.Write(b)
}

func (p *packSpool) Close() error {
	defer os.Remove(p.f.Name())
	defer p.f.Close()
	if p.n == 0 {
		return nil
	}
	if p.n > p.s.lim.Pack {
		return errTooMuch
	}
	if err := p.check(); err != nil {
		return err
	}
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	w, err := p.s.Storage.PackfileWriter()
	if err != nil {
		return err
	}
	_, err = io.Copy(w, p.f)
	return errors.Join(err, w.Close())
}

// check reads a pack through without keeping anything of it.
func (p *packSpool) check() error {
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s := packfile.NewScanner(p.f)
	_, count, err := s.Header()
	if err != nil {
		return err
	}
	total := int64(0)
	for range count {
		h, err := s.NextObjectHeader()
		if err != nil {
			return err
		}
		w := &measured{limit: p.s.lim.Object}
		if _, _, err := s.NextObject(w); err != nil {
			return err
		}
		size := w.n
		if h.Type.IsDelta() {
			size += w.result()
		}
		if size > p.s.lim.Object {
			return fmt.Errorf("%w: a file of more than %d bytes", errTooMuch, p.s.lim.Object)
		}
		if total += size; total > p.s.lim.Objects {
			return fmt.Errorf("%w: files of more than %d bytes", errTooMuch, p.s.lim.Objects)
		}
	}
	return nil
}

// measured counts what is written to it, and keeps the beginning.
type measured struct {
	limit, n int64
	head     []byte
}

func (m *measured) Write(b []byte) (int, error) {
	m.head = append(m.head, b[:min(len(b), 20-len(m.head))]...)
	if m.n += int64(len(b)); m.n > m.limit {
		return 0, fmt.Errorf("%w: a file of more than %d bytes", errTooMuch, m.limit)
	}
	return len(b), nil
}

// result is the size of what a delta makes: the second of the two numbers that it begins with.
func (m *measured) result() int64 {
	_, n := binary.Uvarint(m.head)
	if n <= 0 {
		return 0
	}
	size, _ := binary.Uvarint(m.head[n:])
	if size > 1<<62 {
		return 1 << 62
	}
	return int64(size)
}

// answers is the key of what may still be read of a server's answers, in bytes.
type answers struct{}

type limitedTransport struct{ http.RoundTripper }

func (t limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(r)
	if left, ok := r.Context().Value(answers{}).(*atomic.Int64); ok && err == nil {
		res.Body = &limitedBody{res.Body, left}
	}
	return res, err
}

type limitedBody struct {
	io.ReadCloser
	left *atomic.Int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left.Add(-int64(n)) < 0 {
		return 0, errTooMuch
	}
	return n, err
}

// limitAnswers has the library's HTTP read no more than the context allows, and follow no way to another host or to a plainer scheme.
var limitAnswers = sync.OnceFunc(func() {
	c := &http.Client{Transport: limitedTransport{http.DefaultTransport}, CheckRedirect: sameHost}
	client.InstallProtocol("https", githttp.NewClient(c))
	client.InstallProtocol("http", githttp.NewClient(c))
})

func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > 5 || r.URL.Host != first.Host || r.URL.Scheme != first.Scheme && r.URL.Scheme != "https" {
		return fmt.Errorf("the server leads to %s://%s: name that address if it is meant", r.URL.Scheme, r.URL.Host)
	}
	return nil
}

// TempDir makes a directory that lives as long as s.
func (s *Store) TempDir() (string, error) {
	dir, err := os.MkdirTemp("", "assay-*")
	if err != nil {
		return "", fmt.Errorf("make a temporary directory: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirs = append(s.dirs, dir)
	return dir, nil
}

// Close removes what was kept on disk for s, whose content is gone with it. A store that kept nothing need not be closed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, d := range s.dirs {
		err = errors.Join(err, os.RemoveAll(d))
	}
	s.dirs = nil
	return err
}
