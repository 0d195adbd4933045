package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"

	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// A conformance environment has no cost limit, so time is the limit.
const celTimeout = 10 * time.Second

type celQuestion struct {
	Expr string `json:"expr"`
	// Env is "kubernetes" or "conformance".
	Env string `json:"env"`
	// Version is the compatibility version: a 1.N server checks new expressions with 1.(N-1).
	Version string `json:"version"`
	// Stored takes the environment of stored expressions instead, which has every library.
	Stored bool `json:"stored"`
	// Vars are JSON values read as the API server reads objects.
	Vars map[string]json.RawMessage `json:"vars"`
	// Values are variables in the tagged form of celvalue.go.
	Values map[string]json.RawMessage `json:"values"`
	// Types declares variables; those not named are dyn.
	Types map[string]string `json:"types"`
	// Unchecked parses only.
	Unchecked bool   `json:"unchecked"`
	Container string `json:"container"`
	// CompileOnly does not evaluate.
	CompileOnly bool `json:"compileOnly"`
	Estimate    bool `json:"estimate"`
}

// answerCEL compiles and evaluates one expression.
func answerCEL(question []byte) (map[string]any, error) {
	var asked celQuestion
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	env, err := environmentFor(&asked)
	if err != nil {
		return nil, err
	}

	var ast *cel.Ast
	var issues *cel.Issues
	if asked.Unchecked {
		ast, issues = env.Parse(asked.Expr)
	} else {
		ast, issues = env.Compile(asked.Expr)
	}
	if issues.Err() != nil {
		found := []any{}
		for _, each := range issues.Errors() {
			found = append(found, map[string]any{
				"line": each.Location.Line(), "column": each.Location.Column() + 1, "message": each.Message,
			})
		}
		return map[string]any{"compiled": false, "issues": found}, nil
	}
	answer := map[string]any{"compiled": true}
	if !asked.Unchecked {
		answer["type"] = ast.OutputType().String()
	}
	if asked.Estimate && !asked.Unchecked {
		if cost, err := env.EstimateCost(ast, &library.CostEstimator{SizeEstimator: nil}); err == nil {
			answer["estimate"] = []string{strconv.FormatUint(cost.Min, 10), strconv.FormatUint(cost.Max, 10)}
		}
	}
	if asked.CompileOnly {
		return answer, nil
	}

	program, err := env.Program(ast, cel.InterruptCheckFrequency(celconfig.CheckFrequency))
	if err != nil {
		answer["error"] = "program: " + err.Error()
		return answer, nil
	}
	vars := make(map[string]any, len(asked.Vars)+len(asked.Values))
	for name, raw := range asked.Vars {
		if vars[name], err = variable(raw, asked.Types[name]); err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
	}
	for name, raw := range asked.Values {
		if vars[name], err = parseValue(raw); err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), celTimeout)
	defer cancel()
	value, details, err := program.ContextEval(ctx, vars)
	if details != nil && details.ActualCost() != nil {
		answer["cost"] = strconv.FormatUint(*details.ActualCost(), 10)
	}
	if err != nil {
		answer["error"] = err.Error()
		return answer, nil
	}
	written, err := writeValue(value, 0)
	if err != nil {
		return nil, err
	}
	answer["value"] = written
	return answer, nil
}

// environments keeps what is dear to make: one a kind, version and declaration of variables.
var environments sync.Map

func environmentFor(asked *celQuestion) (*cel.Env, error) {
	declared := make(map[string]string, len(asked.Vars)+len(asked.Values)+len(asked.Types))
	for name := range asked.Vars {
		declared[name] = "dyn"
	}
	for name := range asked.Values {
		declared[name] = "dyn"
	}
	for name, kind := range asked.Types {
		declared[name] = kind
	}
	key, err := json.Marshal([]any{asked.Env, asked.Version, asked.Stored, asked.Container, declared})
	if err != nil {
		return nil, err
	}
	if made, ok := environments.Load(string(key)); ok {
		return made.(*cel.Env), nil
	}

	variables, declTypes, err := declare(declared)
	if err != nil {
		return nil, err
	}
	var env *cel.Env
	switch asked.Env {
	case "kubernetes":
		parsed, err := version.ParseGeneric(asked.Version)
		if err != nil {
			return nil, err
		}
		set, err := environment.MustBaseEnvSet(parsed).Extend(environment.VersionedOptions{
			IntroducedVersion: version.MajorMinor(1, 0),
			EnvOptions:        variables,
			DeclTypes:         declTypes,
		}, environment.StrictCostOpt)
		if err != nil {
			return nil, err
		}
		env = set.NewExpressionsEnv()
		if asked.Stored {
			env = set.StoredExpressionsEnv()
		}
	case "conformance":
		// As cel-go's own conformance test has it, with the libraries that need no protobuf.
		options := append([]cel.EnvOption{
			cel.StdLib(),
			cel.OptionalTypes(),
			cel.EnableIdentifierEscapeSyntax(),
			cel.EagerlyValidateDeclarations(true),
			cel.EnableErrorOnBadPresenceTest(true),
			ext.Bindings(),
			ext.Encoders(),
			ext.Lists(),
			ext.Math(),
			ext.Sets(),
			ext.Strings(),
			ext.TwoVarComprehensions(),
		}, variables...)
		if asked.Container != "" {
			options = append(options, cel.Container(asked.Container))
		}
		if env, err = cel.NewCustomEnv(options...); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("unknown environment %q", asked.Env)
	}
	made, _ := environments.LoadOrStore(string(key), env)
	return made.(*cel.Env), nil
}

// parseType reads a type as CEL writes it: int, list(string), map(string, dyn), optional_type(int).
func parseType(text string) (*cel.Type, error) {
	text = strings.TrimSpace(text)
	if simple, ok := simpleTypes[text]; ok {
		return simple, nil
	}
	name, inner, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(inner, ")") {
		return nil, fmt.Errorf("unknown type %q", text)
	}
	var parameters []*cel.Type
	for _, part := range splitTop(strings.TrimSuffix(inner, ")")) {
		parameter, err := parseType(part)
		if err != nil {
			return nil, err
		}
		parameters = append(parameters, parameter)
	}
	switch {
	case name == "list" && len(parameters) == 1:
		return cel.ListType(parameters[0]), nil
	case name == "map" && len(parameters) == 2:
		return cel.MapType(parameters[0], parameters[1]), nil
	case name == "optional_type" && len(parameters) == 1:
		return cel.OptionalType(parameters[0]), nil
	case name == "type" && len(parameters) == 1:
		return cel.TypeType, nil
	case name == "wrapper" && len(parameters) == 1:
		return cel.NullableType(parameters[0]), nil
	}
	return nil, fmt.Errorf("unknown type %q", text)
}

var simpleTypes = map[string]*cel.Type{
	"dyn": cel.DynType, "any": cel.AnyType, "bool": cel.BoolType, "int": cel.IntType, "uint": cel.UintType,
	"double": cel.DoubleType, "string": cel.StringType, "bytes": cel.BytesType, "null_type": cel.NullType,
	"type": cel.TypeType, "timestamp": cel.TimestampType, "duration": cel.DurationType,
	"authorizer": library.AuthorizerType, "resourceCheck": library.ResourceCheckType,
}

func splitTop(text string) []string {
	var parts []string
	depth, start := 0, 0
	for i, char := range text {
		switch char {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, text[start:])
}

var errUnknownValue = errors.New("a value of no known form")
