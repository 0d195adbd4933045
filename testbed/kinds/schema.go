package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

// schemaWalk finds every type that an object of some kind can hold.
type schemaWalk struct {
	definitions map[string]common.OpenAPIDefinition
	roots       map[schema.GroupVersionKind]reflect.Type
	seen        map[reflect.Type]bool
	queue       []reflect.Type
}

func newSchema() *schemaWalk {
	return &schemaWalk{
		definitions: openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.Ref{} }),
		roots:       map[schema.GroupVersionKind]reflect.Type{},
		seen:        map[reflect.Type]bool{},
	}
}

// servedResource is what api/discovery of the Kubernetes module says of one served resource.
type servedResource struct {
	name         string
	namespaced   bool
	subresources []string
}

// The second result are the kinds that are sent to a subresource, such as Eviction.
func discovered(dir string) (map[schema.GroupVersionKind]*servedResource, map[schema.GroupVersionKind]bool, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "api/discovery/api*.json"))
	if err != nil {
		return nil, nil, err
	}
	below := map[schema.GroupVersionKind]bool{}
	all := map[schema.GroupVersionKind]*servedResource{}
	for _, path := range paths {
		var list struct {
			Kind         string `json:"kind"`
			GroupVersion string `json:"groupVersion"`
			Resources    []struct {
				Name, Kind, Group, Version string
				Namespaced                 bool
			} `json:"resources"`
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		if err := json.Unmarshal(data, &list); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		if list.Kind != "APIResourceList" {
			continue
		}
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, nil, err
		}
		byName := map[string]*servedResource{}
		for _, item := range list.Resources {
			if !strings.Contains(item.Name, "/") {
				byName[item.Name] = &servedResource{name: item.Name, namespaced: item.Namespaced}
				all[gv.WithKind(item.Kind)] = byName[item.Name]
			}
		}
		for _, item := range list.Resources {
			name, sub, found := strings.Cut(item.Name, "/")
			if !found || byName[name] == nil {
				continue
			}
			byName[name].subresources = append(byName[name].subresources, sub)
			if item.Version != "" {
				below[schema.GroupVersionKind{Group: item.Group, Version: item.Version, Kind: item.Kind}] = true
			}
		}
	}
	if len(all) < 50 {
		return nil, nil, fmt.Errorf("only %d resources under %s/api/discovery", len(all), dir)
	}
	return all, below, nil
}

// kinds writes a line for each kind that is an object of its own.
func (s *schemaWalk) kinds(f *facts, dir string) error {
	resources, below, err := discovered(dir)
	if err != nil {
		return err
	}
	byKind := map[string]*servedResource{}
	for gvk, served := range resources {
		byKind[gvk.Kind] = served
	}
	for gvk, typ := range legacyscheme.Scheme.AllKnownTypes() {
		if gvk.Version == "__internal" || typ.Kind() != reflect.Struct {
			continue
		}
		meta, found := typ.FieldByName("ObjectMeta")
		if !found || !meta.Anonymous {
			continue
		}
		s.roots[gvk] = typ
		words := []string{"kind", apiVersion(gvk), gvk.Kind, s.name(typ)}
		if served := resources[gvk]; served != nil {
			words = append(words, served.name)
			if served.namespaced {
				words = append(words, "namespaced")
			}
			sort.Strings(served.subresources)
			if len(served.subresources) > 0 {
				words = append(words, "sub="+strings.Join(served.subresources, ","))
			}
			delete(resources, gvk)
		} else if below[gvk] {
			words = append(words, "posted")
		} else {
			// Of a kind that is served no more, or only below another: as in the version that is served.
			words = append(words, "unserved")
			if other := byKind[gvk.Kind]; other != nil {
				words[len(words)-1] = other.name
				if other.namespaced {
					words = append(words, "namespaced")
				}
				words = append(words, "unserved")
			}
		}
		f.add(words...)
		lifecycle(f, gvk, typ)
	}
	for gvk := range resources {
		return fmt.Errorf("%s is served and no type of it is registered: is a package missing in install.go?", gvk)
	}
	return nil
}

func apiVersion(gvk schema.GroupVersionKind) string { return gvk.GroupVersion().String() }

// lifecycle writes when a kind came, was deprecated and went, where its type says so.
func lifecycle(f *facts, gvk schema.GroupVersionKind, typ reflect.Type) {
	value := reflect.New(typ).Interface()
	words := []string{"life", apiVersion(gvk), gvk.Kind}
	if introduced, ok := value.(interface{ APILifecycleIntroduced() (int, int) }); ok {
		_, minor := introduced.APILifecycleIntroduced()
		words = append(words, fmt.Sprintf("introduced=%d", minor))
	}
	if deprecated, ok := value.(interface{ APILifecycleDeprecated() (int, int) }); ok {
		_, minor := deprecated.APILifecycleDeprecated()
		words = append(words, fmt.Sprintf("deprecated=%d", minor))
	}
	if removed, ok := value.(interface{ APILifecycleRemoved() (int, int) }); ok {
		_, minor := removed.APILifecycleRemoved()
		words = append(words, fmt.Sprintf("removed=%d", minor))
	}
	if replaced, ok := value.(interface {
		APILifecycleReplacement() schema.GroupVersionKind
	}); ok {
		by := replaced.APILifecycleReplacement()
		if !strings.HasSuffix(gvk.Kind, "List") {
			by.Kind = strings.TrimSuffix(by.Kind, "List") // networking/v1beta1 IngressClass names the list
		}
		words = append(words, fmt.Sprintf("replaced=%s,%s", apiVersion(by), by.Kind))
	}
	if len(words) > 3 {
		f.add(words...)
	}
}

// name shortens a type's name: core/v1.Container.
func (s *schemaWalk) name(typ reflect.Type) string {
	path := typ.PkgPath()
	for _, prefix := range []string{
		"k8s.io/api/",
		"k8s.io/apimachinery/pkg/apis/",
		"k8s.io/apiextensions-apiserver/pkg/apis/",
		"k8s.io/kube-aggregator/pkg/apis/",
	} {
		path = strings.TrimPrefix(path, prefix)
	}
	if !s.seen[typ] {
		s.seen[typ] = true
		s.queue = append(s.queue, typ)
	}
	return path + "." + typ.Name()
}

// scalars are types with a JSON form of their own.
var scalars = map[string]string{
	"k8s.io/apimachinery/pkg/api/resource.Quantity":                                              "quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString":                                            "int-or-string",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":                                                  "time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":                                             "micro-time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":                                              "duration",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":                                              "any",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":                                               "any",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON":                              "any",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1.JSON":                         "any",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool":             "bool|",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1.JSONSchemaPropsOrBool":        "bool|",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray":            "[]|",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1.JSONSchemaPropsOrArray":       "[]|",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray":      "[string]|",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1.JSONSchemaPropsOrStringArray": "[string]|",
}

func fullName(typ reflect.Type) string { return typ.PkgPath() + "." + typ.Name() }

// spell writes a type: string, [string], {quantity}, core/v1.Container, bool|meta/v1.X.
func (s *schemaWalk) spell(typ reflect.Type) string {
	if spelled, ok := scalars[fullName(typ)]; ok {
		if before, alternative := strings.CutSuffix(spelled, "|"); alternative {
			// The schema of the same package is the alternative.
			for i := range typ.NumField() {
				if field := typ.Field(i).Type; field.Kind() == reflect.Pointer {
					inner := s.name(field.Elem())
					if before == "[]" {
						before = "[" + inner + "]"
					}
					return before + "|" + inner
				}
			}
		}
		return spelled
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return s.spell(typ.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32, reflect.Int16, reflect.Int8, reflect.Uint8:
		return "int32"
	case reflect.Int64, reflect.Int, reflect.Uint32:
		return "int64"
	case reflect.Float64, reflect.Float32:
		return "double"
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[" + s.spell(typ.Elem()) + "]"
	case reflect.Map:
		return "{" + s.spell(typ.Elem()) + "}"
	case reflect.Struct:
		return s.name(typ)
	case reflect.Interface:
		return "any"
	}
	panic(fmt.Sprintf("no spelling for %s", typ))
}

// field is a field of a struct as JSON has it, inlined ones among them.
type field struct {
	json   string
	typ    reflect.Type
	always bool
}

func fields(typ reflect.Type) []field {
	var all []field
	for i := range typ.NumField() {
		member := typ.Field(i)
		name, options, inline := cutTag(member)
		if name == "-" || !member.IsExported() {
			continue
		}
		if inline {
			inner := member.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			all = append(all, fields(inner)...)
			continue
		}
		omitempty := strings.Contains(options, ",omitempty,")
		omitzero := strings.Contains(options, ",omitzero,")
		// encoding/json never leaves out a struct for being empty, only for being zero.
		always := !omitempty && !omitzero || member.Type.Kind() == reflect.Struct && !omitzero
		all = append(all, field{json: name, typ: member.Type, always: always})
	}
	return all
}

// cutTag gives a member's name in JSON, its options between commas, and whether it is inlined.
func cutTag(member reflect.StructField) (string, string, bool) {
	name, options, _ := strings.Cut(member.Tag.Get("json"), ",")
	if name == "" && member.Anonymous {
		return "", "", true
	}
	if name == "" {
		name = member.Name
	}
	return name, "," + options + ",", false
}

// types writes a line for each field of each type that was named so far or is by then.
func (s *schemaWalk) types(f *facts) {
	for len(s.queue) > 0 {
		typ := s.queue[0]
		s.queue = s.queue[1:]
		name := s.name(typ)
		definition := s.definition(typ)
		required := map[string]bool{}
		for _, name := range definition.Required {
			required[name] = true
		}
		f.add("type", name)
		for _, field := range fields(typ) {
			words := []string{"field", name, field.json, s.spell(field.typ)}
			if field.typ.Kind() == reflect.Pointer {
				words = append(words, "pointer")
			}
			if field.always {
				words = append(words, "always")
			}
			if required[field.json] {
				words = append(words, "required")
			}
			property := definition.Properties[field.json]
			words = append(words, listType(property)...)
			if s.isAtomic(property, field.typ) {
				words = append(words, "atomic")
			}
			if field.typ.Kind() == reflect.Slice && s.isAtomic(spec.Schema{}, field.typ.Elem()) {
				words = append(words, "atomic-items")
			}
			if values := enum(property); len(values) > 0 {
				words = append(words, "enum="+strings.Join(values, "|"))
			}
			f.add(words...)
		}
	}
}

// definition finds the OpenAPI definition of a type, under its Go path or, from 1.35 on, its model name.
func (s *schemaWalk) definition(typ reflect.Type) spec.Schema {
	if definition, ok := s.definitions[fullName(typ)]; ok {
		return definition.Schema
	}
	if named, ok := reflect.New(typ).Elem().Interface().(interface{ OpenAPIModelName() string }); ok {
		return s.definitions[named.OpenAPIModelName()].Schema
	}
	return spec.Schema{}
}

// listType tells the keys of a list: map=KEYS or set as declared, else merge=KEY of strategic merge patch.
func listType(property spec.Schema) []string {
	kind, _ := property.Extensions["x-kubernetes-list-type"].(string)
	if keys, ok := property.Extensions["x-kubernetes-list-map-keys"].([]any); ok && kind == "map" {
		var names []string
		for _, key := range keys {
			names = append(names, fmt.Sprint(key))
		}
		return []string{"map=" + strings.Join(names, ",")}
	}
	if kind == "set" {
		return []string{"set"}
	}
	if key, ok := property.Extensions["x-kubernetes-patch-merge-key"].(string); ok {
		return []string{"merge=" + key}
	}
	return nil
}

// isAtomic tells whether an object or a map is replaced as a whole: as its field or its type declares.
func (s *schemaWalk) isAtomic(property spec.Schema, typ reflect.Type) bool {
	if kind, _ := property.Extensions["x-kubernetes-map-type"].(string); kind == "atomic" {
		return true
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return false
	}
	kind, _ := s.definition(typ).Extensions["x-kubernetes-map-type"].(string)
	return kind == "atomic"
}

func enum(property spec.Schema) []string {
	values := property.Enum
	if len(values) == 0 && property.Items != nil && property.Items.Schema != nil {
		values = property.Items.Schema.Enum
	}
	var names []string
	for _, value := range values {
		if text := fmt.Sprint(value); !strings.ContainsAny(text, " |") {
			names = append(names, text)
		}
	}
	sort.Strings(names)
	return names
}
