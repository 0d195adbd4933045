package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/go-logr/logr"
	kyvernov1 "github.com/kyverno/kyverno/api/kyverno/v1"
	kyvernov2 "github.com/kyverno/kyverno/api/kyverno/v2"
	"github.com/kyverno/kyverno/pkg/config"
	"github.com/kyverno/kyverno/pkg/engine"
	engineapi "github.com/kyverno/kyverno/pkg/engine/api"
	"github.com/kyverno/kyverno/pkg/engine/factories"
	"github.com/kyverno/kyverno/pkg/engine/jmespath"
	"github.com/kyverno/kyverno/pkg/engine/pattern"
	"github.com/kyverno/kyverno/pkg/engine/policycontext"
	"github.com/kyverno/kyverno/pkg/engine/validate"
	"github.com/kyverno/kyverno/pkg/exceptions"
	"github.com/kyverno/kyverno/pkg/imageverifycache"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	jsonutil "k8s.io/apimachinery/pkg/util/json"
)

var (
	settings = config.NewDefaultConfiguration(false)
	queries  = jmespath.New(settings)
)

// answerJMESPath runs a query over a document.
func answerJMESPath(question []byte) (map[string]any, error) {
	var asked struct {
		Query string          `json:"query"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	var data any
	if err := json.Unmarshal(asked.Data, &data); err != nil {
		return nil, err
	}
	query, err := queries.Query(asked.Query)
	if err != nil {
		return map[string]any{"invalid": err.Error()}, nil
	}
	value, err := query.Search(data)
	if err != nil {
		return map[string]any{"error": err.Error()}, nil
	}
	return map[string]any{"value": value}, nil
}

// answerLeaf compares a value with one pattern.
func answerLeaf(question []byte) (map[string]any, error) {
	value, wanted, err := pair(question)
	if err != nil {
		return nil, err
	}
	return map[string]any{"value": pattern.Validate(logr.Discard(), value, wanted)}, nil
}

// answerPattern lays a pattern over an object.
func answerPattern(question []byte) (map[string]any, error) {
	value, wanted, err := pair(question)
	if err != nil {
		return nil, err
	}
	err = validate.MatchPattern(logr.Discard(), value, wanted)
	if err == nil {
		return map[string]any{"status": "pass"}, nil
	}
	wrong, known := err.(*validate.PatternError)
	switch {
	case known && wrong.Skip:
		return map[string]any{"status": "skip"}, nil
	case !known || wrong.Path == "":
		return map[string]any{"status": "error"}, nil
	}
	return map[string]any{"status": "fail", "path": wrong.Path}, nil
}

func pair(question []byte) (value, wanted any, err error) {
	var asked struct {
		Value   json.RawMessage `json:"value"`
		Pattern json.RawMessage `json:"pattern"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, nil, err
	}
	// An object has whole numbers as int64, a pattern all numbers as they come out of a policy.
	if err := jsonutil.Unmarshal(asked.Value, &value); err != nil {
		return nil, nil, err
	}
	if err := jsonutil.Unmarshal(asked.Pattern, &wanted); err != nil {
		return nil, nil, err
	}
	return value, wanted, nil
}

type lister []*kyvernov2.PolicyException

func (l lister) List(labels.Selector) ([]*kyvernov2.PolicyException, error) { return l, nil }

// answerPolicy judges an object by a policy, autogen and exceptions included.
func answerPolicy(question []byte) (map[string]any, error) {
	var asked struct {
		Policy          json.RawMessage              `json:"policy"`
		Exceptions      []*kyvernov2.PolicyException `json:"exceptions"`
		Object          json.RawMessage              `json:"object"`
		NamespaceLabels map[string]string            `json:"namespaceLabels"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(asked.Policy, &kind); err != nil {
		return nil, err
	}
	var policy kyvernov1.PolicyInterface = &kyvernov1.ClusterPolicy{}
	if kind.Kind == "Policy" {
		policy = &kyvernov1.Policy{}
	}
	if err := json.Unmarshal(asked.Policy, policy); err != nil {
		return map[string]any{"invalid": err.Error()}, nil
	}
	object := unstructured.Unstructured{}
	if err := object.UnmarshalJSON(asked.Object); err != nil {
		return nil, err
	}
	isCluster := false
	judge := engine.NewEngine(
		settings,
		queries,
		nil,
		factories.DefaultRegistryClientFactory(nil, nil),
		imageverifycache.DisabledImageVerifyCache(),
		factories.DefaultContextLoaderFactory(nil),
		exceptions.New(lister(asked.Exceptions)),
		&isCluster,
	)
	// As the webhook sees it: variables have all numbers as float64, and oldObject is null.
	about, err := policycontext.NewPolicyContextFromAdmissionRequest(
		queries,
		admissionv1.AdmissionRequest{
			Operation: admissionv1.Create,
			Kind:      metav1.GroupVersionKind(object.GroupVersionKind()),
			Name:      object.GetName(),
			Namespace: object.GetNamespace(),
			Object:    runtime.RawExtension{Raw: asked.Object},
		},
		kyvernov2.RequestInfo{},
		object.GroupVersionKind(),
		settings,
	)
	if err != nil {
		return nil, err
	}
	about = about.WithPolicy(policy).WithNamespaceLabels(asked.NamespaceLabels)
	response := judge.Validate(context.Background(), about)
	rules := []map[string]any{}
	for _, rule := range response.PolicyResponse.Rules {
		if rule.RuleType() != engineapi.Validation {
			return nil, fmt.Errorf("%s is no validation", rule.Name())
		}
		rules = append(rules, map[string]any{
			"rule": rule.Name(), "status": string(rule.Status()), "message": rule.Message(),
		})
	}
	sort.SliceStable(rules, func(i, j int) bool { return rules[i]["rule"].(string) < rules[j]["rule"].(string) })
	return map[string]any{"rules": rules}, nil
}
