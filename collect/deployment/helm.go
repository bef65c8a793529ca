package deployment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"

	"assay/collect"
	"assay/collect/config/read"
	"assay/fact"
)

// Helm renders as helm template does, but with functions that cannot run away, tell the time or draw lots.
var Helm = &collect.Collector{
	Name: "deployment/helm",
	Doc: `What a Helm chart deploys, rendered with its own values, and once more over these for every other values file in it (values*.yaml,
values/*.yaml), whose name is the profile; that of test hooks ends in +test. The release is called like the chart, in namespace
default. What comes out differently each time, or out of a value that the chart requires and nobody set, is unknown. Parts: all
files of the chart, subcharts unpacked below charts/; a file:// dependency may lie above.`,
	Accepts: accepts("helm-chart"),
	Emits:   owed,
	Run: func(p *collect.Pass) error {
		h := &helm{p: p, gaps: newGaps(p)}
		if err := h.check(); err != nil {
			return err
		}
		err := h.rendering("", "")
		for _, part := range slices.Sorted(maps.Keys(p.Parts)) {
			if part != "values.yaml" && valuesFile.MatchString(part) {
				profile := strings.TrimSuffix(strings.TrimSuffix(path.Base(part), ".yaml"), ".yml")
				if e := h.rendering(profile, part); e != nil {
					err = errors.Join(err, named(part, e))
				}
			}
		}
		return err
	},
}

var valuesFile = regexp.MustCompile(`^(values[^/]*|values/[^/]+)\.ya?ml$`)

const maxRendered = 16 << 20

type helm struct {
	p    *collect.Pass
	gaps *gaps
}

// check refuses what the libraries would choke on: they have decoders of their own.
func (h *helm) check() error {
	if err := tooLarge(h.p); err != nil {
		return err
	}
	if err := sound("", h.p.Data); err != nil {
		return err
	}
	for _, part := range slices.Sorted(maps.Keys(h.p.Parts)) {
		if isYAML(part) && !strings.Contains("/"+part, "/templates/") {
			if err := sound(part, h.p.Parts[part]); err != nil && (valuesFile.MatchString(path.Base(part)) || path.Base(part) == "Chart.yaml") {
				return err
			}
		}
	}
	return nil
}

// sound is an error if data is no YAML within the bounds.
func sound(part, data string) error {
	docs, err := read.Documents(data)
	for _, d := range docs {
		err = errors.Join(err, d.Err)
	}
	return named(part, err)
}

// files returns the files of the chart, with what its file:// dependencies have where helm dependency build would put it.
func (h *helm) files() []*archive.BufferedFile {
	out := []*archive.BufferedFile{{Name: "Chart.yaml", Data: []byte(h.p.Data)}}
	dirs := map[string]string{}
	if docs, err := read.Documents(h.p.Data); err == nil && len(docs) > 0 {
		for _, d := range read.Items(read.Get(docs[0].Node, "dependencies")) {
			if dir, ok := strings.CutPrefix(read.Text(d, "repository"), "file://"); ok {
				dirs[path.Clean(dir)+"/"] = "charts/" + path.Base(read.Text(d, "name")) + "/"
			}
		}
	}
	for _, part := range slices.Sorted(maps.Keys(h.p.Parts)) {
		name := part
		for dir, to := range dirs {
			if rest, ok := strings.CutPrefix(part, dir); ok {
				name = to + rest
			}
		}
		if name == "Chart.yaml" || strings.HasPrefix(name, "../") || path.IsAbs(name) || path.Clean(name) != name {
			continue
		}
		data := []byte(h.p.Parts[part])
		if strings.HasPrefix(name, "charts/") && strings.HasSuffix(name, ".tgz") {
			if _, err := loader.LoadArchive(strings.NewReader(h.p.Parts[part])); err != nil {
				h.gaps.add(runs, collect.Spot{Part: part}, "unparsed", "a packed subchart could not be read")
				continue
			}
		}
		out = append(out, &archive.BufferedFile{Name: name, Data: data})
	}
	return out
}

// chart loads the chart afresh, for rendering changes it.
func (h *helm) chart(values string) (*chart.Chart, common.Values, error) {
	c, err := loader.LoadFiles(h.files())
	if err != nil {
		return nil, nil, fmt.Errorf("line 1: %s", line(err))
	}
	set := map[string]any{}
	if values != "" {
		if set, err = loader.LoadValues(strings.NewReader(h.p.Parts[values])); err != nil {
			return nil, nil, fmt.Errorf("line 1: %s", line(err))
		}
	}
	if err := chartutil.ProcessDependencies(c, set); err != nil {
		return nil, nil, fmt.Errorf("line 1: %s", line(err))
	}
	for _, d := range c.Metadata.Dependencies { // those that conditions and tags left in
		if !slices.ContainsFunc(c.Dependencies(), func(x *chart.Chart) bool { return x.Name() == d.Name || d.Alias != "" && x.Name() == d.Alias }) {
			h.gaps.add(runs, collect.Spot{Line: 1}, "unresolved", "the chart depends on %s, which %v", d.Name, errMissing)
		}
	}
	// no schema is asked: it may refer to the network
	top, err := util.ToRenderValuesWithSchemaValidation(c, set, common.ReleaseOptions{Name: c.Name(), Namespace: "default", Revision: 1, IsInstall: true}, common.DefaultCapabilities, true)
	if err != nil {
		return nil, nil, fmt.Errorf("line 1: %s", line(err))
	}
	return c, top, nil
}

// line returns the first line of an error that may quote a lot.
func line(err error) string {
	text, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), unset, ""), "\n")
	return read.Clip(fact.MaskedText(text))
}

func (h *helm) rendering(profile, values string) error {
	a, err := h.render(profile, values, 0)
	if a.funcs.drew { // what is drawn by lot differs in a second rendering, and is no fact
		b, e := h.render(profile, values, 1)
		err = errors.Join(err, e)
		a.sheet.found = h.common(a.sheet.found, b.sheet.found)
	}
	for i, f := range a.sheet.found {
		a.sheet.found[i].fact = known(f.fact)
	}
	return errors.Join(err, a.sheet.emit())
}

type rendered struct {
	sheet *sheet
	funcs *functions
}

func (h *helm) render(profile, values string, seed int) (rendered, error) {
	r := rendered{&sheet{p: h.p, profile: profile, gaps: h.gaps}, newFunctions(seed)}
	c, top, err := h.chart(values)
	if err != nil {
		return r, err
	}
	bounded(c)
	e := engine.Engine{CustomTemplateFuncs: r.funcs.all}
	out, err := e.RenderWithContext(context.Background(), c, top)
	if err != nil {
		out = h.each(e, c, top, r.funcs)
	}
	for _, text := range slices.Sorted(slices.Values(r.funcs.asked)) {
		h.gaps.add(runs, collect.Spot{Line: 1}, "unresolved", "the chart requires: %s", text)
	}
	size := 0
	var files []manifest
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if size += len(out[name]); size > maxRendered {
			return r, fmt.Errorf("line 1: more than %d bytes come out", maxRendered)
		}
		if isYAML(name) && strings.TrimSpace(out[name]) != "" {
			files = append(files, manifest{strings.TrimPrefix(name, c.Name()+"/"), out[name]})
		}
	}
	return r, r.sheet.manifests(files)
}

// each renders one template after the other, so that one that fails costs no other.
func (h *helm) each(e engine.Engine, c *chart.Chart, top common.Values, funcs *functions) map[string]string {
	out := map[string]string{}
	all := templatesOf(c)
	texts := make([][]byte, len(all))
	for i, t := range all {
		texts[i] = t.Data
	}
	for i, t := range all {
		if strings.HasPrefix(path.Base(t.Name), "_") {
			continue
		}
		for j, other := range all {
			other.Data = nil
			if j == i || strings.HasPrefix(path.Base(other.Name), "_") {
				other.Data = texts[j]
			}
		}
		funcs.left = maxRendered
		one, err := e.RenderWithContext(context.Background(), c, top)
		if err != nil {
			h.gaps.add(runs, collect.Spot{Part: t.Name}, "unparsed", "%s", line(innermost(err)))
		}
		for name, text := range one {
			if strings.TrimSpace(text) != "" {
				out[name] = text
			}
		}
	}
	return out
}

// innermost returns where a template failed and why, without all that called it.
func innermost(err error) error {
	text := strings.TrimSpace(err.Error())
	if where, _, ok := strings.Cut(strings.TrimPrefix(text, "template: "), ": executing"); ok {
		return fmt.Errorf("%s: %s", where, text[strings.LastIndex(text, ">: ")+len(">: "):])
	}
	if lines := strings.Split(text, "\n"); len(lines) > 1 {
		return fmt.Errorf("%s: %s", lines[0], strings.TrimSpace(lines[len(lines)-1]))
	}
	return err
}

func templatesOf(c *chart.Chart) []*common.File {
	all := slices.Clone(c.Templates)
	for _, d := range c.Dependencies() {
		all = append(all, templatesOf(d)...)
	}
	slices.SortFunc(all, func(a, b *common.File) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// common returns what two renderings agree on.
func (h *helm) common(a, b []found) (out []found) {
	if len(a) != len(b) {
		h.gaps.add(runs, collect.Spot{Line: 1}, "unresolved", "the chart renders to more or less by chance")
		for _, f := range a {
			if slices.ContainsFunc(b, func(g found) bool { return reflect.DeepEqual(f.fact, g.fact) }) {
				out = append(out, f)
			}
		}
		return out
	}
	for i, f := range a {
		if !alike(reflect.ValueOf(f.fact), reflect.ValueOf(b[i].fact)) {
			h.gaps.add([]fact.Fact{f.fact}, f.at, "unresolved", "a list in it has more or less by chance")
		}
		out = append(out, found{both(f.fact, b[i].fact), f.at})
	}
	return out
}

// alike reports whether the lists in two facts are of one length.
func alike(v, w reflect.Value) bool {
	if v.Type() != w.Type() {
		return false
	}
	if _, value := v.Interface().(fact.Value); value {
		return true
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Len() != w.Len() {
			return false
		}
		for i := range v.Len() {
			if !alike(v.Index(i), w.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !alike(v.Field(i), w.Field(i)) {
				return false
			}
		}
	}
	return true
}

const chance = "differs from one rendering to the next"

// both returns a without what b has different.
func both(a, b fact.Fact) fact.Fact {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return a
	}
	v := reflect.New(reflect.TypeOf(a)).Elem()
	v.Set(reflect.ValueOf(a))
	agree(v, reflect.ValueOf(b))
	return v.Interface().(fact.Fact)
}

// agree leaves in v what w has too.
func agree(v, w reflect.Value) {
	if reflect.DeepEqual(v.Interface(), w.Interface()) {
		return
	}
	switch x := v.Interface().(type) {
	case string:
		v.SetString(prefix(x, w.String()) + "*")
	case int:
		v.SetInt(0)
	case fact.Value:
		v.Set(reflect.ValueOf(fact.Unknown(chance)))
	default:
		switch v.Kind() {
		case reflect.Slice:
			v.Set(cloned(v))
			for i := range v.Len() {
				if i < w.Len() {
					agree(v.Index(i), w.Index(i))
				} else if v.Index(i).Kind() == reflect.String {
					v.Index(i).SetString("*")
				}
			}
		case reflect.Struct:
			for i := range v.NumField() {
				agree(v.Field(i), w.Field(i))
			}
			settle(v, !reflect.DeepEqual(v.Interface(), w.Interface()))
		}
	}
}

// settle notes in v, a port or an object, that a part of it is not known.
func settle(v reflect.Value, open bool) {
	f := v.FieldByName("Open")
	switch {
	case !open || !f.IsValid():
	case f.Kind() == reflect.Bool:
		f.SetBool(true)
	default:
		f.Set(reflect.ValueOf(append(slices.Clone(f.Interface().([]string)), "chance")))
	}
}

func cloned(v reflect.Value) reflect.Value {
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(out, v)
	return out
}

func prefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return strings.ToValidUTF8(a[:n], "")
}

// known returns f without what stands for a value that a chart requires and nobody set.
func known(f fact.Fact) fact.Fact {
	v := reflect.New(reflect.TypeOf(f)).Elem()
	v.Set(reflect.ValueOf(f))
	forget(v)
	return v.Interface().(fact.Fact)
}

func forget(v reflect.Value) {
	switch x := v.Interface().(type) {
	case string:
		v.SetString(strings.ReplaceAll(x, unset, "*"))
		return
	case fact.Value:
		if mentions(x, unset) {
			v.Set(reflect.ValueOf(fact.Unknown("required, and not set")))
		}
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Len() > 0 {
			v.Set(cloned(v))
		}
		for i := range v.Len() {
			forget(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			forget(v.Field(i))
		}
	}
}

func mentions(v fact.Value, s string) bool {
	return strings.Contains(v.Text, s) || slices.ContainsFunc(v.Of, func(x fact.Value) bool { return mentions(x, s) })
}
