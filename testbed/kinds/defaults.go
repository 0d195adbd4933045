package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// How many objects of each kind are made (kinds that no function touches get few), and how often one
// field is noted per kind.
const (
	firstRounds = 100
	rounds      = 2000
	perKind     = 2000
)

// observation is what happened to one absent field: the JSON it got, or nothing, and what stood around.
type observation struct {
	outcome  string
	features map[string]string
	copies   map[string]bool
}

// prober runs the registered defaulting functions, and the conversion to the internal version and
// back that every stored object goes through, over random objects and notes each field that changes.
type prober struct {
	schema       *schemaWalk
	byName       map[string]reflect.Type
	observations map[string][]observation
	interesting  map[string]map[string]bool
	rewritten    map[string]string
	failed       map[string]int
	counted      map[string]int
}

// scope is one struct instance before and after, as JSON.
type scope struct {
	typ           reflect.Type
	before, after map[string]any
	parent        *scope
	place         string
}

func (s *schemaWalk) defaults(f *facts) error {
	p := &prober{
		schema:       s,
		observations: map[string][]observation{},
		interesting:  map[string]map[string]bool{},
		rewritten:    map[string]string{},
		failed:       map[string]int{},
		counted:      map[string]int{},
	}
	var kinds []schema.GroupVersionKind
	for gvk := range s.roots {
		kinds = append(kinds, gvk)
	}
	sort.Slice(kinds, func(i, j int) bool { return kinds[i].String() < kinds[j].String() })

	var touched, untouched []schema.GroupVersionKind
	for _, gvk := range kinds {
		if p.probe(gvk, firstRounds, true) {
			touched = append(touched, gvk)
		} else {
			untouched = append(untouched, gvk)
		}
	}
	p.plain(f, untouched)
	for _, gvk := range touched {
		p.probe(gvk, rounds, false)
	}
	for gvk, count := range p.failed {
		fmt.Fprintf(os.Stderr, "%s: %d objects could not be converted\n", gvk, count)
	}
	return p.learn(f)
}

// plain writes the kinds that no default applies to although types in them have some elsewhere, such as
// the volume in a VolumeAttachment.
func (p *prober) plain(f *facts, untouched []schema.GroupVersionKind) {
	defaulted := map[string]bool{}
	for name := range p.interesting {
		typ, _, _ := strings.Cut(name, " ")
		defaulted[typ] = true
	}
	for _, gvk := range untouched {
		if p.reaches(p.schema.roots[gvk], defaulted, map[reflect.Type]bool{}) {
			f.add("plain", p.schema.name(p.schema.roots[gvk]))
		}
	}
}

func (p *prober) reaches(typ reflect.Type, defaulted map[string]bool, seen map[reflect.Type]bool) bool {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || scalars[fullName(typ)] != "" || seen[typ] {
		return false
	}
	seen[typ] = true
	// Metadata is completed in some kinds only, by code.
	if name := p.schema.name(typ); defaulted[name] && name != "meta/v1.ObjectMeta" {
		return true
	}
	for _, field := range fields(typ) {
		if p.reaches(field.typ, defaulted, seen) {
			return true
		}
	}
	return false
}

// probe tells whether any object of the kind was changed.
func (p *prober) probe(gvk schema.GroupVersionKind, count int, first bool) bool {
	random := &filler{Rand: rand.New(rand.NewSource(int64(count))), schema: p.schema, enums: map[reflect.Type]map[string][]string{}}
	typ := p.schema.roots[gvk]
	changed := false
	for range count {
		object := random.object(typ)
		object.GetObjectKind().SetGroupVersionKind(gvk)
		before := asMap(object)
		after, err := stored(object, gvk)
		if err != nil {
			p.failed[gvk.String()]++
			continue
		}
		if p.compare(&scope{typ: typ, before: before, after: asMap(after), place: gvk.GroupVersion().String() + "." + gvk.Kind}, first) {
			changed = true
		}
	}
	return changed
}

// stored gives an object its defaults and takes it through the internal version.
func stored(object runtime.Object, gvk schema.GroupVersionKind) (runtime.Object, error) {
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		return nil, err
	}
	result, err := legacyscheme.Scheme.ConvertToVersion(internal, gvk.GroupVersion())
	if err != nil {
		return nil, err
	}
	result.GetObjectKind().SetGroupVersionKind(gvk)
	return result, nil
}

func asMap(object any) map[string]any {
	data, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	var result map[string]any
	if err := json.Unmarshal(data, &result); err != nil {
		panic(err)
	}
	return result
}

func spellJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// compare walks the two forms together.
func (p *prober) compare(s *scope, first bool) bool {
	changed := false
	for _, field := range fields(s.typ) {
		before, after := present(s.before, field), present(s.after, field)
		name := p.schema.name(s.typ) + " " + field.json
		switch {
		case before == nil:
			if after != nil {
				changed = true
				p.changed(name, s.place)
			}
			if !first && p.interesting[name] != nil {
				p.observe(name, s, field, after)
			}
		case after == nil:
			changed = true
			p.rewritten[name] = spellJSON(before) + " -> nothing"
		default:
			if p.descend(s, field, before, after, first) {
				changed = true
			}
		}
	}
	return changed
}

// changed notes that a field got a value, and which field holds the object it is in.
func (p *prober) changed(name, place string) {
	if p.interesting[name] == nil {
		p.interesting[name] = map[string]bool{}
	}
	p.interesting[name][place] = true
}

// present is a field's value; null and the zero of a field that is always written count as absent.
func present(object map[string]any, field field) any {
	value := object[field.json]
	if !field.always || field.typ.Kind() == reflect.Pointer {
		return value
	}
	switch typed := value.(type) {
	case string:
		if typed == "" || typed == "0" && scalars[fullName(field.typ)] == "quantity" {
			return nil
		}
	case bool:
		if !typed {
			return nil
		}
	case float64:
		if typed == 0 {
			return nil
		}
	}
	return value
}

func (p *prober) descend(s *scope, field field, before, after any, first bool) bool {
	typ := field.typ
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	name := p.schema.name(s.typ) + " " + field.json
	child := func(typ reflect.Type, before, after any) bool {
		b, okB := before.(map[string]any)
		a, okA := after.(map[string]any)
		return okB && okA && p.compare(&scope{typ: typ, before: b, after: a, parent: s, place: name}, first)
	}
	switch {
	case p.isStruct(typ):
		return child(typ, before, after)
	case typ.Kind() == reflect.Slice && p.isStruct(typ.Elem()):
		b, a := before.([]any), after.([]any)
		if len(a) == len(b) {
			changed := false
			for i := range b {
				if child(typ.Elem(), b[i], a[i]) {
					changed = true
				}
			}
			return changed
		}
	case typ.Kind() == reflect.Map && p.isStruct(typ.Elem()):
		b, a := before.(map[string]any), after.(map[string]any)
		changed := false
		for key := range b {
			if child(typ.Elem(), b[key], a[key]) {
				changed = true
			}
		}
		return changed
	}
	if !reflect.DeepEqual(before, after) {
		p.changed(name, s.place)
		p.rewritten[name] = spellJSON(before) + " -> " + spellJSON(after)
		return true
	}
	return false
}

func (p *prober) isStruct(typ reflect.Type) bool {
	return typ.Kind() == reflect.Struct && scalars[fullName(typ)] == ""
}

func (p *prober) observe(name string, s *scope, field field, after any) {
	root := s
	for root.parent != nil {
		root = root.parent
	}
	if p.counted[name+root.place]++; p.counted[name+root.place] > perKind {
		return
	}
	seen := observation{features: map[string]string{}, copies: map[string]bool{}}
	if after != nil {
		seen.outcome = spellJSON(after)
	}
	for _, sibling := range fields(s.typ) {
		if sibling.json == field.json || isIdentity(s.typ, sibling) {
			continue
		}
		seen.features[sibling.json] = feature(s.before, sibling)
		if value := present(s.after, sibling); value != nil && after != nil && spellJSON(value) == seen.outcome {
			seen.copies[sibling.json] = true
		} else if value == nil && after == nil {
			seen.copies[sibling.json] = true
		}
	}
	if s.parent != nil {
		for _, sibling := range fields(s.parent.typ) {
			if isIdentity(s.parent.typ, sibling) || p.isStruct(sibling.typ) {
				continue // a struct is always there, which explains nothing that the place does not
			}
			seen.features["^"+sibling.json] = feature(s.parent.before, sibling)
		}
	}
	seen.features["~in"] = s.place
	seen.features["~kind"] = root.place
	p.observations[name] = append(p.observations[name], seen)
}

// isIdentity tells a whole object's apiVersion and kind, which explain nothing that the place does not.
func isIdentity(typ reflect.Type, field field) bool {
	_, object := typ.FieldByName("TypeMeta")
	return object && (field.json == "apiVersion" || field.json == "kind")
}

func feature(object map[string]any, field field) string {
	switch value := present(object, field).(type) {
	case nil:
		return "absent"
	case string:
		if generic[value] {
			return "present"
		}
		return spellJSON(value)
	case bool:
		return spellJSON(value)
	default:
		return "present"
	}
}

// learn turns observations into rules, and fails on a default that neither a rule nor crate kinds knows.
func (p *prober) learn(f *facts) error {
	var names, unknown []string
	for name := range p.interesting {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if reason := special(name); reason != "" {
			for place := range p.interesting[name] {
				f.add("special", name, place)
			}
			continue
		}
		if p.observations[name] == nil {
			continue // rewritten only, which is told below
		}
		if !rule(f, name, p.observations[name]) {
			outcomes := map[string]int{}
			for _, seen := range p.observations[name] {
				outcomes[seen.outcome]++
			}
			unknown = append(unknown, fmt.Sprintf("%s: %v", name, outcomes))
		}
	}
	for name, example := range p.rewritten {
		if special(name) == "" {
			unknown = append(unknown, fmt.Sprintf("%s: rewritten, %s", name, example))
		}
	}
	sort.Strings(unknown)
	if len(unknown) > 0 {
		return fmt.Errorf("defaults that follow no known rule:\n  %s", strings.Join(unknown, "\n  "))
	}
	return nil
}

func rule(f *facts, name string, seen []observation) bool {
	outcomes := map[string]int{}
	for _, one := range seen {
		outcomes[one.outcome]++
	}
	if len(outcomes) == 1 {
		f.add("default", name, seen[0].outcome)
		return true
	}
	if from := copied(seen); from != "" {
		f.add("default", name, "="+from)
		return true
	}
	cause, values := deciding(seen)
	if cause == nil {
		return false
	}
	for outcome := range outcomes {
		if outcome == "" {
			continue
		}
		when := conditions(values, outcome)
		f.add("default", name, outcome, "when", strings.Join(cause, "&")+"="+strings.Join(when, "|"))
	}
	return true
}

// conditions spells the values that lead to an outcome; "present" stands for all but absence.
func conditions(values map[string]string, outcome string) []string {
	var when []string
	present := true
	for value, result := range values {
		if result == outcome {
			when = append(when, value)
		}
		if (result == outcome) == (value == "absent") {
			present = false
		}
	}
	sort.Strings(when)
	if present {
		return []string{"present"}
	}
	return when
}

// copied finds the sibling whose value the field always takes.
func copied(seen []observation) string {
	var best string
	for candidate := range seen[0].features {
		all := true
		for _, one := range seen {
			if !one.copies[candidate] {
				all = false
				break
			}
		}
		if all && (best == "" || candidate < best) {
			best = candidate
		}
	}
	return best
}

// deciding finds the feature, or else the two, that tell the outcome, and the outcome for each of its
// values: the field's own sibling rather than its parent's, that rather than the place, and the one
// with the fewest values among equals.
func deciding(seen []observation) ([]string, map[string]string) {
	var names []string
	for name := range seen[0].features {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return rank(names[i]) < rank(names[j]) })
	var best []string
	var bestValues map[string]string
	try := func(features ...string) {
		if values := outcomesBy(seen, features); values != nil && (best == nil || len(values) < len(bestValues)) {
			best, bestValues = features, values
		}
	}
	for _, prefix := range []string{"!", "^", "~"} {
		for _, name := range names {
			if strings.HasPrefix(rank(name), prefix) {
				try(name)
			}
		}
		if best != nil {
			return best, bestValues
		}
	}
	for i, name := range names {
		for _, other := range names[i+1:] {
			try(name, other)
		}
	}
	return best, bestValues
}

// rank orders a field's own siblings before its parent's and those before the place.
func rank(name string) string {
	if strings.HasPrefix(name, "^") || strings.HasPrefix(name, "~") {
		return name
	}
	return "!" + name
}

// outcomesBy groups by the values of some features; nil when a group has two outcomes.
func outcomesBy(seen []observation, features []string) map[string]string {
	values := map[string]string{}
	for _, one := range seen {
		var parts []string
		for _, name := range features {
			parts = append(parts, one.features[name])
		}
		value := strings.Join(parts, "&")
		if known, ok := values[value]; ok && known != one.outcome {
			return nil
		}
		values[value] = one.outcome
	}
	return values
}
