package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	apiservercel "k8s.io/apiserver/pkg/cel"
)

// A value is written as an object with one key, its type, so that 1, 1u and 1.0
// differ: null, bool, int "…", uint "…", double "…|NaN|inf|-inf", string, bytes
// (base64), list […], map [[key, value], …] sorted by key, type "…", duration
// ["seconds", nanoseconds], timestamp the same, optional null or [value], and
// for Kubernetes' own types object {type, value}. It is the form of the CEL
// corpus, which has no optional and no object. Variables may also be authorizer
// {user} and resourceCheck {user, group, resource, subresource, namespace, name}.

const maxDepth = 200

func writeValue(value ref.Val, depth int) (map[string]any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("value is nested more than %d deep", maxDepth)
	}
	switch value := value.(type) {
	case types.Null:
		return map[string]any{"null": nil}, nil
	case types.Bool:
		return map[string]any{"bool": bool(value)}, nil
	case types.Int:
		return map[string]any{"int": strconv.FormatInt(int64(value), 10)}, nil
	case types.Uint:
		return map[string]any{"uint": strconv.FormatUint(uint64(value), 10)}, nil
	case types.Double:
		return map[string]any{"double": writeDouble(float64(value))}, nil
	case types.String:
		return map[string]any{"string": string(value)}, nil
	case types.Bytes:
		return map[string]any{"bytes": base64.StdEncoding.EncodeToString(value)}, nil
	case types.Duration:
		seconds, nanos := int64(value.Duration/time.Second), int64(value.Duration%time.Second)
		return map[string]any{"duration": []any{strconv.FormatInt(seconds, 10), nanos}}, nil
	case types.Timestamp:
		return map[string]any{"timestamp": []any{strconv.FormatInt(value.Unix(), 10), value.Nanosecond()}}, nil
	case *types.Type:
		return map[string]any{"type": value.TypeName()}, nil
	case *types.Optional:
		if !value.HasValue() {
			return map[string]any{"optional": nil}, nil
		}
		inner, err := writeValue(value.GetValue(), depth+1)
		return map[string]any{"optional": []any{inner}}, err
	case apiservercel.Quantity:
		return object("kubernetes.Quantity", value.Quantity.String()), nil
	case apiservercel.URL:
		return object("kubernetes.URL", value.URL.String()), nil
	case apiservercel.IP:
		return object("net.IP", value.Addr.String()), nil
	case apiservercel.CIDR:
		return object("net.CIDR", value.Prefix.String()), nil
	case apiservercel.Format:
		return object("kubernetes.NamedFormat", value.Name), nil
	case apiservercel.Semver:
		return object("kubernetes.Semver", value.Version.String()), nil
	case traits.Lister:
		items := []any{}
		for iterator := value.Iterator(); iterator.HasNext() == types.True; {
			item, err := writeValue(iterator.Next(), depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return map[string]any{"list": items}, nil
	case traits.Mapper:
		return writeMap(value, depth)
	}
	if name := value.Type().TypeName(); strings.HasPrefix(name, "kubernetes.authorization.") {
		return object(name, ""), nil
	}
	return object(value.Type().TypeName(), fmt.Sprintf("%v", value.Value())), nil
}

func writeMap(value traits.Mapper, depth int) (map[string]any, error) {
	type entry struct {
		order string
		pair  []any
	}
	entries := []entry{}
	for iterator := value.Iterator(); iterator.HasNext() == types.True; {
		key := iterator.Next()
		writtenKey, err := writeValue(key, depth+1)
		if err != nil {
			return nil, err
		}
		writtenValue, err := writeValue(value.Get(key), depth+1)
		if err != nil {
			return nil, err
		}
		order, err := json.Marshal(writtenKey)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{string(order), []any{writtenKey, writtenValue}})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].order < entries[j].order })
	pairs := make([]any, len(entries))
	for i := range entries {
		pairs[i] = entries[i].pair
	}
	return map[string]any{"map": pairs}, nil
}

func object(kind, value string) map[string]any {
	return map[string]any{"object": map[string]any{"type": kind, "value": value}}
}

func writeDouble(value float64) string {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 1):
		return "inf"
	case math.IsInf(value, -1):
		return "-inf"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// parseValue reads the same form.
func parseValue(raw json.RawMessage) (ref.Val, error) {
	var tagged map[string]json.RawMessage
	if err := json.Unmarshal(raw, &tagged); err != nil {
		return nil, err
	}
	if len(tagged) != 1 {
		return nil, errUnknownValue
	}
	for tag, inner := range tagged {
		return parseTagged(tag, inner)
	}
	return nil, errUnknownValue
}

func parseTagged(tag string, raw json.RawMessage) (ref.Val, error) {
	var text string
	switch tag {
	case "int", "uint", "double", "string", "bytes", "type":
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
	}
	switch tag {
	case "null":
		return types.NullValue, nil
	case "bool":
		var value bool
		err := json.Unmarshal(raw, &value)
		return types.Bool(value), err
	case "int":
		value, err := strconv.ParseInt(text, 10, 64)
		return types.Int(value), err
	case "uint":
		value, err := strconv.ParseUint(text, 10, 64)
		return types.Uint(value), err
	case "double":
		value, err := strconv.ParseFloat(text, 64)
		return types.Double(value), err
	case "string":
		return types.String(text), nil
	case "bytes":
		value, err := base64.StdEncoding.DecodeString(text)
		return types.Bytes(value), err
	case "type":
		kind, ok := simpleTypes[text]
		if !ok {
			return nil, fmt.Errorf("unknown type %q", text)
		}
		return kind, nil
	case "duration", "timestamp":
		return parseTime(tag, raw)
	case "authorizer", "resourceCheck":
		return parseAuthorizer(tag, raw)
	case "optional":
		var inner []json.RawMessage
		if err := json.Unmarshal(raw, &inner); err != nil {
			return nil, err
		}
		if len(inner) == 0 {
			return types.OptionalNone, nil
		}
		value, err := parseValue(inner[0])
		return types.OptionalOf(value), err
	case "list":
		var inner []json.RawMessage
		if err := json.Unmarshal(raw, &inner); err != nil {
			return nil, err
		}
		items := make([]ref.Val, len(inner))
		for i := range inner {
			var err error
			if items[i], err = parseValue(inner[i]); err != nil {
				return nil, err
			}
		}
		return types.NewRefValList(types.DefaultTypeAdapter, items), nil
	case "map":
		var inner [][2]json.RawMessage
		if err := json.Unmarshal(raw, &inner); err != nil {
			return nil, err
		}
		entries := make(map[ref.Val]ref.Val, len(inner))
		for i := range inner {
			key, err := parseValue(inner[i][0])
			if err != nil {
				return nil, err
			}
			if entries[key], err = parseValue(inner[i][1]); err != nil {
				return nil, err
			}
		}
		return types.NewRefValMap(types.DefaultTypeAdapter, entries), nil
	}
	return nil, errUnknownValue
}

func parseTime(tag string, raw json.RawMessage) (ref.Val, error) {
	var parts [2]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, err
	}
	var text string
	var nanos int64
	if err := json.Unmarshal(parts[0], &text); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(parts[1], &nanos); err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, err
	}
	if tag == "timestamp" {
		return types.Timestamp{Time: time.Unix(seconds, nanos).UTC()}, nil
	}
	return types.Duration{Duration: time.Duration(seconds)*time.Second + time.Duration(nanos)}, nil
}
