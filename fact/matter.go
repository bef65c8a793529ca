package fact

import (
	"regexp"
	"strings"
)

// matters are what predicates tell, in words of people, so that they read after "what is not known:" and before "is not fully known". The names of predicates are words
// of this program: no sentence to a user has one.
var matters = map[string]string{
	"Access":            "whom the endpoints let in",
	"Account":           "which accounts the files create",
	"AdminPolicy":       "which policies of the cluster hold for all namespaces",
	"Advisory":          "what is published about a library",
	"Alike":             "which files of image and source are the same",
	"Annotated":         "what annotations the code has",
	"Answered":          "which statement answers which vulnerability",
	"Attached":          "which networks the containers are in",
	"Brought":           "what evidence people brought",
	"Burst":             "what repeated wrong passwords came to",
	"Capability":        "which parts the components play",
	"Channel":           "how what flows is protected",
	"Checked":           "which libraries were held against what is published",
	"Complete":          "whether a list of libraries is whole",
	"Component":         "which components there are",
	"Configured":        "what the configuration comes to",
	"Connection":        "which databases, brokers and the like are used",
	"Container":         "which containers run, and how",
	"Contract":          "which promises of interface documents the code keeps",
	"Copied":            "which foreign code was copied in",
	"DeclaredComponent": "what assay.yaml says of the components",
	"DeclaredData":      "what assay.yaml says of data",
	"DeclaredEndpoint":  "what assay.yaml says of endpoints",
	"DeclaredParty":     "what assay.yaml says of third parties",
	"DeclaredSubnet":    "what assay.yaml says of networks",
	"Dependency":        "which libraries are declared",
	"Destination":       "to whom outside data goes",
	"Differs":           "where image and source disagree on a library",
	"Dynamic":           "what code loads by name when it runs",
	"Endpoint":          "which endpoints there are",
	"Entry":             "where programs start",
	"Environment":       "which variables containers are given",
	"Executes":          "which programs the code starts",
	"Fetches":           "what the code fetches when it runs",
	"Flow":              "who calls whom",
	"FormCheck":         "what forms check",
	"Forward":           "where the gateway sends requests",
	"Gate":              "which job must pass before which",
	"Gateway":           "which gateways there are",
	"Guard":             "which rules of access are set",
	"Handed":            "what is handed to the containers",
	"Hash":              "which hash functions are used",
	"HashCall":          "which hash functions are called",
	"Held":              "what configuration holds",
	"Idle":              "which libraries nothing uses",
	"Image":             "what the image is",
	"ImageBuild":        "how images are built",
	"Import":            "what the code imports",
	"Ingress":           "what is open to the outside",
	"Installed":         "which packages the image holds",
	"Inventoried":       "which libraries the inventory tool found",
	"Job":               "which jobs the pipeline has",
	"Justified":         "what people say libraries are needed for",
	"Library":           "the list of libraries",
	"Limiter":           "what is throttled",
	"Listens":           "on which ports the components listen",
	"Locked":            "which versions are locked",
	"Logged":            "where logs are sent",
	"Logic":             "which code there is to be tested",
	"LookedUp":          "whether libraries were looked up",
	"Managed":           "which code is memory-safe",
	"Matched":           "which source and image belong together",
	"MayUpdate":         "what may update itself",
	"Member":            "which files belong to which component",
	"Module":            "which modules there are",
	"Mounted":           "what is mounted into the containers",
	"Namespace":         "which namespaces there are",
	"Native":            "which code is native",
	"Network":           "which networks there are",
	"NetworkPolicy":     "which network policies there are",
	"Node":              "which parts the system has",
	"Object":            "which objects are deployed",
	"Only":              "which files only the image holds",
	"OtherPolicy":       "which policies of other kinds there are",
	"Package":           "to which packages the source belongs",
	"PodTemplate":       "which pods are started",
	"Program":           "what the program does",
	"Promised":          "what interface documents promise",
	"Promoted":          "which files are production though they do not look so",
	"Property":          "which values the manifests define",
	"Published":         "which ports are published",
	"Ran":               "what a build or a start runs",
	"Request":           "which endpoints of others are called",
	"Resilience":        "which resilience level was measured",
	"Route":             "which endpoints there are",
	"Secures":           "what is set for TLS",
	"Service":           "which services the cluster has",
	"Setting":           "how things are configured",
	"Sharing":           "what is sent to third parties",
	"Shipped":           "which files the image holds",
	"Stage":             "what images are built from",
	"Started":           "what is started",
	"Statement":         "what the system says of vulnerabilities",
	"Stems":             "of which revision the image is",
	"Step":              "what the jobs of the pipeline run",
	"Stray":             "which libraries are used and not declared",
	"Submodule":         "which other repositories belong to it",
	"Substance":         "what the files say",
	"SystemTest":        "which tests of the system as a whole there are",
	"Target":            "what the pipeline delivers",
	"TestCase":          "which tests there are",
	"TestRun":           "which tests the pipeline runs",
	"TestSuite":         "which tests there are",
	"Topic":             "which topics and queues are used",
	"Trigger":           "what starts the pipeline",
	"Unit":              "which files there are",
	"Updates":           "what updates itself",
	"Usage":             "what uses which library",
	"ViewGuard":         "which views clients guard",
	"VulnerabilityData": "the vulnerability data",
	"Vulnerable":        "known vulnerabilities",
	"Workload":          "what is deployed",
}

// Matter says in words what the predicate of this name tells; "" if there is none, or it has no words.
func Matter(predicate string) string { return matters[predicate] }

var (
	untold  = regexp.MustCompile(`^([A-Z]\w+) of (.+) could not be told \(([a-z-]+)\)$`)
	lacking = regexp.MustCompile(`^no collector for ([A-Z]\w+) in (.+)$`)
	needing = regexp.MustCompile(`^\S+ needs ([A-Z]\w+)$`)
	parsing = regexp.MustCompile(`^(line \d+: )cannot be parsed: (.*)$`)
	stating = regexp.MustCompile(`^([A-Z]\w+) (.+)$`)
)

// Told says in words of people what the framework says of facts and gaps in its own: the parts of a focus, and the texts of gaps. Every other text it returns as it
// is.
func Told(text string) string {
	if m := untold.FindStringSubmatch(text); m != nil && Matter(m[1]) != "" {
		return strings.TrimPrefix(m[2]+": ", "the component: ") + Matter(m[1]) + " is not fully known"
	}
	if m := lacking.FindStringSubmatch(text); m != nil && Matter(m[1]) != "" {
		return "nothing here reads " + m[2] + ", so that " + Matter(m[1]) + " is not known"
	}
	if m := needing.FindStringSubmatch(text); m != nil && Matter(m[1]) != "" {
		return Matter(m[1]) + " is not fully known, so neither is this"
	}
	if m := parsing.FindStringSubmatch(text); m != nil { // that is the reader's lack as often as the file's fault
		return m[1] + "the grammar used here does not know this syntax: " + m[2]
	}
	if m := stating.FindStringSubmatch(text); m != nil && Matter(m[1]) != "" {
		return Matter(m[1]) + ": " + m[2]
	}
	return text
}

// Untold reads a part of a focus that says that the predicate of this name could not be told of a unit.
func Untold(text string) (predicate, unit string, ok bool) {
	m := untold.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}
