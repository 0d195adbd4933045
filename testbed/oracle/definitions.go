package main

import (
	"context"
	"encoding/json"
	"fmt"

	internal "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	definitions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
)

// answerDefinition says what the server would refuse of a CustomResourceDefinition.
func answerDefinition(question []byte) (map[string]any, error) {
	var asked struct {
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	var definition definitions.CustomResourceDefinition
	if err := json.Unmarshal(asked.Object, &definition); err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	definitions.SetDefaults_CustomResourceDefinition(&definition)
	definitions.SetDefaults_CustomResourceDefinitionSpec(&definition.Spec)
	var converted internal.CustomResourceDefinition
	if err := definitions.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&definition, &converted, nil); err != nil {
		return nil, err
	}
	errors := []map[string]string{}
	for _, each := range validation.ValidateCustomResourceDefinition(context.Background(), &converted) {
		errors = append(errors, map[string]string{"field": each.Field, "type": string(each.Type), "detail": each.Detail})
	}
	return map[string]any{"errors": errors}, nil
}
