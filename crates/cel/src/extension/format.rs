//! Kubernetes' named formats of text.
//!
//! Sources: k8s.io/apiserver, `pkg/cel/library/format.go`; apimachinery, `pkg/api/validate/content`;
//! kube-openapi, `pkg/validation/strfmt`.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::Url;

/// A format that a text can be held against.
pub struct NamedFormat {
    /// How an expression names it.
    pub(crate) function: &'static str,
    /// What tells it from others.
    name: &'static str,
    /// How long a pattern its check is counted as.
    pub(crate) pattern: usize,
    check: fn(&str) -> Vec<String>,
}

impl fmt::Debug for NamedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl NamedFormat {
    /// The format of a name.
    pub(crate) fn of(function: &str) -> Option<&'static Self> {
        ALL.iter().find(|format| format.function == function)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What is wrong with a text, in the server's words.
    pub(crate) fn problems(&self, text: &str) -> Vec<String> {
        (self.check)(text)
    }
}

const UUID: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
const TIME: &str = "^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$";

static ALL: &[NamedFormat] = &[
    format("dns1123Label", "DNS1123Label", 30, |text| label(text.as_bytes())),
    format("dns1123Subdomain", "DNS1123Subdomain", 60, |text| subdomain(text.as_bytes())),
    format("dns1035Label", "DNS1035Label", 30, |text| label_1035(text.as_bytes())),
    format("qualifiedName", "QualifiedName", 60, qualified_name),
    format("dns1123LabelPrefix", "DNS1123LabelPrefix", 30, |text| label(&masked(text))),
    format("dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", 60, |text| subdomain(&masked(text))),
    format("dns1035LabelPrefix", "DNS1035LabelPrefix", 30, |text| label_1035(&masked(text))),
    format("labelValue", "LabelValue", 40, label_value),
    format("uri", "URI", 1103, |text| Url::check(text).err().into_iter().collect()),
    format("uuid", "uuid", UUID.len(), |text| {
        static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(UUID).ok());
        let is_uuid = PATTERN.as_ref().is_some_and(|pattern| pattern.is_match(text));
        unless(is_uuid, "does not match the UUID format")
    }),
    format("byte", "byte", 84, |text| unless(is_base64(text), "invalid base64")),
    format("date", "date", TIME.len(), |text| unless(is_date(text), "invalid date")),
    format("datetime", "datetime", TIME.len(), |text| unless(is_time(text), "invalid datetime")),
];

const fn format(
    function: &'static str,
    name: &'static str,
    pattern: usize,
    check: fn(&str) -> Vec<String>,
) -> NamedFormat {
    NamedFormat { function, name, pattern, check }
}

fn unless(is_right: bool, why: &str) -> Vec<String> {
    if is_right { Vec::new() } else { vec![why.to_owned()] }
}

/// A name that goes on where this prefix of it ends.
fn masked(text: &str) -> Vec<u8> {
    match text.as_bytes() {
        [before @ .., _, b'-'] => [before, b"a"].concat(),
        bytes => bytes.to_vec(),
    }
}

fn too_long(most: usize) -> String {
    format!("must be no more than {most} bytes")
}

fn unlike(what: &str, pattern: &str, examples: &str) -> String {
    format!("{what} (e.g. {examples}, regex used for validation is '{pattern}')")
}

/// Whether a text is not empty, made of some bytes, and has no mark at its ends.
fn is_made_of(text: &[u8], inside: fn(u8) -> bool, ends: fn(u8) -> bool) -> bool {
    text.iter().all(|byte| inside(*byte))
        && text.first().is_some_and(|byte| ends(*byte))
        && text.last().is_some_and(|byte| ends(*byte))
}

fn is_small(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9')
}

fn is_label(text: &[u8]) -> bool {
    is_made_of(text, |byte| is_small(byte) || byte == b'-', is_small)
}

fn is_subdomain(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(is_label)
}

fn label(text: &[u8]) -> Vec<String> {
    let mut problems = Vec::new();
    if text.len() > 63 {
        problems.push(too_long(63));
    }
    if is_label(text) {
        return problems;
    }
    problems.push(if is_subdomain(text) {
        "must not contain dots".to_owned()
    } else {
        unlike(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
             start and end with an alphanumeric character",
            "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
            "'my-name',  or '123-abc'",
        )
    });
    problems
}

fn subdomain(text: &[u8]) -> Vec<String> {
    let mut problems = Vec::new();
    if text.len() > 253 {
        problems.push(too_long(253));
    }
    if !is_subdomain(text) {
        problems.push(unlike(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
             and must start and end with an alphanumeric character",
            "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
            "'example.com'",
        ));
    }
    problems
}

fn label_1035(text: &[u8]) -> Vec<String> {
    let mut problems = Vec::new();
    if text.len() > 63 {
        problems.push(too_long(63));
    }
    if !is_label(text) || !text.first().is_some_and(u8::is_ascii_lowercase) {
        problems.push(unlike(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
             alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            "'my-name',  or 'abc-123'",
        ));
    }
    problems
}

fn is_label_key(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    is_made_of(text.as_bytes(), inside, |byte| byte.is_ascii_alphanumeric())
}

fn unlike_key() -> String {
    unlike(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character",
        "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
        "'MyName',  or 'my.name',  or '123-abc'",
    )
}

fn qualified_name(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            let key = unlike_key();
            let with = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {key} {with}")];
        }
        Some(("", name)) => {
            problems.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            let of_prefix = subdomain(prefix.as_bytes()).into_iter();
            problems.extend(of_prefix.map(|problem| format!("prefix part {problem}")));
            name
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        problems.push(format!("name part {}", too_long(63)));
    }
    if !is_label_key(name) {
        problems.push(format!("name part {}", unlike_key()));
    }
    problems
}

fn label_value(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if text.len() > 63 {
        problems.push(too_long(63));
    }
    if !text.is_empty() && !is_label_key(text) {
        problems.push(unlike(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
             and must start and end with an alphanumeric character",
            "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
            "'MyValue',  or 'my_value',  or '12345'",
        ));
    }
    problems
}

/// Groups of four with padding at the end; no text at all is none.
fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !digits.is_empty()
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn is_date(text: &str) -> bool {
    let [year @ .., b'-', month_ten, month, b'-', day_ten, day] = text.as_bytes() else { return false };
    let number = |digits: &[u8]| -> Option<i16> {
        let is_number = digits.iter().all(u8::is_ascii_digit);
        if is_number { std::str::from_utf8(digits).ok()?.parse().ok() } else { None }
    };
    let part = |digits: &[u8]| number(digits).and_then(|number| i8::try_from(number).ok());
    match (number(year), part(&[*month_ten, *month]), part(&[*day_ten, *day])) {
        (Some(number), Some(month), Some(day)) if year.len() == 4 => {
            jiff::civil::Date::new(number, month, day).is_ok()
        }
        _ => false,
    }
}

/// A date and a time of day; what comes after another `t` is not looked at.
fn is_time(text: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(TIME).ok());
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let Some(found) = PATTERN.as_ref().and_then(|pattern| pattern.captures(time)) else { return false };
    let within = |place: usize, most: &str| found.get(place).is_some_and(|part| part.as_str() <= most);
    is_date(date) && within(1, "23") && within(2, "59") && within(3, "59")
}
