package main

import (
	"sort"
	"strings"

	rbac "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

// roles writes the roles and bindings that the API server makes when it starts. "*" stands for the
// cluster where a namespace would be, "-" for an empty list, `""` for the core group.
func roles(f *facts) {
	for _, role := range append(bootstrappolicy.ClusterRoles(), bootstrappolicy.ControllerRoles()...) {
		role1(f, "*", role.ObjectMeta, role.Rules, role.AggregationRule)
	}
	for namespace, roles := range bootstrappolicy.NamespaceRoles() {
		for _, role := range roles {
			role1(f, namespace, role.ObjectMeta, role.Rules, nil)
		}
	}
	for _, binding := range append(bootstrappolicy.ClusterRoleBindings(), bootstrappolicy.ControllerRoleBindings()...) {
		f.add("binding", "*", binding.Name, binding.RoleRef.Kind, binding.RoleRef.Name, subjects(binding.Subjects))
	}
	for namespace, bindings := range bootstrappolicy.NamespaceRoleBindings() {
		for _, binding := range bindings {
			f.add("binding", namespace, binding.Name, binding.RoleRef.Kind, binding.RoleRef.Name, subjects(binding.Subjects))
		}
	}
}

func role1(f *facts, namespace string, meta metav1.ObjectMeta, rules []rbac.PolicyRule, aggregation *rbac.AggregationRule) {
	var selectors []string
	if aggregation != nil {
		for _, selector := range aggregation.ClusterRoleSelectors {
			selectors = append(selectors, labels(selector.MatchLabels))
		}
	}
	f.add("role", namespace, meta.Name, labels(meta.Labels), list(selectors))
	for _, rule := range rules {
		f.add("rule", namespace, meta.Name,
			list(rule.Verbs), list(rule.APIGroups), list(rule.Resources), list(rule.ResourceNames), list(rule.NonResourceURLs))
	}
}

func labels(all map[string]string) string {
	var pairs []string
	for key, value := range all {
		pairs = append(pairs, key+"="+value)
	}
	return list(pairs)
}

func list(values []string) string {
	if len(values) == 0 {
		return "-"
	}
	var spelled []string
	for _, value := range values {
		if value == "" {
			value = `""`
		}
		spelled = append(spelled, value)
	}
	sort.Strings(spelled)
	return strings.Join(spelled, ",")
}

func subjects(all []rbac.Subject) string {
	var spelled []string
	for _, subject := range all {
		name := subject.Name
		if subject.Namespace != "" {
			name = subject.Namespace + "/" + name
		}
		spelled = append(spelled, subject.Kind+"="+name)
	}
	return list(spelled)
}
