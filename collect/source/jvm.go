package source

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What Java and Kotlin have in common.

// jvmRoots begin packages. Elsewhere a variable of the same name tells that a dotted chain is no package, but a variable
// called com must not hide a library.
var jvmRoots = map[string]bool{"com": true, "org": true, "net": true, "io": true, "java": true, "javax": true, "jakarta": true, "sun": true, "jdk": true}

// jvmFullName returns the beginning of a dotted path that names a type by its package, or "".
func jvmFullName(path string) string {
	segments := strings.Split(path, ".")
	for n, s := range segments {
		first, _ := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsUpper(first) && n >= 2:
			return strings.Join(segments[:n+1], ".")
		case !unicode.IsLower(first) && first != '_':
			return ""
		}
	}
	return ""
}

// jvmLoads are the methods that load by name, and which argument holds the name. One of any receiver begins with a dot.
var jvmLoads = map[string]int{
	"Class.forName": 0, "ClassUtils.forName": 0, "ClassUtils.getClass": 0, "ServiceLoader.load": 0, "ServiceLoader.loadInstalled": 0,
	"System.loadLibrary": 0, "System.load": 0, "Runtime.load": 0, "Runtime.loadLibrary": 0, "Beans.instantiate": 1,
	".loadClass": 0, ".findSystemClass": 0, ".getEngineByName": 0,
}

// jvmNative returns the kind of native code that an import betrays, or "".
func jvmNative(name string) string {
	switch {
	case name == "sun.misc.Unsafe", name == "sun.misc.*", name == "jdk.internal.misc.Unsafe":
		return "unsafe"
	case strings.HasPrefix(name, "com.sun.jna."), strings.HasPrefix(name, "java.lang.foreign."), strings.HasPrefix(name, "jnr.ffi."),
		strings.HasPrefix(name, "kotlinx.cinterop."):
		return "ffi"
	}
	return ""
}
