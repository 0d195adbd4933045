package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/apiserver/pkg/admission/plugin/policy/matching"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/client-go/informers"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
	"sigs.k8s.io/yaml"
)

type policyQuestion struct {
	Policies  []json.RawMessage `json:"policies"`
	Bindings  []json.RawMessage `json:"bindings"`
	Object    json.RawMessage   `json:"object"`
	OldObject json.RawMessage   `json:"oldObject"`
	Params    []json.RawMessage `json:"params"`
	// Namespaces that exist; any other is made up with its name and label alone.
	Namespaces []json.RawMessage `json:"namespaces"`
	// Access is what the authorizer in CEL answers from.
	Access  accessRules `json:"access"`
	Request struct {
		Operation   string                      `json:"operation"`
		Resource    schema.GroupVersionResource `json:"resource"`
		Subresource string                      `json:"subresource"`
		Name        string                      `json:"name"`
		Namespace   *string                     `json:"namespace"`
		User        string                      `json:"user"`
		UID         string                      `json:"uid"`
		Groups      []string                    `json:"groups"`
		Extra       map[string][]string         `json:"extra"`
		DryRun      bool                        `json:"dryRun"`
		Options     map[string]any              `json:"options"`
	} `json:"request"`
	// TypeCheck also gives the warnings that the server would put in the policy's status.
	TypeCheck bool `json:"typeCheck"`
}

// answerPolicies judges a request by ValidatingAdmissionPolicies: each validation
// by itself, and then all together through the server's own dispatcher.
func answerPolicies(question []byte) (map[string]any, error) {
	var asked policyQuestion
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	policies := []any{}
	var hooks []validating.PolicyHook
	for _, raw := range asked.Policies {
		compiled, err := compile(raw)
		if err != nil {
			return failure(err), nil
		}
		described := map[string]any{"name": compiled.policy.Name, "invalid": compiled.invalid}
		if asked.TypeCheck {
			described["typeWarnings"] = compiled.typeWarnings()
		}
		policies = append(policies, described)
		hooks = append(hooks, validating.PolicyHook{Policy: compiled.policy, Evaluator: compiled.validator})
	}
	answer := map[string]any{"policies": policies}
	if len(asked.Object) == 0 && len(asked.OldObject) == 0 {
		return answer, nil
	}

	attributes, err := asked.attributes()
	if err != nil {
		return failure(err), nil
	}
	if err := asked.bind(hooks); err != nil {
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
	matcher := generic.NewPolicyMatcher(matching.NewMatcher(namespaces, nil))
	interfaces := objectInterfaces()

	for i := range hooks {
		described := policies[i].(map[string]any)
		described["matches"], described["bindings"] = judgeHook(&hooks[i], attributes, interfaces, matcher, judge)
	}

	warnings := &recorder{list: []string{}}
	ctx := warning.WithWarningRecorder(context.Background(), warnings)
	err = validating.NewDispatcher(judge, matcher).Dispatch(ctx, attributes, interfaces, hooks)
	answer["allowed"] = err == nil
	if err != nil {
		answer["denied"] = err.Error()
	}
	answer["warnings"] = warnings.list
	return answer, nil
}

// judgeHook follows the dispatcher's loop, and keeps every decision instead of the first.
func judgeHook(hook *validating.PolicyHook, attributes admission.Attributes, interfaces admission.ObjectInterfaces, matcher generic.PolicyMatcher, judge authorizer.Authorizer) (any, any) {
	bindings := []any{}
	matches, resource, kind, err := matcher.DefinitionMatches(attributes, interfaces, validating.NewValidatingAdmissionPolicyAccessor(hook.Policy))
	if err != nil {
		return err.Error(), bindings
	}
	if !matches {
		return false, bindings
	}
	for _, binding := range hook.Bindings {
		described := map[string]any{"name": binding.Name}
		bindings = append(bindings, described)
		bound, err := matcher.BindingMatches(attributes, interfaces, validating.NewValidatingAdmissionPolicyBindingAccessor(binding))
		if err != nil {
			described["error"] = err.Error()
			continue
		}
		described["matches"] = bound
		if !bound {
			continue
		}
		params, err := generic.CollectParams(hook.Policy.Spec.ParamKind, hook.ParamInformer, hook.ParamScope, binding.Spec.ParamRef, attributes.GetNamespace())
		if err != nil {
			described["error"] = err.Error()
			continue
		}
		versioned, err := admission.NewVersionedAttributes(attributes, kind, interfaces)
		if err != nil {
			described["error"] = err.Error()
			continue
		}
		var namespace *corev1.Namespace
		if name := attributes.GetNamespace(); name != "" && attributes.GetKind().GroupKind() != (schema.GroupKind{Kind: "Namespace"}) {
			namespace, _ = matcher.GetNamespace(context.Background(), name)
		}
		results := []any{}
		for _, param := range params {
			result := hook.Evaluator.Validate(context.Background(), resource, versioned, param, namespace, celconfig.RuntimeCELCostBudget, judge)
			results = append(results, describe(param, result))
		}
		described["results"] = results
	}
	return true, bindings
}

func describe(param runtime.Object, result validating.ValidateResult) map[string]any {
	decisions := []any{}
	for _, decision := range result.Decisions {
		decisions = append(decisions, map[string]any{
			"action":     string(decision.Action),
			"evaluation": string(decision.Evaluation),
			"message":    decision.Message,
			"reason":     string(decision.Reason),
		})
	}
	annotations := []any{}
	for _, annotation := range result.AuditAnnotations {
		annotations = append(annotations, map[string]any{
			"key": annotation.Key, "value": annotation.Value, "action": string(annotation.Action), "error": annotation.Error,
		})
	}
	described := map[string]any{"decisions": decisions, "audit": annotations}
	if accessor, err := meta.Accessor(param); param != nil && err == nil {
		described["param"] = accessor.GetName()
	}
	return described
}

type compiledPolicy struct {
	policy       *admissionv1.ValidatingAdmissionPolicy
	validator    validating.Validator
	invalid      []any
	typeWarnings func() []any
}

// compiledPolicies keeps what was compiled: the same policies are asked about thousands of objects.
var compiledPolicies sync.Map

func compile(raw json.RawMessage) (*compiledPolicy, error) {
	return kept(&compiledPolicies, raw, compileNew)
}

// kept gives what was made of a text before, or makes and keeps it.
func kept[T any](all *sync.Map, raw json.RawMessage, compile func(json.RawMessage) (T, error)) (T, error) {
	if known, ok := all.Load(string(raw)); ok {
		return known.(T), nil
	}
	made, err := compile(raw)
	if err != nil {
		return made, err
	}
	known, _ := all.LoadOrStore(string(raw), made)
	return known.(T), nil
}

// refusals tells what the server would refuse of an object.
func refusals(errors field.ErrorList) []any {
	all := []any{}
	for _, each := range errors {
		all = append(all, map[string]any{"field": each.Field, "message": each.ErrorBody()})
	}
	return all
}

func compileNew(raw json.RawMessage) (*compiledPolicy, error) {
	policy, err := decodeInto(raw, &admissionv1.ValidatingAdmissionPolicy{})
	if err != nil {
		return nil, err
	}
	compiled := &compiledPolicy{policy: policy}
	internal := &admissionregistration.ValidatingAdmissionPolicy{}
	if err := legacyscheme.Scheme.Convert(policy, internal, nil); err != nil {
		return nil, err
	}
	compiled.invalid = refusals(validation.ValidateValidatingAdmissionPolicy(internal))
	compiled.typeWarnings = sync.OnceValue(func() []any {
		warnings := []any{}
		checker := validating.TypeChecker{SchemaResolver: schemas(), RestMapper: restMapper()}
		for _, each := range checker.Check(policy) {
			warnings = append(warnings, map[string]any{"field": each.FieldRef, "warning": each.Warning})
		}
		return warnings
	})
	if compiled.validator, err = validatorOf(policy); err != nil {
		return nil, err
	}
	return compiled, nil
}

// validatorOf is compilePolicy of k8s.io/apiserver/pkg/admission/plugin/policy/validating,
// which is not exported. It makes a composition environment of its own for each policy: the
// server shares one, so that there a policy's variables are known to the next one's checker.
func validatorOf(policy *admissionv1.ValidatingAdmissionPolicy) (validating.Validator, error) {
	spec := &policy.Spec
	withAuthorizer := plugincel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: true}
	without := plugincel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil}
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	stored := environment.StoredExpressions
	for _, each := range spec.Variables {
		compiler.CompileAndStoreVariable(&validating.Variable{Name: each.Name, Expression: each.Expression}, withAuthorizer, stored)
	}
	var matcher matchconditions.Matcher
	if len(spec.MatchConditions) > 0 {
		conditions := make([]plugincel.ExpressionAccessor, len(spec.MatchConditions))
		for i := range spec.MatchConditions {
			conditions[i] = (*matchconditions.MatchCondition)(&spec.MatchConditions[i])
		}
		matcher = matchconditions.NewMatcher(compiler.CompileCondition(conditions, withAuthorizer, stored), spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	validations := make([]plugincel.ExpressionAccessor, len(spec.Validations))
	messages := make([]plugincel.ExpressionAccessor, len(spec.Validations))
	for i, each := range spec.Validations {
		validations[i] = &validating.ValidationCondition{Expression: each.Expression, Message: each.Message, Reason: each.Reason}
		if each.MessageExpression != "" {
			messages[i] = &validating.MessageExpressionCondition{MessageExpression: each.MessageExpression}
		}
	}
	annotations := make([]plugincel.ExpressionAccessor, len(spec.AuditAnnotations))
	for i, each := range spec.AuditAnnotations {
		annotations[i] = &validating.AuditAnnotationCondition{Key: each.Key, ValueExpression: each.ValueExpression}
	}
	return validating.NewValidator(
		compiler.CompileCondition(validations, withAuthorizer, stored),
		matcher,
		compiler.CompileCondition(annotations, withAuthorizer, stored),
		compiler.CompileCondition(messages, without, stored),
		spec.FailurePolicy,
	), nil
}

// bind gives each policy its bindings and, where it has parameters, a store of those asked about.
func (asked *policyQuestion) bind(hooks []validating.PolicyHook) error {
	for _, raw := range asked.Bindings {
		binding, err := decodeInto(raw, &admissionv1.ValidatingAdmissionPolicyBinding{})
		if err != nil {
			return err
		}
		for i := range hooks {
			if hooks[i].Policy.Name == binding.Spec.PolicyName {
				hooks[i].Bindings = append(hooks[i].Bindings, binding)
			}
		}
	}
	scope, informer, err := asked.parameters()
	if err != nil {
		return err
	}
	for i := range hooks {
		if kind := hooks[i].Policy.Spec.ParamKind; kind != nil {
			hooks[i].ParamScope, hooks[i].ParamInformer = scope(kind.APIVersion, kind.Kind), informer(kind.Kind)
		}
	}
	return nil
}

// parameters gives the scope of a kind of parameters, and a store of those asked about.
func (asked *policyQuestion) parameters() (func(version, kind string) meta.RESTScope, func(kind string) informers.GenericInformer, error) {
	store := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	written := meta.RESTScopeRoot
	for _, raw := range asked.Params {
		text, err := plain(raw)
		if err != nil {
			return nil, nil, err
		}
		param := &unstructured.Unstructured{}
		if err := param.UnmarshalJSON(text); err != nil {
			return nil, nil, err
		}
		if param.GetNamespace() != "" {
			written = meta.RESTScopeNamespace
		}
		if err := store.Add(param); err != nil {
			return nil, nil, err
		}
	}
	scope := func(version, kind string) meta.RESTScope {
		if mapping, err := restMapper().RESTMapping(schema.FromAPIVersionAndKind(version, kind).GroupKind()); err == nil {
			return mapping.Scope
		}
		return written
	}
	informer := func(kind string) informers.GenericInformer {
		return params{store, schema.GroupResource{Resource: strings.ToLower(kind) + "s"}}
	}
	return scope, informer, nil
}

// attributes makes of a question what the server makes of a request: objects are
// decoded, defaulted and held in their internal version.
func (asked *policyQuestion) attributes() (admission.Attributes, error) {
	object, kind, err := internalObject(asked.Object)
	if err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	old, oldKind, err := internalObject(asked.OldObject)
	if err != nil {
		return nil, fmt.Errorf("oldObject: %w", err)
	}
	described := object
	if described == nil {
		described, kind = old, oldKind
	}
	accessor, err := meta.Accessor(described)
	if err != nil {
		return nil, err
	}
	request := &asked.Request
	resource := request.Resource
	if resource.Empty() {
		resource, _ = meta.UnsafeGuessKindToResource(kind)
		if mapping, err := restMapper().RESTMapping(kind.GroupKind(), kind.Version); err == nil {
			resource = mapping.Resource
		}
	}
	name, namespace := accessor.GetName(), accessor.GetNamespace()
	if request.Name != "" {
		name = request.Name
	}
	if request.Namespace != nil {
		namespace = *request.Namespace
	}
	operation := admission.Create
	switch {
	case request.Operation != "":
		operation = admission.Operation(request.Operation)
	case old != nil && object != nil:
		operation = admission.Update
	case object == nil:
		operation = admission.Delete
	}
	var options runtime.Object
	if request.Options != nil {
		options = &unstructured.Unstructured{Object: request.Options}
	}
	info := &user.DefaultInfo{Name: request.User, UID: request.UID, Groups: request.Groups, Extra: request.Extra}
	return admission.NewAttributesRecord(object, old, kind, namespace, name, resource, request.Subresource, operation, options, request.DryRun, info), nil
}

// internalObject decodes a built-in kind into its internal version; others stay as they are.
func internalObject(raw json.RawMessage) (runtime.Object, schema.GroupVersionKind, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, schema.GroupVersionKind{}, nil
	}
	text, err := plain(raw)
	if err != nil {
		return nil, schema.GroupVersionKind{}, err
	}
	object, kind, err := legacyscheme.Codecs.UniversalDecoder().Decode(text, nil, nil)
	if err == nil {
		return object, *kind, nil
	}
	if !runtime.IsNotRegisteredError(err) {
		return nil, schema.GroupVersionKind{}, err
	}
	custom := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &custom.Object); err != nil {
		return nil, schema.GroupVersionKind{}, err
	}
	if err := custom.UnmarshalJSON(text); err != nil {
		return nil, schema.GroupVersionKind{}, err
	}
	return custom, custom.GroupVersionKind(), nil
}

func (asked *policyQuestion) namespaces() (corelisters.NamespaceLister, error) {
	known := map[string]*corev1.Namespace{}
	for _, raw := range asked.Namespaces {
		namespace, err := decodeInto(raw, &corev1.Namespace{})
		if err != nil {
			return nil, err
		}
		known[namespace.Name] = namespace
	}
	return namespaceLister(known), nil
}

type namespaceLister map[string]*corev1.Namespace

func (known namespaceLister) List(labels.Selector) ([]*corev1.Namespace, error) { return nil, nil }

func (known namespaceLister) Get(name string) (*corev1.Namespace, error) {
	namespace, ok := known[name]
	if !ok {
		namespace = &corev1.Namespace{}
		namespace.Name = name
	} else {
		namespace = namespace.DeepCopy()
	}
	if namespace.Labels == nil {
		namespace.Labels = map[string]string{}
	}
	namespace.Labels[corev1.LabelMetadataName] = name
	return namespace, nil
}

// params is an informer over a fixed set of objects.
type params struct {
	store    cache.Indexer
	resource schema.GroupResource
}

func (p params) Informer() cache.SharedIndexInformer { return synced{} }
func (p params) Lister() cache.GenericLister         { return cache.NewGenericLister(p.store, p.resource) }

var _ informers.GenericInformer = params{}

type synced struct{ cache.SharedIndexInformer }

func (synced) HasSynced() bool { return true }

type recorder struct{ list []string }

func (r *recorder) AddWarning(_, text string) { r.list = append(r.list, text) }

var restMapper = sync.OnceValue(func() meta.RESTMapper {
	return testrestmapper.TestOnlyStaticRESTMapper(legacyscheme.Scheme)
})

// objectInterfaces knows which resources are the same in several versions, for matchPolicy: Equivalent.
var objectInterfaces = sync.OnceValue(func() admission.ObjectInterfaces {
	registry := runtime.NewEquivalentResourceRegistry()
	for kind := range legacyscheme.Scheme.AllKnownTypes() {
		if kind.Version == runtime.APIVersionInternal {
			continue
		}
		if mapping, err := restMapper().RESTMapping(kind.GroupKind(), kind.Version); err == nil {
			registry.RegisterKindFor(mapping.Resource, "", kind)
		}
	}
	return interfaces{admission.NewObjectInterfacesFromScheme(legacyscheme.Scheme), registry}
})

type interfaces struct {
	admission.ObjectInterfaces
	registry runtime.EquivalentResourceRegistry
}

func (i interfaces) GetEquivalentResourceMapper() runtime.EquivalentResourceMapper { return i.registry }
