package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"

	goyaml "go.yaml.in/yaml/v2"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// rest says what is wrong behind the first document, which the library never looks at.
func rest(text []byte) error {
	decoder := goyaml.NewDecoder(bytes.NewReader(text))
	for {
		var value any
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// answerYAML gives the value of a document as the API server and kubectl read
// it: YAML to JSON by sigs.k8s.io/yaml.
func answerYAML(question []byte) (map[string]any, error) {
	var asked struct {
		Text   *string `json:"text"`
		Base64 string  `json:"base64"`
		Strict bool    `json:"strict"`
		Stream bool    `json:"stream"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	var text []byte
	if asked.Text != nil {
		text = []byte(*asked.Text)
	} else {
		var err error
		if text, err = base64.StdEncoding.DecodeString(asked.Base64); err != nil {
			return nil, err
		}
	}
	convert := yaml.YAMLToJSON
	if asked.Strict {
		convert = yaml.YAMLToJSONStrict
	}
	one := func(text []byte) map[string]any {
		value, err := convert(text)
		if err != nil {
			return failure(err)
		}
		answer := map[string]any{"value": json.RawMessage(value)}
		if err := rest(text); err != nil {
			answer["rest"] = err.Error()
		}
		return answer
	}
	if !asked.Stream {
		return one(text), nil
	}
	// kubectl cuts a stream at lines that begin with "---", before any parsing.
	documents := []any{}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return map[string]any{"documents": documents}, nil
		}
		if err != nil {
			return failure(err), nil
		}
		documents = append(documents, one(document))
	}
}
