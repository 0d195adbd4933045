//! Differences that are judged right on our side, kept in a file beside the test.
//!
//! The file is made of stanzas with a blank line between them, `#` begins a comment. Each line of a
//! stanza is `name: text`; a line that begins with a blank continues the one above, a pattern without a
//! blank between. `reason` says why we
//! differ; `case`, `ours` and `oracle` are regular expressions, and all that are there must match.

use regex::Regex;

/// One rule of the file.
#[derive(Debug)]
pub struct Rule {
    /// Why we differ.
    pub reason: String,
    case: Option<Regex>,
    ours: Option<Regex>,
    oracle: Option<Regex>,
}

/// All rules of a file.
#[derive(Debug)]
pub struct Listed(Vec<Rule>);

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ListedError {
    line: usize,
    what: String,
}

impl Listed {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, ListedError> {
        let mut rules = Vec::new();
        let mut fields: Vec<(usize, &str, String)> = Vec::new();
        for (number, line) in (1..).zip(text.lines().chain([""])) {
            if line.starts_with('#') {
                continue;
            }
            if line.trim().is_empty() {
                if !fields.is_empty() {
                    rules.push(rule(std::mem::take(&mut fields))?);
                }
            } else if line.starts_with(' ') {
                let last = fields
                    .last_mut()
                    .ok_or(ListedError { line: number, what: "continues nothing".into() })?;
                if last.1 == "reason" {
                    last.2.push(' ');
                }
                last.2.push_str(line.trim());
            } else {
                let (name, value) = line
                    .split_once(": ")
                    .ok_or(ListedError { line: number, what: "expected `name: text`".into() })?;
                fields.push((number, name, value.to_owned()));
            }
        }
        Ok(Self(rules))
    }

    /// The first rule that covers a difference, by its place in the file.
    pub fn find(&self, case: &str, ours: &str, oracle: &str) -> Option<usize> {
        let holds = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|it| it.is_match(text));
        self.0.iter().position(|rule| {
            holds(&rule.ours, ours) && holds(&rule.oracle, oracle) && holds(&rule.case, case)
        })
    }

    /// The rules in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }
}

fn rule(fields: Vec<(usize, &str, String)>) -> Result<Rule, ListedError> {
    let first = fields.first().map_or(0, |field| field.0);
    let mut rule = Rule { reason: String::new(), case: None, ours: None, oracle: None };
    for (line, name, text) in fields {
        let pattern =
            || Regex::new(&text).map(Some).map_err(|error| ListedError { line, what: error.to_string() });
        match name {
            "reason" => rule.reason = text,
            "case" => rule.case = pattern()?,
            "ours" => rule.ours = pattern()?,
            "oracle" => rule.oracle = pattern()?,
            _ => return Err(ListedError { line, what: format!("unknown name {name}") }),
        }
    }
    let what = if rule.reason.is_empty() {
        "a rule without a reason"
    } else if rule.case.is_none() && rule.ours.is_none() && rule.oracle.is_none() {
        "a rule that matches everything"
    } else {
        return Ok(rule);
    };
    Err(ListedError { line: first, what: what.into() })
}

#[test]
fn rules_need_a_reason_and_a_pattern() {
    let text = "# note\nreason: we are\n  stricter\nours: ^error\n\nreason: b\ncase: x\noracle: ^value";
    let listed = Listed::parse(text).unwrap();
    assert_eq!(listed.rules()[0].reason, "we are stricter");
    assert_eq!(listed.find("x", "error: y", "value: 1"), Some(0));
    assert_eq!(listed.find("x", "value: 2", "value: 1"), Some(1));
    assert_eq!(listed.find("y", "value: 2", "value: 1"), None);
    assert!(Listed::parse("ours: x").is_err());
    assert!(Listed::parse("reason: x").is_err());
    assert!(Listed::parse("reason: x\nours: (").is_err());
}
