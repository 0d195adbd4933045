//! The functions of a query: JMESPath's own ([`super::standard`]), and those of Kyverno here.
//!
//! What asks for a clock, the network or chance has no answer here, and `random`, `x509_decode`, `sha1`, `md5` and
//! layouts of time are not run: each is a problem with its name, never a wrong value.

use std::fmt::Write as _;

use bulkhead_document::{Limits, read};
use sha2::{Digest as _, Sha256};

use super::eval::{Argument, Run};
use super::parse::Ast;
use super::semver::{Range, Version};
use super::{Problem, arithmetic, image, standard, time};
use crate::kyverno::value::{Entries, Value};
use crate::kyverno::wildcard;

pub(super) type Found = Result<Value, Problem>;

/// Arguments with their types asked for.
pub(super) struct Arguments<'a, 'q> {
    name: &'a str,
    given: &'a [Argument<'q>],
}

impl<'a, 'q> Arguments<'a, 'q> {
    fn wrong<T>(&self, place: usize, expected: &str) -> Result<T, Problem> {
        let (name, place) = (self.name, place + 1);
        Err(Problem::failed(format!(
            "JMESPath function '{name}': argument #{place} is not of type {expected}"
        )))
    }

    pub(super) fn any(&self, place: usize) -> Result<&'a Value, Problem> {
        match self.given.get(place) {
            Some(Argument::Value(value)) => Ok(value),
            _ => self.wrong(place, "Any"),
        }
    }

    pub(super) fn reference(&self, place: usize) -> Result<&'q Ast, Problem> {
        match self.given.get(place) {
            Some(Argument::Reference(ast)) => Ok(ast),
            _ => self.wrong(place, "Expression"),
        }
    }

    pub(super) fn text(&self, place: usize) -> Result<&'a str, Problem> {
        self.any(place)?.as_text().map_or_else(|| self.wrong(place, "String"), Ok)
    }

    pub(super) fn number(&self, place: usize) -> Result<f64, Problem> {
        match self.any(place)? {
            Value::Float(number) => Ok(*number),
            _ => self.wrong(place, "Number"),
        }
    }

    pub(super) fn list(&self, place: usize) -> Result<&'a [Value], Problem> {
        let items = self.any(place)?.as_list();
        items.map_or_else(|| self.wrong(place, "Array"), |items| Ok(items.as_slice()))
    }

    pub(super) fn map(&self, place: usize) -> Result<&'a Entries, Problem> {
        let entries = self.any(place)?.as_map();
        entries.map_or_else(|| self.wrong(place, "Object"), |entries| Ok(&**entries))
    }

    /// A text, or a number as one.
    fn spelled(&self, place: usize) -> Result<String, Problem> {
        match self.any(place)? {
            Value::Text(text) => Ok((**text).to_owned()),
            Value::Float(number) => Ok(short_float(*number)),
            _ => self.wrong(place, "String or Real"),
        }
    }

    pub(super) fn count(&self, wanted: usize) -> Result<(), Problem> {
        if self.given.len() == wanted {
            return Ok(());
        }
        Err(Problem::failed(format!("JMESPath function '{}': incorrect number of args", self.name)))
    }

    pub(super) fn len(&self) -> usize {
        self.given.len()
    }

    pub(super) fn failed<T>(&self, message: impl std::fmt::Display) -> Result<T, Problem> {
        Err(Problem::failed(format!("JMESPath function '{}': {message}", self.name)))
    }
}

/// Go's shortest decimal form of a number as a `float32`.
#[expect(clippy::cast_possible_truncation, reason = "Kyverno writes numbers so")]
fn short_float(number: f64) -> String {
    format!("{}", number as f32)
}

/// Calls a function by its name.
pub(super) fn call(run: &mut Run, name: &str, given: &[Argument<'_>]) -> Found {
    let arguments = Arguments { name, given };
    if let Some(found) = standard::call(run, name, &arguments) {
        return found;
    }
    if let Some(found) = time::call(name, &arguments) {
        return found;
    }
    if let Some(found) = arithmetic::call(name, &arguments) {
        return found;
    }
    own(name, &arguments)
}

/// How many arguments a function of Kyverno's takes.
fn arity(name: &str) -> Option<usize> {
    Some(match name {
        "to_upper" | "to_lower" | "to_boolean" | "base64_decode" | "base64_encode" | "path_canonicalize"
        | "parse_json" | "parse_yaml" | "random" | "x509_decode" | "image_normalize" | "is_external_url"
        | "sha256" | "sha1" | "md5" => 1,
        "compare" | "equal_fold" | "trim" | "trim_prefix" | "split" | "regex_match" | "pattern_match"
        | "label_match" | "truncate" | "semver_compare" | "lookup" | "object_from_lists" => 2,
        "replace_all" | "regex_replace_all" | "regex_replace_all_literal" | "items" => 3,
        "replace" => 4,
        _ => return None,
    })
}

fn own(name: &str, arguments: &Arguments<'_, '_>) -> Found {
    let Some(arity) = arity(name) else { return Err(Problem::failed(format!("unknown function: {name}"))) };
    arguments.count(arity)?;
    let text = |text: &str| Ok(Value::text(text));
    match name {
        "compare" => {
            let order = arguments.text(0)?.cmp(arguments.text(1)?);
            Ok(Value::Float(f64::from(order as i8)))
        }
        "equal_fold" => Ok(Value::Bool(folded(arguments.text(0)?) == folded(arguments.text(1)?))),
        "replace" => replace(arguments),
        "replace_all" => text(&arguments.text(0)?.replace(arguments.text(1)?, arguments.text(2)?)),
        "to_upper" => text(&arguments.text(0)?.to_uppercase()),
        "to_lower" => text(&arguments.text(0)?.to_lowercase()),
        "trim" => {
            let letters: Vec<char> = arguments.text(1)?.chars().collect();
            text(arguments.text(0)?.trim_matches(letters.as_slice()))
        }
        "trim_prefix" => {
            let whole = arguments.text(0)?;
            text(whole.strip_prefix(arguments.text(1)?).unwrap_or(whole))
        }
        "split" => split(arguments),
        "regex_match" => {
            let (pattern, subject) = (regex(arguments)?, arguments.spelled(1)?);
            Ok(Value::Bool(pattern.is_match(&subject)))
        }
        "regex_replace_all" => {
            let (pattern, subject) = (regex(arguments)?, arguments.spelled(1)?);
            let by = arguments.spelled(2)?;
            text(&pattern.replace_all(&subject, by.as_str()))
        }
        "regex_replace_all_literal" => {
            let (pattern, subject) = (regex(arguments)?, arguments.spelled(1)?);
            let by = arguments.spelled(2)?;
            text(&pattern.replace_all(&subject, regex::NoExpand(&by)))
        }
        "pattern_match" => Ok(Value::Bool(wildcard::matches(arguments.text(0)?, &arguments.spelled(1)?))),
        "label_match" => {
            let (wanted, found) = (arguments.map(0)?, arguments.map(1)?);
            Ok(Value::Bool(wanted.iter().all(|(key, value)| found.get(key) == Some(value))))
        }
        "to_boolean" => match arguments.text(0)?.to_lowercase().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => arguments.failed("lowercase argument must be 'true' or 'false'"),
        },
        "base64_decode" => match arithmetic::base64_decode(arguments.text(0)?) {
            Some(decoded) => text(&String::from_utf8_lossy(&decoded)),
            None => arguments.failed("illegal base64 data"),
        },
        "base64_encode" => text(&arithmetic::base64_encode(arguments.text(0)?.as_bytes())),
        "path_canonicalize" => text(&clean_path(arguments.text(0)?)),
        "truncate" => {
            let length = arguments.number(1)?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is at least zero"
            )]
            let length = length.max(0.0) as usize;
            text(&arguments.text(0)?.chars().take(length).collect::<String>())
        }
        "semver_compare" => semver_compare(arguments),
        "parse_json" => {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(arguments.text(0)?);
            parsed.map_or_else(|error| arguments.failed(error), |json| Ok(Value::from(&json).with_floats()))
        }
        "parse_yaml" => match read(arguments.text(0)?.into(), &Limits::default()).next() {
            None => Ok(Value::Null),
            Some(Ok(tree)) => Ok(Value::from(tree.root()).with_floats()),
            Some(Err(error)) => arguments.failed(error.problem),
        },
        "lookup" => lookup(arguments),
        "items" => items(arguments),
        "object_from_lists" => object_from_lists(arguments),
        "image_normalize" => match image::parse(arguments.text(0)?) {
            Ok(image) => text(&image.reference()),
            Err(error) => arguments.failed(error),
        },
        "sha256" => {
            let digest = Sha256::digest(arguments.text(0)?.as_bytes());
            text(&digest.iter().fold(String::new(), |mut text, byte| {
                _ = write!(text, "{byte:02x}");
                text
            }))
        }
        name => {
            arguments.text(0)?;
            Err(Problem::Unsupported(name.to_owned()))
        }
    }
}

/// Letters that differ in case alone become the same.
fn folded(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .to_uppercase()
        .to_lowercase()
}

fn regex(arguments: &Arguments<'_, '_>) -> Result<regex::Regex, Problem> {
    let pattern = arguments.text(0)?;
    let built = regex::RegexBuilder::new(pattern).size_limit(1 << 20).dfa_size_limit(1 << 20).build();
    built.map_or_else(|_| arguments.failed("error parsing regexp"), Ok)
}

fn replace(arguments: &Arguments<'_, '_>) -> Found {
    let (whole, from, to) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let count = arguments.number(3)?;
    if count.fract() != 0.0 || !count.is_finite() {
        return arguments.failed("argument #4 is no whole number");
    }
    if count < 0.0 {
        return Ok(Value::text(whole.replace(from, to)));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is at least zero")]
    let count = count as usize;
    Ok(Value::text(whole.replacen(from, to, count)))
}

/// Go splits at nothing into letters.
fn split(arguments: &Arguments<'_, '_>) -> Found {
    let (whole, at) = (arguments.text(0)?, arguments.text(1)?);
    let parts: Vec<Value> = if at.is_empty() {
        whole.chars().map(|letter| Value::text(letter.to_string())).collect()
    } else {
        whole.split(at).map(Value::text).collect()
    };
    Ok(Value::list(parts))
}

fn semver_compare(arguments: &Arguments<'_, '_>) -> Found {
    let (version, range) = (arguments.text(0)?, arguments.text(1)?);
    // What is no version counts as 0.0.0.
    let version = Version::parse(version).unwrap_or_default();
    match Range::parse(range) {
        Ok(range) => Ok(Value::Bool(range.holds(&version))),
        Err(error) => arguments.failed(error),
    }
}

fn lookup(arguments: &Arguments<'_, '_>) -> Found {
    match arguments.any(0)? {
        Value::Map(entries) => Ok(entries.get(arguments.text(1)?).cloned().unwrap_or(Value::Null)),
        Value::List(items) => {
            let index = arguments.number(1)?;
            if index.fract() != 0.0 || !index.is_finite() {
                return arguments.failed("argument #2: expected an integer number");
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is at least zero"
            )]
            let found = (index >= 0.0).then(|| items.get(index as usize)).flatten();
            Ok(found.cloned().unwrap_or(Value::Null))
        }
        _ => arguments.failed("argument #1 is not of type Object or Array"),
    }
}

fn items(arguments: &Arguments<'_, '_>) -> Found {
    let (key_name, value_name) = (arguments.text(1)?, arguments.text(2)?);
    let pair = |key: Value, value: &Value| {
        let mut entries = Entries::new();
        entries.insert(key_name.into(), key);
        entries.insert(value_name.into(), value.clone());
        Value::map(entries)
    };
    match arguments.any(0)? {
        Value::Map(entries) => {
            Ok(Value::list(entries.iter().map(|(key, value)| pair(Value::text(key), value)).collect()))
        }
        #[expect(clippy::cast_precision_loss, reason = "an index")]
        Value::List(items) => Ok(Value::list(
            items
                .iter()
                .enumerate()
                .map(|(place, value)| pair(Value::Float(place as f64), value))
                .collect(),
        )),
        _ => arguments.failed("argument #1 is not of type Object or Array"),
    }
}

fn object_from_lists(arguments: &Arguments<'_, '_>) -> Found {
    let (keys, values) = (arguments.list(0)?, arguments.list(1)?);
    let mut entries = Entries::new();
    for (place, key) in keys.iter().enumerate() {
        let key = match key {
            Value::Text(text) => (**text).to_owned(),
            Value::Float(number) => short_float(*number),
            Value::Bool(value) => value.to_string(),
            _ => return arguments.failed("argument #1 is not of type StringArray"),
        };
        entries.insert(key.into(), values.get(place).cloned().unwrap_or(Value::Null));
    }
    Ok(Value::map(entries))
}

/// Go's `path.Join` of one part: dots and doubled slashes are resolved.
fn clean_path(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => (),
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            ".." if rooted => (),
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
