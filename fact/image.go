package fact

import "assay/artefact"

// What images hold. One image is one unit, whose parts are the files that were taken out of it.

// Image is an image that was read. Names are what it is called by deployments (repository and tag), Digest is that of its
// manifest, ID that of its configuration. Base names the image that it is built on, if it says so; BaseLayers is how many of
// its Layers are that image's, 0 if unknown. System and Release are those of its os-release (debian 12, alpine 3.20), "" if
// there is none. Created is a day of UTC. Source and Revision are what its labels say it was built from.
type Image struct {
	Names            []string
	Digest, ID       string
	Base, BaseDigest string
	BaseLayers       int
	Layers           int
	System, Release  string
	Created          string
	Source, Revision string
	User             string
	Start            []string // entry point and command
	Platform         string
	Site             Site
}

// Installed is a package in an image: Ecosystem is one of a system (debian, alpine, redhat, rocky, almalinux, suse, opensuse, azurelinux; rpm of any other), or one of libraries (maven, npm, go, pypi, nuget, composer,
// gem, cargo). Source is the source package it was built from, where advisories go by that. Path is where it lies; Layer counts from 1,
// 0 is unknown; InBase says that it comes with the base image, as far as that is known. Native are the first files, in order, of machine code that
// a library brought, in its directory or in its archive (extensions, libraries of other languages, programs); NativeCount is how many
// there are. They are told of libraries alone.
type Installed struct {
	Ecosystem, Name, Version string
	Source, SourceVersion    string
	License                  string
	Path                     string
	Layer                    int
	InBase                   bool
	Requires                 []string
	Native                   []string
	NativeCount              int
	Site                     Site
}

// Shipped is a file in an image that no package of its system brought: Kind is elf, go (an executable built by Go), script,
// archive (jar, wheel), source, config, key, other. Digest is that of its content. Module is the main module of a Go
// executable. Set-uid bits and the like are in Mode, in octal. Files that are alike in a directory of many are one fact with their number in Count.
type Shipped struct {
	Path, Kind, Digest string
	Module             string
	Mode               string
	Layer              int
	InBase             bool
	Count              int
	Site               Site
}

func (Image) fact()     {}
func (Installed) fact() {}
func (Shipped) fact()   {}

var (
	_ = register[Image](artefact.Image).optional()
	_ = register[Installed](artefact.Image).optional()
	_ = register[Shipped](artefact.Image).optional()
)
