package source

import (
	"strings"

	"assay/code"
	"assay/fact"
)

// What programs bring in while they run: other programs that they start, and content that they fetch to files.

// transfers pairs, function by function, what gets content from elsewhere with what writes files.
type transfers struct {
	seen    []code.Fetch
	written map[string]bool // functions that write files, by symbol
}

// remote notes a call that gets content from elsewhere: a download if the function around it writes a file.
func (t *transfers) remote(call string, from fact.Value, at code.Place) {
	t.seen = append(t.seen, code.Fetch{Call: call, From: from, Place: at})
}

// writes notes that the function symbol writes a file.
func (t *transfers) writes(symbol string) {
	if t.written == nil {
		t.written = map[string]bool{}
	}
	t.written[symbol] = true
}

func (t *transfers) settle(f *code.File) {
	for _, x := range t.seen {
		if t.written[x.Symbol] {
			f.Fetches = append(f.Fetches, x)
		}
	}
	t.seen = nil
}

// shells take a command line apart. interpreters run a module by name.
var (
	shells       = map[string]bool{"sh": true, "bash": true, "zsh": true, "dash": true, "ash": true, "ksh": true, "cmd": true, "cmd.exe": true, "powershell": true, "powershell.exe": true, "pwsh": true}
	interpreters = map[string]bool{"python": true, "python3": true, "python2": true, "py": true, "node": true, "php": true, "perl": true, "ruby": true}
)

// program is what a list of a program and its arguments runs: the program alone, for a shell the line that it is given, for
// an interpreter the module.
func commandOf(words []fact.Value) fact.Value {
	name, ok := one(nth(words, 0))
	if !ok {
		return nth(words, 0)
	}
	base := strings.ToLower(name[strings.LastIndexAny(name, `/\`)+1:])
	for i, w := range words[1:] {
		flag, ok := one(w)
		if !ok {
			break
		}
		switch {
		case shells[base] && (flag == "-c" || strings.EqualFold(flag, "/c") || strings.EqualFold(flag, "-command") || len(flag) > 1 && len(flag) < 6 && flag[0] == '-' && flag[1] != '-' && flag[len(flag)-1] == 'c'):
			return nth(words, i+2)
		case interpreters[base] && flag == "-m":
			if module, ok := one(nth(words, i+2)); ok {
				return fact.Const(name + " -m " + module)
			}
		case !strings.HasPrefix(flag, "-") && !strings.HasPrefix(flag, "/"):
			return fact.Const(name)
		}
	}
	return fact.Const(name)
}

// one returns the only constant that v can be.
func one(v fact.Value) (string, bool) {
	if cs, ok := v.Consts(); ok && len(cs) == 1 {
		return cs[0], true
	}
	return "", false
}

// passedOn is what is known of a call that others make, of a function that is handed to them.
var passedOn = fact.Unknown("passed on")
