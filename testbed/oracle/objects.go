package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apimachinery/pkg/runtime"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/controlplane" // registers every kind that the API server has, with its defaults
	"sigs.k8s.io/yaml"
)

var (
	lenient = jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, legacyscheme.Scheme, legacyscheme.Scheme, jsonserializer.SerializerOptions{})
	strict  = jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, legacyscheme.Scheme, legacyscheme.Scheme, jsonserializer.SerializerOptions{Strict: true})
)

func init() {
	apiextensions.Install(legacyscheme.Scheme)
	apiregistration.Install(legacyscheme.Scheme)
}

// answerDefault decodes an object into its versioned type as the API server
// does, lays the defaults over it and writes it back.
func answerDefault(question []byte) (map[string]any, error) {
	var asked struct {
		Object json.RawMessage `json:"object"`
		// Decoded only: no defaults.
		Plain bool `json:"plain"`
		// Also through the internal version and back, as the server holds it.
		Convert bool `json:"convert"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	object, _, err := strict.Decode(asked.Object, nil, nil)
	warnings := []string{}
	if strictErr, ok := runtime.AsStrictDecodingError(err); ok {
		for _, each := range strictErr.Errors() {
			warnings = append(warnings, each.Error())
		}
	} else if err != nil {
		return failure(err), nil
	}
	if !asked.Plain {
		legacyscheme.Scheme.Default(object)
	}
	if asked.Convert {
		version := object.GetObjectKind().GroupVersionKind().GroupVersion()
		internal, err := legacyscheme.Scheme.UnsafeConvertToVersion(object, runtime.InternalGroupVersioner)
		if err != nil {
			return failure(err), nil
		}
		if object, err = legacyscheme.Scheme.UnsafeConvertToVersion(internal, version); err != nil {
			return failure(err), nil
		}
	}
	var buffer bytes.Buffer
	if err := lenient.Encode(object, &buffer); err != nil {
		return nil, err
	}
	return map[string]any{"value": json.RawMessage(bytes.TrimSpace(buffer.Bytes())), "warnings": warnings}, nil
}

// decode reads an object, written as JSON or as a string of YAML, into its versioned type with defaults.
func decode(raw json.RawMessage) (runtime.Object, error) {
	text, err := plain(raw)
	if err != nil {
		return nil, err
	}
	object, _, err := lenient.Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(object)
	return object, nil
}

// decodeInto is decode for a kind that is known beforehand; the object need not name it.
func decodeInto[T runtime.Object](raw json.RawMessage, into T) (T, error) {
	text, err := plain(raw)
	if err != nil {
		return into, err
	}
	kinds, _, err := legacyscheme.Scheme.ObjectKinds(into)
	if err != nil {
		return into, err
	}
	object, _, err := lenient.Decode(text, &kinds[0], into)
	if err != nil {
		return into, err
	}
	typed, ok := object.(T)
	if !ok {
		return into, fmt.Errorf("expected %s, found %s", kinds[0].Kind, object.GetObjectKind().GroupVersionKind())
	}
	legacyscheme.Scheme.Default(typed)
	return typed, nil
}

func plain(raw json.RawMessage) ([]byte, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
		return yaml.YAMLToJSON([]byte(text))
	}
	return raw, nil
}
