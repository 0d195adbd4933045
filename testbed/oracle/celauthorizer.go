package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/cel-go/common/types/ref"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/cel/library"
)

// tellingAuthorizer decides by a simple rule, and gives out all that it was asked as its reason:
// watching is an error, what is secret is denied, "get" is allowed.
type tellingAuthorizer struct{}

func (tellingAuthorizer) Authorize(_ context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
	reason := fmt.Sprintf("%s %s %s", asked.GetUser().GetName(), asked.GetVerb(), asked.GetPath())
	if asked.IsResourceRequest() {
		reason = fmt.Sprintf("%s %s %s/%s/%s/%s %s/%s", asked.GetUser().GetName(), asked.GetVerb(),
			asked.GetAPIGroup(), asked.GetAPIVersion(), asked.GetResource(), asked.GetSubresource(),
			asked.GetNamespace(), asked.GetName())
	}
	switch {
	case asked.GetVerb() == "watch":
		return authorizer.DecisionNoOpinion, reason, errors.New("nobody watches")
	case asked.GetResource() == "secrets":
		return authorizer.DecisionDeny, reason, nil
	case asked.GetVerb() == "get":
		return authorizer.DecisionAllow, reason, nil
	}
	return authorizer.DecisionNoOpinion, reason, nil
}

// requested is what a request is for.
type requested struct {
	User        string `json:"user"`
	Group       string `json:"group"`
	Resource    string `json:"resource"`
	Subresource string `json:"subresource"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
}

type requestedResource struct{ requested }

func (r requestedResource) GetName() string        { return r.Name }
func (r requestedResource) GetNamespace() string   { return r.Namespace }
func (r requestedResource) GetSubresource() string { return r.Subresource }
func (r requestedResource) GetResource() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Resource: r.Resource}
}

// parseAuthorizer reads {"authorizer": {"user"}} and {"resourceCheck": {"user", "group", "resource", …}}.
func parseAuthorizer(tag string, raw json.RawMessage) (ref.Val, error) {
	var asked requested
	if err := json.Unmarshal(raw, &asked); err != nil {
		return nil, err
	}
	who := &user.DefaultInfo{Name: asked.User}
	if tag == "authorizer" {
		return library.NewAuthorizerVal(who, tellingAuthorizer{}), nil
	}
	return library.NewResourceAuthorizerVal(who, tellingAuthorizer{}, requestedResource{asked}), nil
}
