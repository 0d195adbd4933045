//! Rego in a form that the interpreter and OPA read alike.
//!
//! Three things are written out. `not f(a.b)` is false in OPA where `a.b` is undefined, because OPA binds the
//! arguments of a call before it: so is done here. A statement that begins with a bracket is taken by the
//! interpreter for a call of what ends the line before it. And a rule with several bodies gets its head
//! before each, which is what the language says they mean.
//!
//! The text is not parsed, only cut into words; what does not fit is left as it is.

/// Writes a module out. Text that is no Rego comes back as it went in, or as other text that is none.
pub(super) fn rewrite(text: &str) -> String {
    let tokens = tokens(text);
    let mut changes = Vec::new();
    statements_in_brackets(text, &tokens, &mut changes);
    chained_bodies(text, &tokens, &mut changes);
    negated_calls(text, &tokens, &mut changes);
    changes.sort_by_key(|change| change.start);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for change in changes {
        if change.start < at {
            continue;
        }
        out.push_str(text.get(at..change.start).unwrap_or(""));
        out.push_str(&change.new);
        at = change.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// Text in the place of other text.
struct Change {
    start: usize,
    end: usize,
    new: String,
}

/// A word, a text, a line end or a mark of one letter (`:=`, `==` … of two).
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    start: usize,
    /// How many brackets are open before it.
    depth: usize,
}

impl Token<'_> {
    fn end(self) -> usize {
        self.start + self.text.len()
    }

    fn is(self, text: &str) -> bool {
        self.text == text
    }

    fn is_word(self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let (mut all, mut at, mut depth) = (Vec::new(), 0, 0_usize);
    while at < bytes.len() {
        let start = at;
        match byte(at) {
            b'#' => {
                while at < bytes.len() && byte(at) != b'\n' {
                    at += 1;
                }
                continue;
            }
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'"' => {
                at += 1;
                while at < bytes.len() && byte(at) != b'"' && byte(at) != b'\n' {
                    at += if byte(at) == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'`' => {
                at += 1;
                while at < bytes.len() && byte(at) != b'`' {
                    at += 1;
                }
                at += 1;
            }
            first if first.is_ascii_alphanumeric() || first == b'_' => {
                while byte(at).is_ascii_alphanumeric() || byte(at) == b'_' {
                    at += 1;
                }
            }
            b':' | b'=' | b'!' | b'<' | b'>' if byte(at + 1) == b'=' => at += 2,
            // A letter of several bytes is one mark.
            _ => {
                at += 1;
                while at < bytes.len() && !text.is_char_boundary(at) {
                    at += 1;
                }
            }
        }
        let Some(token) = text.get(start..at.min(bytes.len())) else { break };
        if matches!(token, ")" | "]" | "}") {
            depth = depth.saturating_sub(1);
        }
        all.push(Token { text: token, start, depth });
        if matches!(token, "(" | "[" | "{") {
            depth += 1;
        }
    }
    all
}

/// The place of the bracket that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let depth = tokens.get(open)?.depth;
    let rest = tokens.get(open + 1..)?;
    rest.iter()
        .position(|token| token.depth == depth && matches!(token.text, ")" | "]" | "}"))
        .map(|at| open + 1 + at)
}

fn statements_in_brackets(_: &str, tokens: &[Token<'_>], changes: &mut Vec<Change>) {
    let mut open: Vec<&str> = Vec::new();
    let mut last = "";
    let mut new_line = false;
    for token in tokens {
        if token.is("\n") {
            new_line = true;
            continue;
        }
        let ends = last.ends_with(|letter: char| letter.is_alphanumeric() || "_)]}\"`".contains(letter));
        if token.is("(") && new_line && ends && open.last() == Some(&"{") {
            changes.push(Change { start: token.start, end: token.start, new: "true; ".to_owned() });
        }
        match token.text {
            "(" | "[" | "{" => open.push(token.text),
            ")" | "]" | "}" => _ = open.pop(),
            _ => (),
        }
        (last, new_line) = (token.text, false);
    }
}

fn chained_bodies(text: &str, tokens: &[Token<'_>], changes: &mut Vec<Change>) {
    let mut head: Option<&str> = None;
    let (mut line, mut last) = (0, "");
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        if token.is("\n") {
            if token.depth == 0 {
                line = token.end();
            }
            continue;
        }
        let is_body = token.depth == 0 && token.is("{") && !matches!(last, "=" | ":=" | "in" | ",");
        if is_body {
            match head.filter(|_| last == "}") {
                Some(head) => {
                    changes.push(Change { start: token.start, end: token.start, new: format!("\n{head}") });
                }
                None => {
                    head =
                        text.get(line..token.start).filter(|head| !head.trim_start().starts_with(['}', '{']));
                }
            }
            let Some(close) = closing(tokens, at - 1) else { return };
            // `else` belongs to the rule, and what follows it is no body of the head.
            let next = tokens.get(close + 1..).and_then(|rest| rest.iter().find(|token| !token.is("\n")));
            if next.is_some_and(|next| !next.is("{")) {
                head = None;
            }
            if next.is_some_and(|next| next.is("{"))
                && let (Some(next), Some(end)) = (next, tokens.get(close))
            {
                line = next.start.max(end.end());
            }
            (at, last) = (close + 1, "}");
            continue;
        }
        last = token.text;
    }
}

fn negated_calls(text: &str, tokens: &[Token<'_>], changes: &mut Vec<Change>) {
    let mut made = 0;
    for (place, token) in tokens.iter().enumerate() {
        let name = |at: usize| tokens.get(place + at).is_some_and(|token| token.is_word());
        if !token.is("not") || !name(1) {
            continue;
        }
        let mut open = place + 2;
        while tokens.get(open).is_some_and(|token| token.is("."))
            && tokens.get(open + 1).is_some_and(|token| token.is_word())
        {
            open += 2;
        }
        if !tokens.get(open).is_some_and(|token| token.is("(")) {
            continue;
        }
        let Some(close) = closing(tokens, open) else { continue };
        let ends = tokens.get(close + 1).is_none_or(|token| matches!(token.text, "\n" | "}" | ";" | "]"));
        if !ends {
            continue;
        }
        let mut bound = String::new();
        for (start, end) in arguments(tokens, open, close) {
            let Some(words) = tokens.get(start..end) else { continue };
            if !is_reference(words) {
                continue;
            }
            let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
            let Some(argument) = text.get(first.start..last.end()) else { continue };
            made += 1;
            let name = format!("bulkhead_{made}");
            bound.extend([&name, " := ", argument, "; "]);
            changes.push(Change { start: first.start, end: last.end(), new: name });
        }
        if !bound.is_empty() {
            changes.push(Change { start: token.start, end: token.start, new: bound });
        }
    }
}

/// From and to which word each argument of a call runs.
fn arguments(tokens: &[Token<'_>], open: usize, close: usize) -> Vec<(usize, usize)> {
    let depth = tokens.get(open).map_or(0, |token| token.depth) + 1;
    let (mut all, mut start) = (Vec::new(), open + 1);
    for (at, token) in tokens.iter().enumerate().take(close).skip(open + 1) {
        if token.is(",") && token.depth == depth {
            all.push((start, at));
            start = at + 1;
        }
    }
    all.push((start, close));
    all.into_iter()
        .map(|(start, end)| {
            let is_blank = |at: &usize| tokens.get(*at).is_some_and(|token| token.is("\n"));
            let start = (start..end).find(|at| !is_blank(at)).unwrap_or(end);
            let end = (start..end).rfind(|at| !is_blank(at)).map_or(start, |at| at + 1);
            (start, end)
        })
        .collect()
}

/// A name with fields and indexes behind it, and nothing else: what OPA binds before the call.
fn is_reference(words: &[Token<'_>]) -> bool {
    let [first, second, ..] = words else { return false };
    let rest = words.get(1..).unwrap_or_default();
    first.is_word()
        && second.start == first.end()
        && matches!(second.text, "." | "[")
        && rest.iter().all(|word| {
            word.is_word() && !word.is("_")
                || matches!(word.text, "." | "[" | "]")
                || word.text.starts_with('"')
        })
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    #[test]
    fn what_is_written_out() {
        let cases = [
            ("p {\n  x := a\n  (x - 1) > 2\n}", "p {\n  x := a\n  true; (x - 1) > 2\n}"),
            ("p {\n  f(a,\n  (b))\n}", "p {\n  f(a,\n  (b))\n}"),
            ("p[x] { a } { b }", "p[x] { a } \np[x] { b }"),
            (
                "f(x) = y {\n  a\n} {\n  b\n} {\n  c\n}",
                "f(x) = y {\n  a\n} \nf(x) = y {\n  b\n} \nf(x) = y {\n  c\n}",
            ),
            ("p { a } else = 1 { b }\nq { c }", "p { a } else = 1 { b }\nq { c }"),
            ("p { not f(x.y, \"z\", w) }", "p { bulkhead_1 := x.y; not f(bulkhead_1, \"z\", w) }"),
            ("p { not a.f(x[\"y\"].z)\n}", "p { bulkhead_1 := x[\"y\"].z; not a.f(bulkhead_1)\n}"),
            ("p { not f(x[_]) }", "p { not f(x[_]) }"),
            ("p { not f(x.y) == 1 }", "p { not f(x.y) == 1 }"),
            ("p { x := \"not f(a.b)\" } # not f(a.b)", "p { x := \"not f(a.b)\" } # not f(a.b)"),
        ];
        for (text, wanted) in cases {
            assert_eq!(rewrite(text), wanted);
        }
    }

    #[test]
    fn any_text_at_all() {
        for text in ["", "}{", "\"", "`\n", "not", "not f(", "p { (", "é {\n (", "{ } {", "\\"] {
            rewrite(text);
        }
    }
}
