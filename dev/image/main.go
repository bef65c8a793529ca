// Command image makes an OCI layout of directories, without Docker: each directory is a layer. It is for measuring by hand what
// assay makes of images; tests make their own.
//
//	go run ./dev/image -o OUT -name registry.example/shop/orders:1.0 -entrypoint "python -m orders" DIR …
//
// dev/image/debian.sh makes a directory of Debian's packages, as a first layer.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"assay/dev/image/build"
)

func main() {
	out := flag.String("o", "", "the directory to make the layout in")
	name := flag.String("name", "", "the image's name")
	entrypoint := flag.String("entrypoint", "", "what it starts")
	labels := flag.String("labels", "", "labels, as key=value,…")
	flag.Parse()
	i := build.Image{Name: *name, Config: v1.Config{Entrypoint: strings.Fields(*entrypoint), Labels: map[string]string{}}}
	for l := range strings.SplitSeq(*labels, ",") {
		if k, v, ok := strings.Cut(l, "="); ok {
			i.Config.Labels[k] = v
		}
	}
	if err := write(*out, i, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func write(out string, i build.Image, dirs []string) error {
	if out == "" || len(dirs) == 0 {
		return fmt.Errorf("usage: image -o OUT [-name NAME] DIR …")
	}
	for _, dir := range dirs {
		l, err := build.Directory(dir, "")
		if err != nil {
			return err
		}
		i.Layers = append(i.Layers, l)
	}
	return build.Layout(out, i)
}
