package build

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Deb makes a package of Debian, of the source package and version that source names ("zlib (1:1.2.13-1)", "" if it is called as the package is).
func Deb(name, version, source string, files ...File) []byte {
	control := fmt.Sprintf("Package: %s\nVersion: %s\n", name, version)
	if source != "" {
		control += "Source: " + source + "\n"
	}
	control += "Architecture: all\nMaintainer: Nobody <nobody@shop.example>\nDescription: made by a test\n"
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar", Layer(File{Name: "./control", Data: control})}, {"data.tar", Layer(files...)}} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, 0, 0, 0, "100644", len(m.data))
		b.Write(m.data)
		if len(m.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// Install returns the files of packages of Debian, and the database that dpkg keeps of them.
func Install(debs ...[]byte) (files []File, err error) {
	status := ""
	for _, deb := range debs {
		members, err := members(deb)
		if err != nil {
			return nil, err
		}
		control, err := entries(members["control.tar"])
		if err != nil || len(control) != 1 {
			return nil, fmt.Errorf("the package has no control file: %w", errors.Join(err, errors.ErrUnsupported))
		}
		data, err := entries(members["data.tar"])
		if err != nil {
			return nil, err
		}
		head, rest, _ := strings.Cut(control[0].Data, "\n")
		status += head + "\nStatus: install ok installed\n" + rest + "\n"
		list := "/.\n"
		for _, f := range data {
			list += "/" + strings.TrimPrefix(strings.TrimSuffix(f.Name, "/"), "./") + "\n"
		}
		files = append(files, data...)
		files = append(files, File{Name: "var/lib/dpkg/info/" + strings.TrimPrefix(head, "Package: ") + ".list", Data: list})
	}
	return append(files, File{Name: "var/lib/dpkg/status", Data: status}), nil
}

// members returns what an archive of ar holds.
func members(data []byte) (map[string][]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte("!<arch>\n"))
	out := map[string][]byte{}
	for ok && len(rest) >= 60 {
		name := strings.TrimSpace(string(rest[:16]))
		n, err := strconv.Atoi(strings.TrimSpace(string(rest[48:58])))
		if err != nil || n < 0 || n > len(rest)-60 {
			return nil, errors.New("an entry of the package has no size that could be one")
		}
		out[name] = rest[60 : 60+n]
		rest = rest[min(60+n+n%2, len(rest)):]
	}
	if !ok {
		return nil, errors.New("it is no archive of ar")
	}
	return out, nil
}

func entries(archive []byte) (out []File, err error) {
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		out = append(out, File{Name: h.Name, Type: h.Typeflag, Mode: h.Mode, Link: h.Linkname, Data: string(data)})
	}
}
