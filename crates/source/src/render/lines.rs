//! Which line of a template a rendered line comes from.
//!
//! A template engine says nothing of lines, so the two texts are laid beside each other: a rendered line
//! belongs to a template line that is the same, or that has actions (`{{ … }}`) in it and the same text
//! around them. Of all ways to pair lines in order, the one that pairs the most text is taken, and of all
//! documents of the template (they are alike in many lines) the one that it pairs best with. A line without a
//! partner was made by an action between those of its neighbours.

use bulkhead_model::Location;

/// By rendered line, the line of the template.
#[derive(Debug)]
pub(super) struct LineMap {
    lines: Vec<Pair>,
    /// Characters of each line of the template.
    widths: Vec<u32>,
}

/// Where a rendered line comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pair {
    /// Line of the template, from 1; 0 where nothing is known.
    line: u32,
    /// The two lines are the same.
    same: bool,
}

/// Pairs of lines that are compared at most; beyond, the file alone is told.
const MOST: usize = 16 << 20;

impl LineMap {
    pub(super) fn new(rendered: &str, template: &str) -> Self {
        let originals: Vec<Original<'_>> = template.lines().map(Original::new).collect();
        let widths = template.lines().map(width).collect();
        let all: Vec<&str> = rendered.lines().collect();
        let mut lines = Vec::with_capacity(all.len());
        // Documents of one template come in the order of their kinds, so each is paired by itself.
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            let end = rest.iter().skip(1).position(|line| *line == "---").map_or(rest.len(), |at| at + 1);
            let (document, after) = rest.split_at(end);
            lines.extend(best(document, &originals));
            rest = after;
        }
        Self { lines, widths }
    }

    pub(super) fn locate(&self, at: &mut Location) {
        let pair = |line: u32| self.lines.get(line.saturating_sub(1) as usize).copied().unwrap_or_default();
        let (first, last) = (pair(at.line), pair(at.end_line));
        at.line = first.line.max(1);
        at.end_line = last.line.max(at.line);
        let width = |line: u32| self.widths.get(line.saturating_sub(1) as usize).copied().unwrap_or(0);
        if !first.same {
            at.column = at.column.min(width(at.line)).max(1);
        }
        if !first.same || !last.same {
            at.end_column = width(at.end_line).saturating_add(1);
        }
        if at.end_line == at.line {
            at.end_column = at.end_column.max(at.column + 1);
        }
    }
}

fn width(line: &str) -> u32 {
    u32::try_from(line.chars().count()).unwrap_or(u32::MAX)
}

/// A line of a template.
struct Original<'t> {
    text: &'t str,
    /// What stands before the first action and after the last.
    around: Option<(&'t str, &'t str)>,
}

impl<'t> Original<'t> {
    fn new(text: &'t str) -> Self {
        let around = text
            .split_once("{{")
            .map(|(before, rest)| (before, rest.rsplit_once("}}").map_or("", |(_, after)| after.trim_end())));
        Self { text, around }
    }

    /// How much text the two have in common; 0 where they are no pair.
    fn weight(&self, rendered: &str) -> u32 {
        let Some((before, after)) = self.around else {
            return if self.text == rendered { 1 + length(self.text) } else { 0 };
        };
        let fits = !before.trim().is_empty()
            && rendered.len() >= before.len() + after.len()
            && rendered.starts_with(before)
            && rendered.ends_with(after);
        if fits { 1 + length(before) + length(after) } else { 0 }
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.trim().len()).unwrap_or(u32::MAX / 4)
}

/// Pairs the lines of one document with those of the part of the template that fits it best.
fn best(rendered: &[&str], originals: &[Original<'_>]) -> Vec<Pair> {
    let none = || vec![Pair::default(); rendered.len()];
    if rendered.len().saturating_mul(originals.len()) > MOST {
        return none();
    }
    let mut start = 0;
    let mut found: Option<(u32, Vec<Pair>)> = None;
    for part in originals.split_inclusive(|original| original.text.trim_end() == "---") {
        let (weight, mut pairs) = pair(rendered, part);
        if found.as_ref().is_none_or(|(best, _)| weight > *best) {
            between(&mut pairs, part);
            for pair in pairs.iter_mut().filter(|pair| pair.line > 0) {
                pair.line += start;
            }
            found = Some((weight, pairs));
        }
        start += u32::try_from(part.len()).unwrap_or(0);
    }
    found.map_or_else(none, |(_, pairs)| pairs)
}

/// What is best from two lines on: to pair them, to leave out the rendered line, or the other.
#[derive(Debug, Clone, Copy)]
enum Step {
    Pair,
    Down,
    Right,
}

/// The heaviest common subsequence of two runs of lines, and its weight.
fn pair(rendered: &[&str], originals: &[Original<'_>]) -> (u32, Vec<Pair>) {
    let (rows, columns) = (rendered.len(), originals.len());
    let mut steps = vec![Step::Down; rows * columns];
    let mut below = vec![0_u32; columns + 1];
    for (row, line) in rendered.iter().enumerate().rev() {
        let mut current = vec![0_u32; columns + 1];
        for (column, original) in originals.iter().enumerate().rev() {
            let weight = original.weight(line);
            let paired = if weight > 0 { weight + below[column + 1] } else { 0 };
            let (down, right) = (below[column], current[column + 1]);
            let step = if weight > 0 && paired >= down && paired >= right {
                Step::Pair
            } else if down >= right {
                Step::Down
            } else {
                Step::Right
            };
            current[column] = paired.max(down).max(right);
            steps[row * columns + column] = step;
        }
        below = current;
    }
    let mut pairs = vec![Pair::default(); rows];
    let (mut row, mut column) = (0, 0);
    while row < rows && column < columns {
        match steps[row * columns + column] {
            Step::Pair => {
                let line = u32::try_from(column + 1).unwrap_or(u32::MAX);
                pairs[row] = Pair { line, same: originals[column].around.is_none() };
                (row, column) = (row + 1, column + 1);
            }
            Step::Down => row += 1,
            Step::Right => column += 1,
        }
    }
    (below.first().copied().unwrap_or(0), pairs)
}

/// Gives lines without a partner to the first action after the line before them, or else to that line.
fn between(pairs: &mut [Pair], originals: &[Original<'_>]) {
    let mut before = 0;
    let mut row = 0;
    while row < pairs.len() {
        if pairs[row].line > 0 {
            before = pairs[row].line;
            row += 1;
            continue;
        }
        let end = pairs[row..].iter().position(|pair| pair.line > 0).map_or(pairs.len(), |at| row + at);
        let after = pairs.get(end).map_or(originals.len(), |pair| pair.line as usize - 1);
        let range = before as usize..after.max(before as usize);
        let action = originals.get(range).unwrap_or_default().iter().position(Original::writes);
        let line = action.map_or(before, |at| before + u32::try_from(at).unwrap_or(0) + 1);
        pairs[row..end].fill(Pair { line, same: false });
        row = end;
    }
}

impl Original<'_> {
    /// Whether the line is an action that can write lines of its own.
    fn writes(&self) -> bool {
        const WORDS: [&str; 9] = ["if ", "else", "end", "range ", "with ", "define ", "/*", "template", "$"];
        let Some((before, _)) = self.around else { return false };
        let inner = self.text.get(before.len()..).unwrap_or("").trim_start_matches(['{', '-', ' ']);
        !WORDS.iter().any(|word| inner.starts_with(word) && *word != "template")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
{{- if .Values.web }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  template:
    spec:
      containers:
      - name: web
        image: {{ .Values.image | quote }}
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
        ports:
        - containerPort: 80
{{- end }}
";

    #[test]
    fn alike_documents_are_told_apart() {
        let one = |name: &str| {
            format!("kind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: {{{{ .n }}}}\n")
        };
        let template = format!("{}---\n{}", one("a"), one("b"));
        let rendered = "---\n# Source: x\nkind: Deployment\nmetadata:\n  name: b\nspec:\n  replicas: 1\n";
        let lines: Vec<u32> = LineMap::new(rendered, &template).lines.iter().map(|pair| pair.line).collect();
        assert_eq!(lines[2..], [7, 8, 9, 10, 11]);
    }

    const RENDERED: &str = "\
---
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: r-web
spec:
  template:
    spec:
      containers:
      - name: web
        image: \"nginx:1\"
        resources:
          limits:
            memory: 1Gi
        ports:
        - containerPort: 80
";

    #[test]
    fn lines_find_their_template() {
        let map = LineMap::new(RENDERED, TEMPLATE);
        let line = |wanted: &str| {
            let row = RENDERED.lines().position(|line| line.trim() == wanted).unwrap();
            map.lines[row].line
        };
        assert_eq!(line("kind: Deployment"), 3);
        assert_eq!(line("name: r-web"), 5);
        assert_eq!(line("image: \"nginx:1\""), 11);
        assert_eq!(line("memory: 1Gi"), 13, "what an action made is blamed on the action");
        assert_eq!(line("- containerPort: 80"), 15);
    }

    #[test]
    fn columns_stay_within_the_line() {
        let map = LineMap::new(RENDERED, TEMPLATE);
        let mut at =
            Location { file: "x".into(), document: 0, line: 15, column: 21, end_line: 15, end_column: 24 };
        map.locate(&mut at);
        assert_eq!((at.line, at.column, at.end_line), (13, 21, 13));
        assert!(at.end_column > at.column);
    }
}
