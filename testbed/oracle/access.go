package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/pkg/registry/rbac/validation"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

// accessRules are the RBAC objects of one question.
type accessRules struct {
	Roles               []json.RawMessage `json:"roles"`
	ClusterRoles        []json.RawMessage `json:"clusterRoles"`
	Bindings            []json.RawMessage `json:"bindings"`
	ClusterRoleBindings []json.RawMessage `json:"clusterRoleBindings"`
	// Adds the roles and bindings that every API server makes.
	Bootstrap bool `json:"bootstrap"`
}

// answerAccess asks the RBAC authorizer, which knows nothing of system:masters
// or of the node authorizer: those stand before it in a server.
func answerAccess(question []byte) (map[string]any, error) {
	var asked struct {
		accessRules
		Questions []struct {
			User        string   `json:"user"`
			Groups      []string `json:"groups"`
			Verb        string   `json:"verb"`
			Group       string   `json:"group"`
			Version     string   `json:"version"`
			Resource    string   `json:"resource"`
			Subresource string   `json:"subresource"`
			Namespace   string   `json:"namespace"`
			Name        string   `json:"name"`
			Path        string   `json:"path"`
		} `json:"questions"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	judge, err := asked.authorizer()
	if err != nil {
		return failure(err), nil
	}
	decisions := []any{}
	for _, each := range asked.Questions {
		decision, reason, err := judge.Authorize(context.Background(), authorizer.AttributesRecord{
			User:            &user.DefaultInfo{Name: each.User, Groups: each.Groups},
			Verb:            each.Verb,
			Namespace:       each.Namespace,
			APIGroup:        each.Group,
			APIVersion:      each.Version,
			Resource:        each.Resource,
			Subresource:     each.Subresource,
			Name:            each.Name,
			ResourceRequest: each.Path == "",
			Path:            each.Path,
		})
		answer := map[string]any{"allowed": decision == authorizer.DecisionAllow, "reason": reason}
		if err != nil {
			answer["error"] = err.Error()
		}
		decisions = append(decisions, answer)
	}
	return map[string]any{"decisions": decisions}, nil
}

func (rules accessRules) authorizer() (*rbac.RBACAuthorizer, error) {
	roles, err := decodeAll[rbacv1.Role](rules.Roles)
	if err != nil {
		return nil, err
	}
	clusterRoles, err := decodeAll[rbacv1.ClusterRole](rules.ClusterRoles)
	if err != nil {
		return nil, err
	}
	bindings, err := decodeAll[rbacv1.RoleBinding](rules.Bindings)
	if err != nil {
		return nil, err
	}
	clusterBindings, err := decodeAll[rbacv1.ClusterRoleBinding](rules.ClusterRoleBindings)
	if err != nil {
		return nil, err
	}
	if rules.Bootstrap {
		for _, role := range bootstrappolicy.ClusterRoles() {
			clusterRoles = append(clusterRoles, &role)
		}
		for _, binding := range bootstrappolicy.ClusterRoleBindings() {
			clusterBindings = append(clusterBindings, &binding)
		}
		for namespace, list := range bootstrappolicy.NamespaceRoles() {
			for _, role := range list {
				role.Namespace = namespace
				roles = append(roles, &role)
			}
		}
		for namespace, list := range bootstrappolicy.NamespaceRoleBindings() {
			for _, binding := range list {
				binding.Namespace = namespace
				bindings = append(bindings, &binding)
			}
		}
	}
	if err := aggregate(clusterRoles); err != nil {
		return nil, err
	}
	_, static := validation.NewTestRuleResolver(roles, bindings, clusterRoles, clusterBindings)
	return rbac.New(static, static, static, static), nil
}

func decodeAll[S any](raw []json.RawMessage) ([]*S, error) {
	all := make([]*S, 0, len(raw))
	for _, each := range raw {
		text, err := plain(each)
		if err != nil {
			return nil, err
		}
		one := new(S)
		if err := json.Unmarshal(text, one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// aggregate fills roles that have an aggregation rule as the controller in
// k8s.io/kubernetes/pkg/controller/clusterroleaggregation does, until nothing changes.
func aggregate(roles []*rbacv1.ClusterRole) error {
	sorted := slices.Clone(roles)
	slices.SortFunc(sorted, func(a, b *rbacv1.ClusterRole) int { return strings.Compare(a.Name, b.Name) })
	for round := 0; round < len(roles)+1; round++ {
		changed := false
		for _, role := range sorted {
			if role.AggregationRule == nil {
				continue
			}
			var rules []rbacv1.PolicyRule
			for i := range role.AggregationRule.ClusterRoleSelectors {
				selector, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
				if err != nil {
					return err
				}
				for _, other := range sorted {
					if other.Name == role.Name || !selector.Matches(labels.Set(other.Labels)) {
						continue
					}
					for _, rule := range other.Rules {
						same := func(have rbacv1.PolicyRule) bool { return equality.Semantic.DeepEqual(have, rule) }
						if !slices.ContainsFunc(rules, same) {
							rules = append(rules, rule)
						}
					}
				}
			}
			if !equality.Semantic.DeepEqual(rules, role.Rules) {
				role.Rules = rules
				changed = true
			}
		}
		if !changed {
			return nil
		}
	}
	return nil
}
