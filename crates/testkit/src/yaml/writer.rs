//! Writes a random document, choosing a style for each node as it goes.

use std::fmt::Write as _;

use super::scalars;
use crate::Random;

/// One document: mostly right, in any mixture of styles.
pub fn document(random: &mut Random) -> String {
    let mut writer = Writer { random, text: String::new(), anchors: Vec::new(), step: 2, quiet: false };
    writer.whole();
    writer.text
}

struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    /// Those that aliases may name.
    anchors: Vec<String>,
    /// How much deeper a block is than its parent, unless chance says otherwise.
    step: usize,
    /// No comments, no odd blanks: a plain document.
    quiet: bool,
}

const DEEPEST: usize = 5;

impl Writer<'_> {
    fn whole(&mut self) {
        self.step = *self.random.choose(&[2, 2, 2, 4, 1, 3, 8]);
        self.quiet = self.random.percent(40);
        if self.random.percent(3) {
            self.text.push('\u{feff}');
        }
        if self.random.percent(3) {
            self.text.push_str(self.random.pick(&[
                "%YAML 1.1\n",
                "%YAML 1.2\n",
                "%TAG !e! tag:example,2000:\n",
                "# comment\n",
            ]));
            self.text.push_str("---\n");
        } else if self.random.percent(15) {
            self.text.push_str(self.random.pick(&["---\n", "--- # note\n", "---   \n", "\n---\n"]));
        }
        match self.random.below(20) {
            0 => {
                let scalar = scalars::any(self.random);
                self.text.push_str(&scalar);
            }
            1 => self.flow(0),
            2 => self.block_scalar(0),
            3..=6 => self.sequence(0, 0),
            _ => self.mapping(0, 0),
        }
        self.end_line();
        if self.random.percent(4) {
            self.text.push_str(self.random.pick(&["...\n", "# end\n", "\n\n", "...", "---\n"]));
        }
        self.line_ends();
    }

    fn line_ends(&mut self) {
        if self.random.percent(6) {
            self.text = self.text.replace('\n', "\r\n");
        } else if self.random.percent(1) {
            self.text = self.text.replace('\n', "\r");
        } else if self.random.percent(5) {
            let kept = self.text.trim_end_matches('\n').len();
            self.text.truncate(kept);
        }
    }

    fn end_line(&mut self) {
        if !self.quiet && self.random.percent(8) {
            self.text
                .push_str(self.random.pick(&[" # note", "  ", " #", "\t", "\t# tab", "   # a: b"]));
        }
        self.text.push('\n');
        if !self.quiet && self.random.percent(6) {
            self.text
                .push_str(self.random.pick(&["\n", "# note\n", "   \n", "    # deep note\n", "\t\n"]));
        }
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
        if !self.quiet && self.random.percent(1) {
            self.text.push_str(self.random.pick(&[" ", "\t", "  "]));
        }
    }

    fn deeper(&mut self, columns: usize) -> usize {
        if self.random.percent(90) { columns + self.step } else { columns + 1 + self.random.below(5) }
    }

    /// A block mapping whose first key stands where the text ends, others at `columns`.
    fn mapping(&mut self, columns: usize, depth: usize) {
        let count = 1 + self.random.below(4);
        for number in 0..count {
            if number > 0 {
                self.indent(columns);
            }
            self.key(columns);
            self.value(columns, depth, true);
            if number + 1 < count {
                self.end_line();
            }
        }
    }

    fn key(&mut self, columns: usize) {
        if self.random.percent(3) && !self.anchors.is_empty() {
            let anchor = self.random.choose(&self.anchors).clone();
            self.text.push_str(self.random.pick(&["<<", "<<", "\"<<\"", "!!merge <<"]));
            self.text.push_str(": ");
            match self.random.below(4) {
                0 => _ = write!(self.text, "[*{anchor}, *{anchor}]"),
                1 => _ = write!(self.text, "[*{anchor}]"),
                2 => _ = write!(self.text, "{{k: *{anchor}}}"),
                _ => _ = write!(self.text, "*{anchor}"),
            }
            self.text.push('\n');
            self.indent(columns);
        }
        let key = match self.random.below(20) {
            0..=1 => scalars::plain(self.random),
            2 => scalars::any(self.random),
            3 => self.alias().unwrap_or_else(|| "k".into()),
            4 => format!("\"{}\"", self.random.choose(&["a", "b c", "1", "true"])),
            _ => (self.random.pick(&[
                "a", "b", "c", "d", "name", "image", "spec", "metadata", "kind", "ports", "a.b/c", "x-y", "1",
            ]))
            .to_owned(),
        };
        if self.random.percent(3) {
            self.text.push_str("? ");
            self.text.push_str(&key);
            self.text.push('\n');
            self.indent(columns);
            self.text.push(':');
            return;
        }
        if self.random.percent(2) {
            self.anchor();
        }
        self.text.push_str(&key);
        if !self.quiet && self.random.percent(3) {
            self.text.push(' ');
        }
        self.text.push(':');
    }

    /// What stands after a colon (`compact` is false after a dash).
    fn value(&mut self, columns: usize, depth: usize, after_colon: bool) {
        let deep = depth >= DEEPEST;
        let choice = if deep { self.random.below(12) } else { self.random.below(24) };
        let before = self.text.len();
        if choice != 10 && self.random.percent(5) {
            self.text.push(' ');
            self.anchor();
        }
        if self.random.percent(1) && choice > 11 {
            self.text
                .push_str(self.random.pick(&[" !!map", " !!seq", " !custom", " !!str", " !!set"]));
        }
        match choice {
            0..=7 => {
                self.blanks();
                let scalar = scalars::any(self.random);
                self.text.push_str(&scalar);
            }
            8 => {
                self.blanks();
                self.flow(depth);
            }
            9 => {
                self.blanks();
                self.block_scalar(columns);
            }
            10 => {
                self.text.truncate(before);
                match self.alias() {
                    Some(alias) => {
                        self.text.push(' ');
                        self.text.push_str(&alias);
                    }
                    None => self.text.push_str(" x"),
                }
            }
            11 => {
                self.blanks();
                self.many_lines(columns);
            }
            12..=15 if after_colon => {
                // A sequence may stand as deep as the key that holds it.
                let inner = if self.random.percent(40) { columns } else { self.deeper(columns) };
                self.end_line();
                self.indent(inner);
                self.sequence(inner, depth + 1);
            }
            12..=15 => {
                self.text.push(' ');
                self.sequence(columns + 2, depth + 1);
            }
            _ if after_colon => {
                let inner = self.deeper(columns);
                self.end_line();
                self.indent(inner);
                self.mapping(inner, depth + 1);
            }
            _ => {
                let extra = if self.random.percent(90) { 1 } else { 1 + self.random.below(4) };
                self.text.extend(std::iter::repeat_n(' ', extra));
                self.mapping(columns + 1 + extra, depth + 1);
            }
        }
    }

    fn sequence(&mut self, columns: usize, depth: usize) {
        let count = 1 + self.random.below(4);
        for number in 0..count {
            if number > 0 {
                self.indent(columns);
            }
            self.text.push('-');
            if self.random.percent(96) {
                self.value(columns, depth, false);
            }
            if number + 1 < count {
                self.end_line();
            }
        }
    }

    fn blanks(&mut self) {
        self.text.push_str(if self.quiet {
            " "
        } else {
            self.random.pick(&[" ", " ", " ", "  ", "\t", " \t"])
        });
    }

    fn anchor(&mut self) {
        let name = self.random.pick(&["a", "b", "x1", "anchor", "é", "a-b", "*"]).to_owned();
        _ = write!(self.text, "&{name} ");
        self.anchors.push(name);
    }

    fn alias(&mut self) -> Option<String> {
        if self.anchors.is_empty() || self.random.percent(3) {
            return self.random.percent(5).then(|| "*unknown".to_owned());
        }
        Some(format!("*{}", self.random.choose(&self.anchors)))
    }

    fn flow(&mut self, depth: usize) {
        let open = self.random.percent(50);
        self.text.push(if open { '[' } else { '{' });
        let count = self.random.below(4);
        for number in 0..count {
            self.flow_blank();
            if !open || self.random.percent(5) {
                let key = if self.random.percent(80) {
                    self.random.pick(&["a", "b", "\"c\"", "'d'", "1", "true", "a b", "*a"]).to_owned()
                } else {
                    scalars::any(self.random)
                };
                self.text.push_str(&key);
                if self.random.percent(10) {
                    self.flow_comma(number, count);
                    continue;
                }
                self.text.push_str(self.random.pick(&[": ", ": ", ": ", ":", " : ", ":\n  "]));
            }
            if depth < DEEPEST && self.random.percent(20) {
                self.flow(depth + 2);
            } else {
                let scalar = match self.random.below(12) {
                    0 => self.alias().unwrap_or_default(),
                    _ => scalars::any(self.random),
                };
                self.text.push_str(&scalar);
            }
            self.flow_comma(number, count);
        }
        self.flow_blank();
        self.text.push(if open { ']' } else { '}' });
    }

    fn flow_comma(&mut self, number: usize, count: usize) {
        self.flow_blank();
        if number + 1 < count || self.random.percent(8) {
            self.text.push(',');
        }
    }

    fn flow_blank(&mut self) {
        if !self.quiet && self.random.percent(10) {
            self.text
                .push_str(self.random.pick(&[" ", "  ", "\n   ", "\n", " # note\n  ", "\t", "\n\n "]));
        } else if self.random.percent(50) {
            self.text.push(' ');
        }
    }

    /// A literal or folded scalar with any header.
    fn block_scalar(&mut self, columns: usize) {
        let extra = 1 + self.random.below(4);
        let style = self.random.pick(&["|", ">"]);
        let chomp = self.random.pick(&["", "", "-", "+"]);
        let digit =
            if self.random.percent(20) { format!("{}", 1 + self.random.below(6)) } else { String::new() };
        let header = if self.random.percent(50) {
            format!("{style}{chomp}{digit}")
        } else {
            format!("{style}{digit}{chomp}")
        };
        self.text.push_str(&header);
        if self.random.percent(5) {
            self.text.push_str(self.random.pick(&[" # note", "  ", " x", "#", "\t"]));
        }
        for _ in 0..self.random.below(5) {
            self.text.push('\n');
            if self.random.percent(15) {
                if self.random.percent(30) {
                    self.text.extend(std::iter::repeat_n(' ', self.random.below(8)));
                }
                continue;
            }
            let more = if self.random.percent(15) { self.random.below(4) } else { 0 };
            let less = if self.random.percent(3) { extra.min(1 + self.random.below(2)) } else { 0 };
            self.text.extend(std::iter::repeat_n(' ', columns + extra + more - less));
            self.text.push_str(self.random.pick(&[
                "text",
                "more text",
                "# no comment",
                "a: b",
                "- x",
                "\ttab",
                "tail ",
                "'quoted'",
                "é",
                "---",
                "\\n",
                "...",
                "x\ty",
                "%",
                "{{ a }}",
            ]));
        }
        if self.random.percent(20) {
            for _ in 0..self.random.below(4) {
                self.text.push('\n');
            }
        }
    }

    /// A plain or quoted scalar that goes on over several lines.
    fn many_lines(&mut self, columns: usize) {
        let quote = self.random.pick(&["", "'", "\""]);
        self.text.push_str(quote);
        self.text.push_str(self.random.pick(&["one", "first line", "a"]));
        for _ in 0..=self.random.below(3) {
            if quote == "\"" && self.random.percent(20) {
                self.text.push('\\');
            }
            if self.random.percent(10) {
                self.text.push_str(self.random.pick(&[" ", "\t", "  "]));
            }
            self.text.push('\n');
            if self.random.percent(20) {
                self.text.push_str(self.random.pick(&["\n", "  \n", "\n\n", "\t\n"]));
            }
            let indent = if self.random.percent(90) { columns + 1 + self.random.below(4) } else { columns };
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(self.random.pick(&[
                "two",
                "next line",
                "# note",
                "- x",
                "a: b",
                "x #y",
                "\tz",
                "1",
                "true",
                "é",
                "?",
                "[a",
                "b]",
            ]));
        }
        self.text.push_str(quote);
    }
}
