package source

import (
	"maps"
	"slices"

	"assay/artefact"
	"assay/code"
	"assay/collect"
	"assay/fact"
)

// unmanaged are languages that leave memory to the programmer, whose files nobody here reads further: that there is such code is
// all that is said of it. What it includes and calls stays unread. The names are those that go-enry gives, in lower case.
var unmanaged = map[string]string{
	"objective-c": "c", "objective-c++": "c", "cuda": "c", "hip": "c", "opencl": "c", "ispc": "c", "metal": "c", "xc": "c", "yacc": "c", "lex": "c", "bison": "c", "ragel": "c",
	"assembly": "asm", "unix assembly": "asm", "motorola 68k assembly": "asm", "llvm": "asm",
	"cython": "extension", "swig": "extension", "c2hs haskell": "extension",
	"fortran": "fortran", "fortran free form": "fortran", "zig": "zig", "d": "d", "pascal": "pascal", "component pascal": "pascal", "modula-2": "modula-2", "odin": "odin", "hare": "hare",
	"jai": "jai", "carbon": "carbon", "ada": "ada", "nim": "nim", "vala": "vala", "chapel": "chapel", "freebasic": "freebasic", "forth": "forth", "rpgle": "rpgle",
}

// Unmanaged says that a file is written in such a language.
var Unmanaged = &collect.Collector{
	Name:    "source/unmanaged",
	Doc:     "that a file is assembly, Objective-C, CUDA, Cython, Fortran, Zig or in another language that leaves memory to the programmer",
	Accepts: collect.Kinds(artefact.Source, slices.Sorted(maps.Keys(unmanaged))...),
	Emits:   []fact.Fact{fact.Native{}},
	Run: func(p *collect.Pass) error {
		emit(p, []fact.Fact{fact.Native{}}, &code.File{Language: p.Language, Natives: []code.Native{{Kind: unmanaged[p.Language], Place: code.Place{Line: 1, Column: 1}}}})
		return nil
	},
}
