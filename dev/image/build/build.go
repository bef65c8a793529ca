// Package build makes container images of files, without Docker: for tests, and for dev/image.
package build

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// A File is one entry of a layer. Type is one of package tar's, a regular file if 0.
type File struct {
	Name string
	Data string
	Type byte
	Mode int64 // 0644 if 0
	Link string
}

// An Image is what to make. A layer is the bytes of an archive.
type Image struct {
	Name     string // for io.containerd.image.name
	Layers   [][]byte
	Config   v1.Config
	Created  time.Time
	Arch     string // amd64 if empty
	Describe map[string]string
}

// Layer makes an archive of files, in their order.
func Layer(files ...File) []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.Name, Typeflag: cmp.Or(f.Type, tar.TypeReg), Mode: cmp.Or(f.Mode, 0o644), Linkname: f.Link}
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(f.Data))
		}
		if err := t.WriteHeader(h); err != nil {
			panic(err)
		}
		if h.Typeflag == tar.TypeReg {
			io.WriteString(t, f.Data)
		}
	}
	if err := t.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Directory makes an archive of a directory, the same for the same files. Each name goes below prefix.
func Directory(dir, prefix string) ([]byte, error) {
	var files []File
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		f := File{Name: prefix + filepath.ToSlash(rel), Mode: int64(info.Mode().Perm())}
		if info.Mode()&fs.ModeSetuid != 0 {
			f.Mode |= 0o4000
		}
		switch {
		case d.IsDir():
			f.Type = tar.TypeDir
		case info.Mode()&fs.ModeSymlink != 0:
			f.Type = tar.TypeSymlink
			f.Link, err = os.Readlink(p)
		case info.Mode().IsRegular():
			var data []byte
			data, err = os.ReadFile(p)
			f.Data = string(data)
		default:
			return nil
		}
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return Layer(files...), nil
}

// V1 returns the image.
func (i Image) V1() (v1.Image, error) {
	img := v1.Image(empty.Image)
	for n, data := range i.Layers {
		l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
		if err != nil {
			return nil, err
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: l, History: v1.History{CreatedBy: fmt.Sprintf("COPY layer%d /", n+1)}}); err != nil {
			return nil, err
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config = "linux", cmp.Or(i.Arch, "amd64"), i.Config
	config.Created = v1.Time{Time: i.Created}
	return mutate.ConfigFile(img, config)
}

// Layout makes an OCI layout of images in a directory.
func Layout(dir string, images ...Image) error {
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	for _, i := range images {
		img, err := i.V1()
		if err != nil {
			return err
		}
		annotations := map[string]string{}
		for k, v := range i.Describe {
			annotations[k] = v
		}
		if i.Name != "" {
			annotations["io.containerd.image.name"] = i.Name
		}
		options := []layout.Option{layout.WithAnnotations(annotations)}
		if i.Arch != "" {
			options = append(options, layout.WithPlatform(v1.Platform{OS: "linux", Architecture: i.Arch}))
		}
		if err := p.AppendImage(img, options...); err != nil {
			return err
		}
	}
	return nil
}
