package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/pod-security-admission/admission"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

const separator = "\x00"

// evaluator runs the default checks. A result does not say which check it is
// from, so each check is wrapped to write its id before its reason.
var evaluator = sync.OnceValues(func() (policy.Evaluator, error) {
	checks := policy.DefaultChecks()
	for i := range checks {
		id := string(checks[i].ID)
		for j := range checks[i].Versions {
			run := checks[i].Versions[j].CheckPod
			checks[i].Versions[j].CheckPod = func(metadata *metav1.ObjectMeta, spec *corev1.PodSpec) policy.CheckResult {
				result := run(metadata, spec)
				result.ForbiddenReason = id + separator + result.ForbiddenReason
				return result
			}
		}
	}
	return policy.NewEvaluator(checks, nil)
})

// answerPodSecurity judges a Pod, or the template in a workload, at one level and version.
func answerPodSecurity(question []byte) (map[string]any, error) {
	var asked struct {
		Level   string          `json:"level"`
		Version string          `json:"version"`
		Pod     json.RawMessage `json:"pod"`
		Object  json.RawMessage `json:"object"`
		Default bool            `json:"default"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	level, err := api.ParseLevel(asked.Level)
	if err != nil {
		return nil, err
	}
	version, err := api.ParseVersion(asked.Version)
	if err != nil {
		return nil, err
	}
	metadata, spec, err := podOf(asked.Pod, asked.Object, asked.Default)
	if err != nil {
		return failure(err), nil
	}
	if spec == nil {
		return failure(fmt.Errorf("there is no Pod template in it")), nil
	}
	evaluator, err := evaluator()
	if err != nil {
		return nil, err
	}
	allowed := true
	checks := map[string]any{}
	for _, result := range evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, metadata, spec) {
		id, reason, _ := strings.Cut(result.ForbiddenReason, separator)
		if result.Allowed {
			checks[id] = map[string]any{"allowed": true}
			continue
		}
		allowed = false
		checks[id] = map[string]any{"allowed": false, "reason": reason, "detail": result.ForbiddenDetail}
	}
	return map[string]any{"allowed": allowed, "checks": checks}, nil
}

func podOf(pod, object json.RawMessage, defaults bool) (*metav1.ObjectMeta, *corev1.PodSpec, error) {
	if len(object) > 0 {
		text, err := plain(object)
		if err != nil {
			return nil, nil, err
		}
		decoded, _, err := lenient.Decode(text, nil, nil)
		if err != nil {
			return nil, nil, err
		}
		if defaults {
			legacyscheme.Scheme.Default(decoded)
		}
		return admission.DefaultPodSpecExtractor{}.ExtractPodSpec(decoded)
	}
	text, err := plain(pod)
	if err != nil {
		return nil, nil, err
	}
	kind := corev1.SchemeGroupVersion.WithKind("Pod")
	decoded, _, err := lenient.Decode(text, &kind, &corev1.Pod{})
	if err != nil {
		return nil, nil, err
	}
	typed, ok := decoded.(*corev1.Pod)
	if !ok {
		return nil, nil, fmt.Errorf("%s is no Pod", decoded.GetObjectKind().GroupVersionKind())
	}
	if defaults {
		legacyscheme.Scheme.Default(typed)
	}
	return &typed.ObjectMeta, &typed.Spec, nil
}
