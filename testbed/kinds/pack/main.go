// Command pack joins what each Kubernetes version says of its kinds into the files of crate kinds,
// and lists all field names for crate document.
//
//	go run ./pack OUTDIR ../../crates
//
// A line that not every version has ends in the minor versions that have it: "@33-36".
package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// borrowed are minors for which k8s.io/kubernetes is not built: their facts are those of another
// minor. A field that came one minor later is then accepted, rather than a good one refused.
var borrowed = map[int]int{32: 33}

//go:embed extra-keys.txt
var extraKeys string

// pack knows, for each line, the minors that have it.
type pack struct {
	minors []int
	lines  map[string]map[int]bool
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack OUTDIR CRATES")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(in, crates string) error {
	p := &pack{lines: map[string]map[int]bool{}}
	if err := p.read(in); err != nil {
		return err
	}
	p.fillGaps()
	data := filepath.Join(crates, "kinds/data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		path  string
		lines []string
	}{
		{filepath.Join(data, "kinds.txt"), append(p.flat("kind"), p.newest("life")...)},
		{filepath.Join(data, "schema.txt"), p.schema()},
		{filepath.Join(data, "defaults.txt"), append(append(p.flat("default"), p.flat("plain")...), p.flat("special")...)},
		{filepath.Join(data, "roles.txt"), append(append(p.flat("role"), p.flat("rule")...), p.flat("binding")...)},
		{filepath.Join(crates, "document/src/keys.txt"), p.keys()},
	} {
		if err := os.WriteFile(file.path, []byte(strings.Join(file.lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *pack) read(in string) error {
	paths, err := filepath.Glob(filepath.Join(in, "1.*.txt"))
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	for _, path := range paths {
		minor, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "1."), ".txt"))
		if err != nil {
			return fmt.Errorf("%s is not named for a minor version", path)
		}
		serves := []int{minor}
		for borrower, lender := range borrowed {
			if lender == minor {
				serves = append(serves, borrower)
			}
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		scanner := bufio.NewScanner(file)
		for scanner.Scan() {
			line := scanner.Text()
			if p.lines[line] == nil {
				p.lines[line] = map[int]bool{}
			}
			for _, minor := range serves {
				p.lines[line][minor] = true
				seen[minor] = true
			}
		}
		if err := scanner.Err(); err != nil {
			return err
		}
		file.Close()
	}
	for minor := range seen {
		p.minors = append(p.minors, minor)
	}
	sort.Ints(p.minors)
	if len(p.minors) == 0 {
		return fmt.Errorf("no 1.N.txt in %s", in)
	}
	return nil
}

// fillGaps lets every kind, and every type, be known in every version: where a version has none of
// its lines, those of the nearest version that has stand in. An old manifest, or one too new, is then
// still read, and judged, as the kind it names; its kind is marked as unserved there.
func (p *pack) fillGaps() {
	has := map[string]map[int]bool{}
	for line, minors := range p.lines {
		for minor := range minors {
			if has[subject(line)] == nil {
				has[subject(line)] = map[int]bool{}
			}
			has[subject(line)][minor] = true
		}
	}
	added := map[string]map[int]bool{}
	for line, minors := range p.lines {
		if subject(line) == "" {
			continue
		}
		for _, minor := range p.minors {
			nearest, found := p.nearest(has[subject(line)], minor)
			if has[subject(line)][minor] || !found || !minors[nearest] {
				continue
			}
			stand := line
			if strings.HasPrefix(line, "kind ") && !strings.HasSuffix(line, " unserved") {
				stand += " unserved"
			}
			if added[stand] == nil {
				added[stand] = map[int]bool{}
			}
			added[stand][minor] = true
		}
	}
	for line, minors := range added {
		if p.lines[line] == nil {
			p.lines[line] = map[int]bool{}
		}
		for minor := range minors {
			p.lines[line][minor] = true
		}
	}
}

// subject is what a line is about: a kind, or a type and what it has. Roles are facts of their own.
func subject(line string) string {
	words := strings.Fields(line)
	switch words[0] {
	case "kind":
		return "kind " + words[1] + " " + words[2]
	case "type", "field", "default", "plain", "special":
		return "type " + words[1]
	}
	return ""
}

func (p *pack) nearest(has map[int]bool, minor int) (int, bool) {
	best, found := 0, false
	for _, other := range p.minors {
		if has[other] && (!found || abs(other-minor) < abs(best-minor)) {
			best, found = other, true
		}
	}
	return best, found
}

func abs(number int) int { return max(number, -number) }

// since spells the minors of a line, and nothing when all have it.
func (p *pack) since(line string) string {
	var ranges []string
	for i := 0; i < len(p.minors); i++ {
		if !p.lines[line][p.minors[i]] {
			continue
		}
		first := p.minors[i]
		for i+1 < len(p.minors) && p.lines[line][p.minors[i+1]] {
			i++
		}
		if first == p.minors[0] && p.minors[i] == p.minors[len(p.minors)-1] {
			return ""
		}
		if first == p.minors[i] {
			ranges = append(ranges, strconv.Itoa(first))
		} else {
			ranges = append(ranges, fmt.Sprintf("%d-%d", first, p.minors[i]))
		}
	}
	return " @" + strings.Join(ranges, ",")
}

// sorted gives the lines of a sort, without its word, in order.
func (p *pack) sorted(sortWord string) []string {
	var found []string
	for line := range p.lines {
		if strings.HasPrefix(line, sortWord+" ") {
			found = append(found, line)
		}
	}
	sort.Strings(found)
	return found
}

func (p *pack) flat(sortWord string) []string {
	var found []string
	for _, line := range p.sorted(sortWord) {
		found = append(found, line+p.since(line))
	}
	return found
}

// newest keeps one line for each apiVersion and kind: the newest version knows best when a kind went.
func (p *pack) newest(sortWord string) []string {
	best := map[string]string{}
	newestMinor := func(line string) int {
		newest := 0
		for minor := range p.lines[line] {
			newest = max(newest, minor)
		}
		return newest
	}
	for _, line := range p.sorted(sortWord) {
		words := strings.Fields(line)
		key := words[1] + " " + words[2]
		if best[key] == "" || newestMinor(line) > newestMinor(best[key]) {
			best[key] = line
		}
	}
	var found []string
	for _, line := range best {
		found = append(found, line)
	}
	sort.Strings(found)
	return found
}

// schema puts the fields under their types.
func (p *pack) schema() []string {
	fields := map[string][]string{}
	for _, line := range p.sorted("type") {
		fields[strings.Fields(line)[1]] = nil
	}
	for _, line := range p.sorted("field") {
		words := strings.SplitN(line, " ", 3)
		fields[words[1]] = append(fields[words[1]], " "+words[2]+p.since(line))
	}
	var types []string
	for name := range fields {
		types = append(types, name)
	}
	sort.Strings(types)
	var found []string
	for _, name := range types {
		found = append(found, name)
		found = append(found, fields[name]...)
	}
	return found
}

// keys lists every name that a field can have, and some that are common without being fields.
func (p *pack) keys() []string {
	names := map[string]bool{}
	for _, line := range p.sorted("field") {
		names[strings.Fields(line)[2]] = true
	}
	for _, line := range strings.Split(extraKeys, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			names[line] = true
		}
	}
	var found []string
	for name := range names {
		found = append(found, name)
	}
	sort.Strings(found)
	return found
}
