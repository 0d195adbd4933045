// Command kinds writes down what one Kubernetes version says of its kinds, as lines of text.
//
// It is built against k8s.io/kubernetes at the version that the chosen module file names, once per
// minor version; command pack then joins the lines of all versions. Facts only: no descriptions.
//
//	GOFLAGS=-modfile=mod/1.35.mod go run . OUTDIR      writes OUTDIR/1.35.txt
//	go run ./pack OUTDIR ../../crates                  joins them
//
// A new minor: copy the newest file of mod/, set the versions in it (k8s.io/kubernetes v1.N.P and each
// staging module v0.N.P), and run `GOFLAGS='-mod=mod -modfile=mod/1.N.mod' go mod tidy`.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// facts are lines; the order of lines does not matter, so they are sorted when written.
type facts struct{ lines map[string]bool }

func (f *facts) add(words ...string) {
	var kept []string
	for _, word := range words {
		if word != "" {
			kept = append(kept, word)
		}
	}
	f.lines[strings.Join(kept, " ")] = true
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kinds OUTDIR")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "kinds:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	// The API server holds these in schemes of their own; here one scheme is enough.
	apiextensions.Install(legacyscheme.Scheme)
	apiregistration.Install(legacyscheme.Scheme)

	minor, dir, err := module()
	if err != nil {
		return err
	}
	f := &facts{lines: map[string]bool{}}
	s := newSchema()
	if err := s.kinds(f, dir); err != nil {
		return err
	}
	s.types(f)
	roles(f)
	if err := s.defaults(f); err != nil {
		return err
	}
	return f.write(filepath.Join(out, minor+".txt"))
}

// module tells the minor version ("1.35") and the folder of the Kubernetes module we are built with.
// The go command inherits GOFLAGS, so it reads the same module file.
func module() (string, string, error) {
	command := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "k8s.io/kubernetes")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return "", "", fmt.Errorf("go list k8s.io/kubernetes: %w", err)
	}
	version, dir, _ := strings.Cut(strings.TrimSpace(string(output)), " ")
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) < 2 || dir == "" {
		return "", "", fmt.Errorf("unexpected answer %q", output)
	}
	return parts[0] + "." + parts[1], dir, nil
}

func (f *facts) write(path string) error {
	var lines []string
	for line := range f.lines {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer := bufio.NewWriter(file)
	for _, line := range lines {
		fmt.Fprintln(writer, line)
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	return file.Close()
}
