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
	".loadClass": 0, ".findSystemClass": 0, ".getEngineByName": 0, ".defineClass": -1, ".defineHiddenClass": -1, ".defineAnonymousClass": -1,
}

// jvmNative returns the kind of native code that an import betrays, or "".
func jvmNative(name string) string {
	switch {
	case name == "sun.misc.Unsafe", name == "sun.misc.*", name == "jdk.internal.misc.Unsafe", strings.HasPrefix(name, "org.lwjgl.system."):
		return "unsafe"
	case strings.HasPrefix(name, "com.sun.jna."), strings.HasPrefix(name, "java.lang.foreign."), strings.HasPrefix(name, "jdk.incubator.foreign."),
		strings.HasPrefix(name, "jnr.ffi."), strings.HasPrefix(name, "kotlinx.cinterop."), strings.HasPrefix(name, "org.bytedeco.javacpp."):
		return "ffi"
	}
	return ""
}

// jvmTests are the annotations that make a test of a method.
var jvmTests = map[string]string{
	"org.junit.Test": "junit4", "org.junit.experimental.theories.Theory": "junit4", "org.junit.jupiter.api.Test": "junit5", "org.junit.jupiter.api.RepeatedTest": "junit5",
	"org.junit.jupiter.api.TestFactory": "junit5", "org.junit.jupiter.api.TestTemplate": "junit5", "org.junitpioneer.jupiter.RetryingTest": "junit5",
	"org.junitpioneer.jupiter.cartesian.CartesianTest": "junit5", "org.junit.jupiter.params.ParameterizedTest": "junit5",
	"org.testng.annotations.Test": "testng", "net.jqwik.api.Property": "jqwik", "net.jqwik.api.Example": "jqwik", "com.pholser.junit.quickcheck.Property": "junit-quickcheck",
	"com.code_intelligence.jazzer.junit.FuzzTest": "jazzer", "com.tngtech.archunit.junit.ArchTest": "archunit", "kotlin.test.Test": "kotlin.test",
}

// jvmLibraries begin the names of what tests call of others: none of that is a helper of their own.
var jvmLibraries = []string{"org.junit.", "org.mockito.", "org.assertj.", "org.hamcrest.", "org.testng.", "org.springframework.", "io.restassured.", "reactor.", "java.",
	"javax.", "jakarta.", "kotlin.", "kotlinx.", "io.kotest.", "io.mockk.", "com.google.", "org.apache.", "org.awaitility.", "org.easymock.", "com.fasterxml.", "com.github.tomakehurst.", "org.wiremock.", "io.quarkus.", "io.micronaut.", "org.testcontainers."}

func jvmLibrary(name string) bool {
	for _, l := range jvmLibraries {
		if strings.HasPrefix(name, l) {
			return true
		}
	}
	return false
}

// jvmConditions returns why a test may not run that an annotation, of this simple name and as written, puts under a condition.
func jvmConditions(name, text string) string {
	switch {
	case strings.HasPrefix(name, "EnabledIf"), strings.HasPrefix(name, "DisabledIf"), name == "IfProfileValue",
		name == "EnabledOnOs" && !strings.Contains(text, "LINUX"), name == "DisabledOnOs" && strings.Contains(text, "LINUX"):
		if text == "" {
			text = "@" + name
		}
		return "whether it runs depends on " + text
	}
	return ""
}

// jvmPrepares are functions that prepare a test and are often called without their class.
var jvmPrepares = wordSet(`when mock spy given any anyString anyInt anyLong eq doReturn doThrow doNothing doAnswer willReturn get post put delete patch options head
	status content jsonPath header model view redirectedUrl print log user csrf is hasSize equalTo not containsString tuple within times never atLeast anyList request multipart
	every coEvery mockk slot println listOf mapOf setOf arrayOf run apply let with also super this`)

// A jvmCall is a call within a test, with what can be told of it from its own file.
type jvmCall struct {
	name, method string // by the file's imports; the last word of it
	args         int
	chained      bool   // on what another call returned
	receiver     string // as written, "" if it is none or no name
	rest, await  bool   // the file imports REST Assured, Awaitility
	archunit     bool
}

// asserts reports whether a call can fail the test that makes it.
func (c jvmCall) asserts() bool {
	m := c.method
	switch {
	case strings.HasPrefix(c.name, "org.easymock.") && m != "verify" && m != "verifyAll", m == "assertThatObject" && c.args == 0:
		return false
	case begins(m, "assert"), begins(m, "andExpect"), begins(m, "expect"), begins(m, "should"), begins(m, "verifyComplete"), begins(m, "verifyError"),
		begins(m, "verifyNo"), begins(m, "verifyZero"), begins(m, "verifyThen"), m == "untilAsserted", m == "coVerify", m == "verifyAll", m == "verifyOrder", m == "verifySequence", m == "confirmVerified", strings.HasSuffix(m, "AssertionError"):
		return true
	case m == "fail":
		return c.receiver == "" && !c.chained || suggestsTests(c.receiver)
	case m == "verify" && c.chained:
		return c.args <= 1
	case m == "verify":
		low := strings.ToLower(c.receiver)
		return c.receiver == "" || jvmLibrary(c.name) || strings.Contains(low, "mock") || strings.Contains(low, "order") || strings.HasSuffix(low, "server")
	case m == "then" && c.rest:
		return c.chained && c.args == 0
	case m == "statusCode" && c.rest, m == "body" && c.rest && c.args > 1:
		return c.chained
	case begins(m, "until") && c.await, m == "check" && c.archunit:
		return true
	}
	return false
}

// jvmGets are the calls that open what an address names, jvmWrites those that write files, jvmFetches those that do both. One of
// any receiver begins with a dot.
var (
	jvmGets    = wordSet(".openStream .openConnection")
	jvmWrites  = wordSet("Files.copy Files.write Files.writeString Files.newOutputStream FileUtils.copyInputStreamToFile FileUtils.copyToFile FileUtils.writeByteArrayToFile FileOutputStream FileWriter .transferFrom .writeBytes .outputStream")
	jvmFetches = wordSet("FileUtils.copyURLToFile BodyHandlers.ofFile BodyHandlers.ofFileDownload PathUtils.copyFile")
	jvmRuns    = wordSet("Runtime.exec org.apache.commons.exec.CommandLine.parse")
	jvmStarts  = wordSet("ProcessBuilder java.lang.ProcessBuilder org.zeroturnaround.exec.ProcessExecutor org.apache.commons.exec.CommandLine org.apache.commons.exec.DefaultExecutor")
)

// namesRuntime reports whether text names the class whose exec runs programs, or what returns it.
func namesRuntime(text string) bool {
	letter := func(at int) bool { return at >= 0 && at < len(text) && (text[at]|0x20 >= 'a' && text[at]|0x20 <= 'z') }
	for at := 0; ; {
		n := strings.Index(text[at:], "Runtime")
		if n < 0 {
			return false
		}
		at += n + len("Runtime")
		if begin := at - len("Runtime"); !letter(at) && (!letter(begin-1) || strings.HasSuffix(text[:begin], "get")) {
			return true
		}
	}
}
