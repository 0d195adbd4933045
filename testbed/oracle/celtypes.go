package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/openapi"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	generated "k8s.io/kubernetes/pkg/generated/openapi"
)

// schemas knows the published schema of every built-in kind.
var schemas = sync.OnceValue(func() *resolver.DefinitionsSchemaResolver {
	return resolver.NewDefinitionsSchemaResolver(generated.GetOpenAPIDefinitions, legacyscheme.Scheme)
})

// objectSchema finds the schema of a type written "object(apps/v1, Deployment)"; nil for all other types.
func objectSchema(text string) (*spec.Schema, string, error) {
	inner, ok := strings.CutPrefix(text, "object(")
	if !ok || !strings.HasSuffix(inner, ")") {
		return nil, "", nil
	}
	groupVersion, kind, ok := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	if !ok {
		return nil, "", fmt.Errorf("expected object(GROUP/VERSION, KIND), found %q", text)
	}
	gv, err := schema.ParseGroupVersion(strings.TrimSpace(groupVersion))
	if err != nil {
		return nil, "", err
	}
	kind = strings.TrimSpace(kind)
	found, err := schemas().ResolveSchema(gv.WithKind(kind))
	return found, kind, err
}

// declare turns variables' types into options of an environment.
func declare(declared map[string]string) ([]cel.EnvOption, []*apiservercel.DeclType, error) {
	var options []cel.EnvOption
	var declTypes []*apiservercel.DeclType
	named := map[string]*apiservercel.DeclType{}
	for name, text := range declared {
		found, kind, err := objectSchema(text)
		if err != nil {
			return nil, nil, err
		}
		if found == nil {
			parsed, err := parseType(text)
			if err != nil {
				return nil, nil, err
			}
			options = append(options, cel.Variable(name, parsed))
			continue
		}
		declType := named[text]
		if declType == nil {
			declType = common.SchemaDeclType(&openapi.Schema{Schema: found}, true).MaybeAssignTypeName(kind)
			named[text] = declType
			declTypes = append(declTypes, declType)
		}
		options = append(options, cel.Variable(name, declType.CelType()))
	}
	return options, declTypes, nil
}

// variable reads a JSON value as the API server's decoder does: whole numbers are
// int64 where they fit, all others float64. A typed object also follows its schema.
func variable(raw json.RawMessage, text string) (any, error) {
	var value any
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return nil, err
	}
	found, _, err := objectSchema(text)
	if err != nil || found == nil {
		if value == nil {
			return types.NullValue, err
		}
		return value, err
	}
	return common.UnstructuredToVal(value, &openapi.Schema{Schema: found}), nil
}
