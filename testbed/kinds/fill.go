package main

import (
	"math/rand"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// filler makes objects at random: each struct is sparse or dense, so that every default has a chance
// to be needed and every condition a chance to hold and not to hold.
type filler struct {
	*rand.Rand
	schema *schemaWalk
	enums  map[reflect.Type]map[string][]string
}

// words that matter to some defaulting function and are no enum of the schema, or are one and matter too
// where the server would refuse them later: "a" stands for those.
var words = map[string][]string{
	"core/v1.Container.image":                         {"", "a", "a:latest", "a:1", "a.b:5000/c", "a@sha256:4b825dc642cb6eb9a060e54bf8d69288fbee4904d3a1b2c3d4e5f60718293a4b"},
	"core/v1.EphemeralContainerCommon.image":          {"", "a", "a:latest", "a:1"},
	"core/v1.ImageVolumeSource.reference":             {"", "a", "a:latest", "a:1"},
	"core/v1.ServiceSpec.sessionAffinity":             {"ClientIP", "None", "a"},
	"apps/v1.DeploymentStrategy.type":                 {"", "RollingUpdate", "Recreate", "a"},
	"apps/v1.DaemonSetUpdateStrategy.type":            {"", "RollingUpdate", "OnDelete", "a"},
	"apps/v1.StatefulSetUpdateStrategy.type":          {"", "RollingUpdate", "OnDelete", "a"},
	"rbac/v1.Subject.kind":                            {"User", "Group", "ServiceAccount", "a"},
	"rbac/v1beta1.Subject.kind":                       {"User", "Group", "ServiceAccount", "a"},
	"rbac/v1alpha1.Subject.kind":                      {"User", "Group", "ServiceAccount", "a"},
	"core/v1.LimitRangeItem.type":                     {"Container", "Pod", "PersistentVolumeClaim"},
	"apps/v1beta1.DeploymentStrategy.type":            {"", "RollingUpdate", "Recreate"},
	"apps/v1beta2.DeploymentStrategy.type":            {"", "RollingUpdate", "Recreate"},
	"extensions/v1beta1.DeploymentStrategy.type":      {"", "RollingUpdate", "Recreate"},
	"apps/v1beta2.DaemonSetUpdateStrategy.type":       {"", "RollingUpdate", "OnDelete"},
	"extensions/v1beta1.DaemonSetUpdateStrategy.type": {"", "RollingUpdate", "OnDelete"},
	"apps/v1beta1.StatefulSetUpdateStrategy.type":     {"", "RollingUpdate", "OnDelete"},
	"apps/v1beta2.StatefulSetUpdateStrategy.type":     {"", "RollingUpdate", "OnDelete"},
}

// generic is what other texts are; no rule depends on which of them it is.
var generic = map[string]bool{"a": true, "b": true}

var resourceNames = []string{"cpu", "memory", "hugepages-2Mi", "example.com/a", "storage"}
var quantities = []string{"0", "1", "250m", "1Gi", "3k"}

func (r *filler) pick(values []string) string { return values[r.Intn(len(values))] }

// object fills a new object of a type.
func (r *filler) object(typ reflect.Type) runtime.Object {
	value := reflect.New(typ)
	r.fill(value.Elem(), 0)
	return value.Interface().(runtime.Object)
}

func (r *filler) fill(value reflect.Value, depth int) {
	switch typed := value.Addr().Interface().(type) {
	case *metav1.TypeMeta:
		return
	case *resource.Quantity:
		*typed = resource.MustParse(r.pick(quantities))
		return
	case *intstr.IntOrString:
		*typed = [...]intstr.IntOrString{intstr.FromInt32(0), intstr.FromInt32(3), intstr.FromString("10%")}[r.Intn(3)]
		return
	case *metav1.Time:
		typed.Time = time.Unix(1_700_000_000, 0)
		return
	case *metav1.MicroTime:
		typed.Time = time.Unix(1_700_000_000, 0)
		return
	case *metav1.Duration:
		typed.Duration = time.Minute
		return
	}
	if scalars[fullName(value.Type())] != "" {
		return // raw values and the alternatives of a schema: no default looks into them
	}
	switch value.Kind() {
	case reflect.Bool:
		value.SetBool(r.Intn(2) == 0)
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Int16, reflect.Int8:
		value.SetInt(int64(r.Intn(4)))
	case reflect.Uint8, reflect.Uint32:
		value.SetUint(uint64(r.Intn(4)))
	case reflect.String:
		value.SetString(r.pick([]string{"", "a", "b"}))
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		r.fill(value.Elem(), depth)
	case reflect.Slice:
		length := 1 + r.Intn(2)
		if depth > 12 {
			length = 0
		}
		value.Set(reflect.MakeSlice(value.Type(), length, length))
		for i := range length {
			r.fill(value.Index(i), depth+1)
		}
	case reflect.Map:
		value.Set(reflect.MakeMap(value.Type()))
		for range 1 + r.Intn(2) {
			key := reflect.New(value.Type().Key()).Elem()
			if value.Type().Elem() == reflect.TypeFor[resource.Quantity]() {
				key.SetString(r.pick(resourceNames))
			} else {
				key.SetString(r.pick([]string{"a", "b", "c"}))
			}
			item := reflect.New(value.Type().Elem()).Elem()
			r.fill(item, depth+1)
			value.SetMapIndex(key, item)
		}
	case reflect.Struct:
		r.fillStruct(value, value.Type(), depth, []float64{0, 0.15, 0.5, 0.8}[r.Intn(4)])
	}
}

func (r *filler) fillStruct(value reflect.Value, owner reflect.Type, depth int, density float64) {
	if value.Type() == reflect.TypeFor[metav1.ObjectMeta]() {
		density = min(density, 0.15)
	}
	if depth > 14 {
		density = 0
	}
	for i := range value.NumField() {
		member := value.Type().Field(i)
		if !member.IsExported() || member.Tag.Get("json") == "-" {
			continue
		}
		field := value.Field(i)
		if member.Anonymous && field.Kind() == reflect.Struct && (member.Tag.Get("json") == "" || member.Tag.Get("json") == ",inline") {
			r.fillStruct(field, owner, depth, density) // one struct as JSON sees it
			continue
		}
		// A struct that is always there shows its own density.
		if field.Kind() != reflect.Struct && r.Float64() >= density {
			continue
		}
		if values := r.values(value.Type(), member); len(values) > 0 {
			r.fillChoice(field, values)
			continue
		}
		r.fill(field, depth+1)
	}
}

func (r *filler) fillChoice(field reflect.Value, values []string) {
	switch field.Kind() {
	case reflect.String:
		field.SetString(r.pick(values))
	case reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		field.Elem().SetString(r.pick(values))
	case reflect.Slice:
		field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		field.Index(0).SetString(r.pick(values))
	}
}

// values tells what a text field may hold: the schema's enum or one of words.
func (r *filler) values(typ reflect.Type, member reflect.StructField) []string {
	text := member.Type
	if text.Kind() == reflect.Pointer || text.Kind() == reflect.Slice {
		text = text.Elem()
	}
	if text.Kind() != reflect.String {
		return nil
	}
	if r.enums[typ] == nil {
		r.enums[typ] = map[string][]string{}
		for name, property := range r.schema.definition(typ).Properties {
			r.enums[typ][name] = enum(property)
		}
	}
	name, _, _ := cutTag(member)
	if values, ok := words[r.schema.name(typ)+"."+name]; ok {
		return values
	}
	return r.enums[typ][name]
}
