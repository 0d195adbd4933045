package main

import (
	"bytes"
	"context"
	"encoding/json"
	"sort"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	admissionv1beta1 "k8s.io/api/admissionregistration/v1beta1"
	"k8s.io/apimachinery/pkg/util/managedfields"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/matching"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
)

// answerMutations runs MutatingAdmissionPolicies over a request through the server's own
// dispatcher, a second time where it asks for that, and gives the object as it is then.
func answerMutations(question []byte) (map[string]any, error) {
	var asked policyQuestion
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	described := []any{}
	var hooks []mutating.PolicyHook
	for _, raw := range asked.Policies {
		compiled, err := kept(&compiledMutatings, raw, compileMutating)
		if err != nil {
			return failure(err), nil
		}
		described = append(described, map[string]any{"name": compiled.policy.Name, "invalid": compiled.invalid})
		hooks = append(hooks, mutating.PolicyHook{Policy: compiled.policy, Evaluator: compiled.evaluator})
	}
	answer := map[string]any{"policies": described}
	if len(asked.Object) == 0 {
		return answer, nil
	}
	sort.Slice(hooks, func(i, j int) bool { return hooks[i].Policy.Name < hooks[j].Policy.Name })
	for _, raw := range asked.Bindings {
		binding, err := decodeInto(raw, &admissionv1beta1.MutatingAdmissionPolicyBinding{})
		if err != nil {
			return failure(err), nil
		}
		for i := range hooks {
			if hooks[i].Policy.Name == binding.Spec.PolicyName {
				hooks[i].Bindings = append(hooks[i].Bindings, binding)
			}
		}
	}
	scope, informer, err := asked.parameters()
	if err != nil {
		return failure(err), nil
	}
	for i := range hooks {
		if kind := hooks[i].Policy.Spec.ParamKind; kind != nil {
			hooks[i].ParamScope, hooks[i].ParamInformer = scope(kind.APIVersion, kind.Kind), informer(kind.Kind)
		}
	}
	attributes, err := asked.attributes()
	if err != nil {
		return failure(err), nil
	}
	judge, err := asked.Access.authorizer()
	if err != nil {
		return failure(err), nil
	}
	namespaces, err := asked.namespaces()
	if err != nil {
		return failure(err), nil
	}
	interfaces := objectInterfaces()
	dispatcher := mutating.NewDispatcher(judge, matching.NewMatcher(namespaces, nil), patch.NewTypeConverterManager(typeConverter(), nil))
	admit := func() error { return dispatcher.Dispatch(context.Background(), attributes, interfaces, hooks) }
	err = admit()
	if reinvocation := attributes.GetReinvocationContext(); err == nil && reinvocation.ShouldReinvoke() {
		reinvocation.SetIsReinvoke()
		err = admit()
	}
	answer["allowed"] = err == nil
	if err != nil {
		answer["denied"] = err.Error()
	}
	object := attributes.GetObject()
	if kind := attributes.GetKind(); legacyscheme.Scheme.Recognizes(kind) {
		if object, err = legacyscheme.Scheme.ConvertToVersion(object, kind.GroupVersion()); err != nil {
			return failure(err), nil
		}
	}
	var buffer bytes.Buffer
	if err := lenient.Encode(object, &buffer); err != nil {
		return nil, err
	}
	answer["object"] = json.RawMessage(bytes.TrimSpace(buffer.Bytes()))
	return answer, nil
}

// typeConverter knows the schemas of the built-in kinds.
var typeConverter = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(legacyscheme.Scheme)
})

type compiledMutating struct {
	policy    *mutating.Policy
	evaluator mutating.PolicyEvaluator
	invalid   []any
}

var compiledMutatings sync.Map

func compileMutating(raw json.RawMessage) (*compiledMutating, error) {
	policy, err := decodeInto(raw, &admissionv1beta1.MutatingAdmissionPolicy{})
	if err != nil {
		return nil, err
	}
	compiled := &compiledMutating{policy: policy}
	internal := &admissionregistration.MutatingAdmissionPolicy{}
	if err := legacyscheme.Scheme.Convert(policy, internal, nil); err != nil {
		return nil, err
	}
	compiled.invalid = refusals(validation.ValidateMutatingAdmissionPolicy(internal))
	if compiled.evaluator, err = evaluatorOf(policy); err != nil {
		return nil, err
	}
	return compiled, nil
}

// evaluatorOf is compilePolicy of k8s.io/apiserver/pkg/admission/plugin/policy/mutating, which
// is not exported.
func evaluatorOf(policy *mutating.Policy) (mutating.PolicyEvaluator, error) {
	spec := &policy.Spec
	options := plugincel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: true}
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return mutating.PolicyEvaluator{}, err
	}
	stored := environment.StoredExpressions
	for _, each := range spec.Variables {
		compiler.CompileAndStoreVariable(&mutating.Variable{Name: each.Name, Expression: each.Expression}, options, stored)
	}
	var matcher matchconditions.Matcher
	if len(spec.MatchConditions) > 0 {
		conditions := make([]plugincel.ExpressionAccessor, len(spec.MatchConditions))
		for i := range spec.MatchConditions {
			conditions[i] = (*matchconditions.MatchCondition)(&spec.MatchConditions[i])
		}
		var failure *admissionv1.FailurePolicyType
		if spec.FailurePolicy != nil {
			of := admissionv1.FailurePolicyType(*spec.FailurePolicy)
			failure = &of
		}
		matcher = matchconditions.NewMatcher(compiler.CompileCondition(conditions, options, stored), failure, "policy", "validate", policy.Name)
	}
	options.HasPatchTypes = true
	var patchers []patch.Patcher
	for _, mutation := range spec.Mutations {
		switch {
		case mutation.JSONPatch != nil:
			accessor := &patch.JSONPatchCondition{Expression: mutation.JSONPatch.Expression}
			patchers = append(patchers, patch.NewJSONPatcher(compiler.CompileMutatingEvaluator(accessor, options, stored)))
		case mutation.ApplyConfiguration != nil:
			accessor := &patch.ApplyConfigurationCondition{Expression: mutation.ApplyConfiguration.Expression}
			patchers = append(patchers, patch.NewApplyConfigurationPatcher(compiler.CompileMutatingEvaluator(accessor, options, stored)))
		}
	}
	return mutating.PolicyEvaluator{Matcher: matcher, Mutators: patchers, CompositionEnv: compiler.CompositionEnv}, nil
}
