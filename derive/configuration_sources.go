package derive

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What files set is told by their names, of which each framework has its own, and by its order of precedence:
//
//   - Spring Boot (https://docs.spring.io/spring-boot/reference/features/external-config.html): files that something names (@PropertySource) <
//     bootstrap < application in the class path's root < the same in its config directory < outside of the archive, where in each place a file
//     of a profile overrides one of none, a later active profile an earlier one, properties YAML, and a later document of a file an earlier one < the
//     configuration server's application < APP < application-PROFILE < APP-PROFILE < environment < system properties (-D) < SPRING_APPLICATION_JSON < command line (--key=value). A
//     configuration server that is asked by bootstrap overrides all of it, unless it allows otherwise (spring.cloud.config.overrideNone and overrideSystemProperties).
//   - ASP.NET Core: appsettings.json < appsettings.ENVIRONMENT.json < environment (A__B for A:B) < command line. The environment is Production unless something says otherwise.
//   - config of Node: default < NODE_ENV < local < custom-environment-variables, which name variables.
//   - dotenv (Node, Laravel, Python): .env < .env.MODE < .env.local < .env.MODE.local < the environment itself, which such a file never overrides.
//   - Everything else is a file of which nobody knows who reads it: it counts where nothing above sets the key.
//
// A list is replaced as a whole by the source that overrides it.

// Tiers, from what is overridden to what overrides.
const (
	tierFile = iota
	tierDotenv
	tierBootstrap
	tierFiles
	tierServer
	tierImage
	tierEnvironment
	tierProperty
	tierJSON
	tierCommand
	tierFirst // a configuration server that bootstrap asks
)

// A source is where settings come from, and what of it tells its rank.
type origin struct {
	framework string // spring, aspnet, node, dotenv; "" is none that we know
	name      string // as in Configured.Source
	tier      int
	location  int
	profile   string // in the name of the file: it counts while this is active
	format    int    // of two files alike, which overrides
	never     bool   // nobody reads it: a template, or what is kept for others
	variables bool   // its values name variables of the environment
	doc       int
	own       bool
}

var (
	springFile = regexp.MustCompile(`^(application|bootstrap)(?:-([\w.+-]+))?\.(ya?ml|properties)$`)
	aspnetFile = regexp.MustCompile(`(?i)^appsettings(?:\.([\w-]+))?\.json$`)
	nodeFile   = regexp.MustCompile(`^([\w.-]+)\.(json|json5|ya?ml|toml)$`)
	dotenvFile = regexp.MustCompile(`^\.env(?:\.([\w.-]+))?$`)
)

// template are the words in the names of env files that people are to copy and fill in.
var template = []string{"example", "sample", "template", "dist", "default", "defaults", "tmpl", "schema"}

// sourceOf tells what the file at p is. node are the directories that config of Node reads.
func sourceOf(p string, node map[string]bool) origin {
	dir, base := path.Dir(p), path.Base(p)
	if m := springFile.FindStringSubmatch(base); m != nil {
		s := origin{framework: "spring", name: "file", tier: tierFiles, profile: m[2]}
		if m[2] != "" {
			s.name = "profile file"
		}
		if m[1] == "bootstrap" {
			s.tier, s.name = tierBootstrap, "bootstrap"
		}
		if m[3] == "properties" {
			s.format = 1
		}
		switch _, below, inside := strings.Cut(dir+"/", "/resources/"); {
		case inside && below == "":
		case inside && below == "config/":
			s.location = 1
		case inside: // in a package of its own: only what names it reads it
			return origin{framework: "spring", tier: tierFile, profile: m[2]}
		case path.Base(dir) == "config":
			s.location = 3
		default:
			s.location = 2
		}
		return s
	}
	if m := aspnetFile.FindStringSubmatch(base); m != nil {
		s := origin{framework: "aspnet", name: "file", tier: tierFiles, profile: m[1]}
		if m[1] != "" {
			s.name = "profile file"
		}
		return s
	}
	if m := nodeFile.FindStringSubmatch(base); m != nil && node[dir] {
		s := origin{framework: "node", name: "file", tier: tierFiles}
		switch m[1] {
		case "default":
		case "local":
			s.location = 2
		case "custom-environment-variables":
			s.location, s.variables, s.name = 3, true, "environment"
		default:
			s.location, s.profile, s.name = 1, m[1], "profile file"
		}
		return s
	}
	if m := dotenvFile.FindStringSubmatch(base); m != nil || strings.HasSuffix(base, ".env") {
		s := origin{framework: "dotenv", name: "dotenv", tier: tierDotenv}
		if m == nil {
			s.tier, s.name = tierFile, ""
			return s
		}
		words := strings.FieldsFunc(m[1], func(r rune) bool { return r == '.' })
		for _, w := range words {
			switch {
			case slices.Contains(template, w):
				s.never = true
			case w == "local":
				s.location += 2
			default:
				s.profile = w
				s.location++
			}
		}
		return s
	}
	return origin{}
}

// flat makes the ways alike in which people write one key: firstName, first-name and first_name; A:B and A.B; a.0.b and a[0].b.
func flat(key string) string {
	if strings.HasPrefix(key, "env:") || strings.HasPrefix(key, "flag:") {
		return key
	}
	var b strings.Builder
	for _, part := range strings.FieldsFunc(key, func(r rune) bool { return r == '.' || r == ':' }) {
		part = joining.Replace(part)
		if part == "" {
			continue
		}
		if strings.Trim(part, "0123456789") == "" {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		for _, r := range part {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// shouted matches keys that are written as variables of the environment are: they are meant as they stand.
var shouted = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// squeezed is what is left of a key in the name of a variable: SPRING_DATASOURCE_URL is spring.datasource.url, A__B is A:B.
func squeezed(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, key)
}

// listOf returns the list that a key is an entry of, "" if of none.
func listOf(flat string) string {
	if i := strings.IndexByte(flat, '['); i > 0 && !strings.HasPrefix(flat, "env:") {
		return flat[:i]
	}
	return ""
}

// maxExpression bounds how deep an expression of profiles nests.
const maxExpression = 20

// holds reports whether an expression over profiles is true: alternatives with commas between, of names with !, &, | and brackets; behind an @ the
// platform. An expression that is none is true of nothing.
func holds(expression string, active func(string) bool, platform string) bool {
	expression, on, conditional := strings.Cut(expression, "@")
	if conditional && on != platform {
		return false
	}
	if strings.TrimSpace(expression) == "" {
		return true
	}
	for _, e := range strings.Split(expression, ",") {
		x := &profiles{s: e, active: active}
		if v := x.any(0); x.at == len(x.s) && !x.bad && v {
			return true
		}
	}
	return false
}

// namesIn returns the names in an expression.
func namesIn(expression string) []string {
	expression, _, _ = strings.Cut(expression, "@")
	return strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(",!&|() \t", r) })
}

type profiles struct {
	s      string
	at     int
	active func(string) bool
	bad    bool
}

func (p *profiles) peek() byte {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
	if p.at == len(p.s) {
		return 0
	}
	return p.s[p.at]
}

func (p *profiles) any(depth int) bool {
	v := p.all(depth)
	for p.peek() == '|' {
		p.at++
		w := p.all(depth)
		v = v || w
	}
	return v
}

func (p *profiles) all(depth int) bool {
	v := p.one(depth)
	for p.peek() == '&' {
		p.at++
		w := p.one(depth)
		v = v && w
	}
	return v
}

func (p *profiles) one(depth int) bool {
	if depth > maxExpression {
		p.bad = true
		return false
	}
	switch p.peek() {
	case '!':
		p.at++
		return !p.one(depth + 1)
	case '(':
		p.at++
		v := p.any(depth + 1)
		if p.peek() != ')' {
			p.bad = true
			return false
		}
		p.at++
		return v
	}
	from := p.at
	for p.at < len(p.s) && !strings.ContainsRune("!&|() \t", rune(p.s[p.at])) {
		p.at++
	}
	if from == p.at {
		p.bad = true
		return false
	}
	name := p.s[from:p.at]
	p.peek()
	return p.active(name)
}

// trying are words in the names of profiles and renderings that are no production.
var trying = map[string]bool{"dev": true, "develop": true, "development": true, "local": true, "localhost": true, "test": true, "tests": true, "testing": true, "ci": true, "e2e": true,
	"debug": true, "it": true, "integration": true, "example": true, "sample": true, "mock": true, "override": true}

// tries reports whether a name is that of something that is no production.
func tries(name string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }) {
		if trying[w] {
			return true
		}
	}
	return false
}
