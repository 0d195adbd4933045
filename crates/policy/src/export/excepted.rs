//! Exceptions as lines of the parameter object, and the expressions that read them.
//!
//! A line is for one policy and one exception: patterns of the namespace, the kinds, the names, the container
//! and the image, then `label:KEY=PATTERN` for each label, with tabs between. What is left open is empty, and an
//! empty pattern matches everything. So whoever takes a line away, because its day is over, changes data and no
//! policy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use bulkhead_model::{Exception, Until};
use jiff::civil::Date;

use crate::except::Exceptions;
use crate::export::rule::variable;
use crate::export::text::quote;
use crate::policy::{Policy, Unit};

/// An exception that is not exported, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Why, for people.
    pub message: String,
}

/// The lines of exceptions.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    by_policy: BTreeMap<Arc<str>, Vec<Line>>,
    pub(crate) kept: Vec<Kept>,
    /// The first day on which some exception no longer holds.
    pub(crate) again: Option<Date>,
}

#[derive(Debug)]
struct Line {
    text: String,
    images: bool,
}

impl Lines {
    /// Lowers exceptions for the policies that are exported.
    ///
    /// # Errors
    /// One ends on a day, and nobody said as of which day the export is.
    pub(crate) fn of(
        exceptions: &Exceptions,
        policies: &[&Arc<Policy>],
        as_of: Option<Date>,
    ) -> Result<Self, (String, Date)> {
        let mut lines = Self::default();
        for (exception, checks) in exceptions.declared() {
            if let Some(message) = not_lowered(exception) {
                lines.keep(exception, message.to_owned());
                continue;
            }
            let covered = policies.iter().filter(|policy| checks.is_none_or(|ids| ids.contains(&policy.id)));
            let (mut taken, mut whole) = (0_usize, Vec::new());
            for policy in covered {
                let of_container =
                    !exception.scope.containers.is_empty() || !exception.scope.images.is_empty();
                if of_container && policy.unit != Unit::Container {
                    whole.push(&*policy.id);
                    continue;
                }
                taken = taken.saturating_add(1);
                let line = Line { text: line(exception), images: !exception.scope.images.is_empty() };
                lines.by_policy.entry(policy.id.clone()).or_default().push(line);
            }
            if checks.is_some() && !whole.is_empty() {
                let ids = whole.join(", ");
                lines.keep(exception, format!("names containers, and these look at more than one: {ids}"));
            }
            if let (Until::Date(day), true) = (exception.until, taken > 0) {
                let Some(as_of) = as_of else { return Err((exception.name.to_string(), day)) };
                if day < as_of {
                    lines.take_back(exception, taken);
                    lines.keep(exception, format!("ended with {day}"));
                } else {
                    let next = day.tomorrow().unwrap_or(day);
                    lines.again = Some(lines.again.map_or(next, |known| known.min(next)));
                }
            }
        }
        Ok(lines)
    }

    fn keep(&mut self, exception: &Exception, message: String) {
        self.kept.push(Kept { name: exception.name.to_string(), message });
    }

    /// Removes the lines that were added last, one from each of so many policies.
    fn take_back(&mut self, exception: &Exception, mut taken: usize) {
        let text = line(exception);
        for lines in self.by_policy.values_mut() {
            if taken > 0 && lines.last().is_some_and(|last| last.text == text) {
                lines.pop();
                taken = taken.saturating_sub(1);
            }
        }
        self.by_policy.retain(|_, lines| !lines.is_empty());
    }

    /// Whether a policy has exceptions.
    pub(crate) fn has(&self, policy: &str) -> bool {
        self.by_policy.contains_key(policy)
    }

    /// The entry of the parameter object for a policy.
    pub(crate) fn data(&self, policy: &str) -> Option<(String, String)> {
        let lines = self.by_policy.get(policy)?;
        let texts: Vec<&str> = lines.iter().map(|line| &*line.text).collect();
        Some((key(policy), texts.join("\n")))
    }

    /// The condition under which a unit `u` is not excepted.
    pub(crate) fn guard(&self, policy: &Policy) -> Option<String> {
        let lines = self.by_policy.get(&policy.id)?;
        let name = format!("variables.{}", name(&policy.id));
        if policy.unit != Unit::Container {
            return Some(format!("size({name}) == 0"));
        }
        let mut condition = "u.self.name.matches(e[3])".to_owned();
        if lines.iter().any(|line| line.images) {
            _ = write!(condition, " && {IMAGES}.exists(i, i.matches(e[4]))");
        }
        Some(format!("!{name}.exists(e, {condition})"))
    }
}

/// What hinders all of an exception.
fn not_lowered(exception: &Exception) -> Option<&'static str> {
    let scope = &exception.scope;
    let all = [&scope.kinds, &scope.namespaces, &scope.names, &scope.containers, &scope.images];
    let labels = scope.labels.iter().flat_map(|(key, value)| [key, value]);
    if !scope.packages.is_empty() || !scope.vulnerabilities.is_empty() {
        return Some("is about what is in images, which no API server looks at");
    }
    if !scope.fingerprints.is_empty() {
        return Some("names findings by fingerprint, which an API server does not compute");
    }
    all.into_iter()
        .flatten()
        .chain(labels)
        .any(|text| text.chars().any(char::is_control))
        .then_some("names something with a control character in it")
}

fn key(policy: &str) -> String {
    format!("exceptions.{policy}")
}

/// The variable with the exceptions of a policy that are for the object at hand.
pub(crate) fn name(policy: &str) -> String {
    format!("exceptions_{}", variable(policy))
}

fn line(exception: &Exception) -> String {
    let scope = &exception.scope;
    let mut fields = [&scope.namespaces, &scope.kinds, &scope.names, &scope.containers, &scope.images]
        .map(|side| any_of(side))
        .to_vec();
    fields.extend(
        scope
            .labels
            .iter()
            .map(|(key, value)| format!("label:{key}={}", any_of(std::slice::from_ref(value)))),
    );
    fields.join("\t")
}

/// Names with `*` as one pattern.
fn any_of(names: &[Arc<str>]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let each = names.iter().map(|name| {
        let parts: Vec<String> = name.split('*').map(escape).collect();
        parts.join("[^!]*")
    });
    format!("^(?:{})$", each.collect::<Vec<_>>().join("|"))
}

/// Text as a pattern of itself (RE2).
fn escape(text: &str) -> String {
    let special =
        |letter: char| letter.is_ascii_punctuation() && !matches!(letter, '-' | '_' | '/' | ':' | '@' | '=');
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if special(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// Kinds and names of the object at hand and of the workload that it belongs to: a Pod's Deployment, a Job's
/// `CronJob`. An object that is to be named by the server is called what its name begins with.
pub(crate) const SUBJECTS: &str = "[(object.kind in ['Pod', 'ReplicaSet', 'Job', 'ReplicationController'] \
    ? object.metadata.?ownerReferences.orValue([]).filter(o, o.?controller.orValue(false)) : [])\
    .map(o, o.kind == 'ReplicaSet' && o.name.matches('-[a-z0-9]{6,10}$') \
    ? ['Deployment', o.name.substring(0, o.name.lastIndexOf('-'))] \
    : o.kind == 'Job' && o.name.matches('-[0-9]{8,10}$') \
    ? ['CronJob', o.name.substring(0, o.name.lastIndexOf('-'))] : [string(o.kind), string(o.name)])]\
    .map(w, [[string(object.kind)] + w.map(x, x[0]), \
    [string(object.metadata.?name.orValue(object.metadata.?generateName.orValue('').replace('-', ' ').trim().replace(' ', '-')))] \
    + w.map(x, x[1])])[0]";

/// What a container's image may be called: as it is written, without tag and digest, and in full.
const IMAGES: &str = "[string(u.self.?image.orValue(''))].map(i, [i, i.split('@')[0]])\
    .map(p, [p[0], p[1].lastIndexOf(':') > p[1].lastIndexOf('/') ? p[1].substring(0, p[1].lastIndexOf(':')) : p[1]])\
    .map(p, p + [!p[1].contains('/') ? 'docker.io/library/' + p[1] \
    : p[1].split('/')[0].matches('[.:]|^localhost$') ? p[1] : 'docker.io/' + p[1]])[0]";

/// The exceptions of a policy that are for the object at hand, each as its fields.
pub(crate) fn expression(policy: &str) -> String {
    format!(
        "params.?data[?{}].orValue('').split('\\n').filter(l, l != '').map(l, l.split('\\t')).filter(e, \
         object.metadata.?namespace.orValue('!').matches(e[0]) \
         && variables.subjects[0].exists(k, k.matches(e[1])) \
         && variables.subjects[1].exists(n, n.matches(e[2])) \
         && e.filter(l, l.startsWith('label:')).map(l, l.substring(6).split('=', 2)).all(l, \
         object.metadata.?labels[?l[0]].hasValue() && string(object.metadata.labels[l[0]]).matches(l[1])))",
        quote(&key(policy))
    )
}
