// Command kyverno answers what Kyverno's own engine says of a case, so that Bulkhead's judging by
// Kyverno's policies can be compared with it.
//
// It reads one JSON object a line from standard input and writes one JSON object a line to standard
// output, in the order of the questions. README.md has the shapes.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// answers has one function an operation. Each reads its own fields of the question; what it returns is
// merged with the question's "id".
var answers = map[string]func(question []byte) (map[string]any, error){
	"jmespath": answerJMESPath,
	"leaf":     answerLeaf,
	"pattern":  answerPattern,
	"policy":   answerPolicy,
}

func main() {
	klog.SetLogger(logr.Discard())
	klog.SetOutput(io.Discard)
	debug.SetGCPercent(400)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kyverno:", err)
		os.Exit(1)
	}
}

// serve keeps the order: each line's answer arrives on a channel of its own, and the channels are read in
// the order the lines came.
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
		if _, err := writer.Write(append(line, '\n')); err != nil {
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

// reply answers one line; a panic is a fault like any other wrong question.
func reply(line []byte) (text []byte) {
	var asked struct {
		ID json.RawMessage `json:"id"`
		Op string          `json:"op"`
	}
	answer := map[string]any{}
	defer func() {
		if cause := recover(); cause != nil {
			answer = map[string]any{"fault": fmt.Sprint(cause)}
		}
		if len(asked.ID) > 0 {
			answer["id"] = asked.ID
		}
		written, err := json.Marshal(answer)
		if err != nil {
			written, _ = json.Marshal(map[string]any{"id": asked.ID, "fault": err.Error()})
		}
		text = written
	}()
	if err := json.Unmarshal(line, &asked); err != nil {
		answer["fault"] = err.Error()
		return
	}
	run, known := answers[asked.Op]
	if !known {
		answer["fault"] = fmt.Sprintf("unknown op %q", asked.Op)
		return
	}
	found, err := run(line)
	if err != nil {
		answer["fault"] = err.Error()
		return
	}
	answer = found
	return
}
