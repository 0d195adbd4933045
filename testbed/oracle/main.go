// Command oracle answers what the real Kubernetes libraries say of a case, so
// that Bulkhead's own reading, judging and evaluating can be compared with them.
//
// It reads one JSON object a line from standard input and writes one JSON
// object a line to standard output, in the order of the questions, working on
// as many at once as there are processors. README.md has the shapes.
//
// A question that is no JSON, has an unknown "op" or makes a library panic is
// answered with "fault"; the process goes on. What a library itself calls an
// error (broken YAML, an expression that does not compile) is "error", and is
// an answer like any other.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"k8s.io/klog/v2"
)

// answers has one function an operation. Each reads its own fields of the
// question; what it returns is merged with the question's "id".
var answers = map[string]func(question []byte) (map[string]any, error){
	"access":      answerAccess,
	"cel":         answerCEL,
	"default":     answerDefault,
	"definition":  answerDefinition,
	"map":         answerMutations,
	"podsecurity": answerPodSecurity,
	"rbac":        answerAccess,
	"vap":         answerPolicies,
	"version":     answerVersion,
	"yaml":        answerYAML,
}

func main() {
	// Libraries log about damaged input; standard error is for the oracle's own failure.
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	_ = flags.Set("logtostderr", "false")
	_ = flags.Set("stderrthreshold", "FATAL")
	klog.SetOutput(io.Discard)
	// A run is minutes long and its garbage is short-lived.
	debug.SetGCPercent(400)

	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// serve keeps the order: each line's answer arrives on a channel of its own,
// and the channels are read in the order the lines came.
func serve(in io.Reader, out io.Writer) error {
	type job struct {
		line   []byte
		answer chan []byte
	}
	jobs := make(chan job)
	order := make(chan chan []byte, 4096)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for work := range jobs {
				work.answer <- reply(work.line)
			}
		}()
	}

	var failed error
	go func() {
		reader := bufio.NewReaderSize(in, 1<<20)
		for {
			line, err := reader.ReadBytes('\n')
			if line = bytes.TrimSpace(line); len(line) > 0 {
				answer := make(chan []byte, 1)
				order <- answer
				jobs <- job{line, answer}
			}
			if err != nil {
				if err != io.EOF {
					failed = err
				}
				close(jobs)
				close(order)
				return
			}
		}
	}()

	writer := bufio.NewWriterSize(out, 1<<20)
	for answer := range order {
		var line []byte
		select {
		case line = <-answer:
		default:
			// Whoever asked may be waiting for what is ready.
			if err := writer.Flush(); err != nil {
				return err
			}
			line = <-answer
		}
		if _, err := writer.Write(line); err != nil {
			return err
		}
		if len(order) == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	return failed
}

// reply answers one line, whatever the line holds.
func reply(line []byte) (out []byte) {
	var head struct {
		ID json.RawMessage `json:"id"`
		Op string          `json:"op"`
	}
	finish := func(answer map[string]any) []byte {
		if len(head.ID) > 0 {
			answer["id"] = head.ID
		}
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(answer); err != nil {
			buffer.Reset()
			_ = encoder.Encode(map[string]any{"id": head.ID, "fault": "cannot write the answer: " + err.Error()})
		}
		return buffer.Bytes()
	}
	defer func() {
		if cause := recover(); cause != nil {
			out = finish(map[string]any{"fault": fmt.Sprintf("panic: %v", cause)})
		}
	}()

	if err := json.Unmarshal(line, &head); err != nil {
		head.ID = nil
		return finish(map[string]any{"fault": "not a question: " + err.Error()})
	}
	answer, known := answers[head.Op]
	if !known {
		return finish(map[string]any{"fault": fmt.Sprintf("unknown op %q", head.Op)})
	}
	result, err := answer(line)
	if err != nil {
		return finish(map[string]any{"fault": err.Error()})
	}
	return finish(result)
}

// failure is an answer: the library called it an error.
func failure(err error) map[string]any {
	return map[string]any{"error": err.Error()}
}

func answerVersion([]byte) (map[string]any, error) {
	modules := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Replace != nil {
				module = module.Replace
			}
			switch module.Path {
			case "k8s.io/apiserver", "k8s.io/kubernetes", "k8s.io/pod-security-admission", "sigs.k8s.io/yaml", "github.com/google/cel-go":
				modules[module.Path] = module.Version
			}
		}
	}
	return map[string]any{"modules": modules}, nil
}
