//! Kyverno's policies of a judge, with the exceptions that were found.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_cel::Qualifier;
use bulkhead_document::{Node, Position};
use bulkhead_model::{Analysis, Gap, GapKind, Namespace, Place as GapPlace, Severity};

use super::cel::Expressions;
use super::engine::{self, Case, Others, Said};
use super::evaluate::{Outcome, Violation};
use super::exception::Exception;
use super::matching::{Subject, labels_of_namespace};
use super::overlay::Part;
use super::pod_security;
use super::policy::Policy;
use super::rule::{Check, Override, Rule};
use super::value::{Entries, Value};
use super::wildcard;
use crate::blame::{Place, Scribe};
use crate::native::Actions;
use crate::native::document::Document;
use crate::native::request::Request;
use crate::native::surroundings::{Surroundings, Wanted};
use crate::native::{Truth, resolve};
use crate::plan::Head;
use crate::policy::Policy as Declared;
use crate::read::PolicyError;

const GROUP: &str = "kyverno.io";
const EXCEPTION: &str = "PolicyException";

/// The policies of a judge.
#[derive(Default)]
pub(crate) struct InForce {
    policies: Vec<Prepared>,
    exceptions: Vec<Exception>,
}

/// A policy ready to judge.
struct Prepared {
    head: Head,
    /// Where the policy or configuration sets it; else it follows from what is done with a violation.
    severity: Option<Severity>,
    policy: Arc<Policy>,
    expressions: Expressions,
    file: Arc<str>,
    line: u32,
}

impl InForce {
    pub(crate) fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Adds a policy.
    pub(crate) fn add(
        &mut self,
        declared: &Declared,
        policy: &Arc<Policy>,
        severity: Option<Severity>,
        minor: u32,
    ) -> Result<(), PolicyError> {
        let Declared { id, fix, file, line, .. } = declared;
        self.policies.push(Prepared {
            head: Head { id: id.clone(), severity: declared.severity, fix: fix.clone() },
            severity,
            expressions: Expressions::of(declared, policy, minor)?,
            policy: policy.clone(),
            file: file.clone(),
            line: *line,
        });
        Ok(())
    }

    /// Objects to look for in the source.
    pub(crate) fn wanted(&self, wanted: &mut Wanted) {
        if self.is_empty() {
            return;
        }
        wanted.add(GROUP, EXCEPTION);
        if self
            .policies
            .iter()
            .any(|each| each.policy.reads_namespaces() || !each.expressions.is_empty())
        {
            wanted.add("", "Namespace");
        }
    }

    /// Takes the exceptions that were found, and tells what is not judged.
    pub(crate) fn know(&mut self, found: &Surroundings) -> Vec<Gap> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut gaps = Vec::new();
        self.exceptions.clear();
        for found in found.found(GROUP, EXCEPTION) {
            let document = Document { file: &found.file, root: found.tree.root() };
            match Exception::read(&Value::from(document.root)) {
                Ok(exception) => self.exceptions.push(exception),
                Err(mistake) => {
                    let error = mistake.placed(&document);
                    let place = GapPlace {
                        file: Some(error.file),
                        line: Some(error.line),
                        column: Some(error.column),
                        ..GapPlace::default()
                    };
                    let checks = self.policies.iter().map(|each| each.head.id.clone()).collect();
                    let message = format!("the exception was not used: {}", error.message).into();
                    gaps.push(Gap { kind: GapKind::INVALID_OBJECT, place, checks, message });
                }
            }
        }
        gaps.extend(self.policies.iter().flat_map(Prepared::not_judged));
        gaps
    }

    /// Judges one object.
    pub(crate) fn judge<'a>(
        &self,
        request: &Request<'a>,
        surroundings: &'a Surroundings,
        scribe: &Scribe<'a>,
        analysis: &mut Analysis,
    ) {
        let subject = || subject(request, surroundings);
        let first = subject();
        let is_meant = |each: &&Prepared| {
            let rules = each.policy.rules(request.kind);
            rules.iter().any(|rule| rule.matching.matches(&first) != Truth::No)
        };
        let meant: Vec<&Prepared> = self.policies.iter().filter(is_meant).collect();
        if meant.is_empty() {
            return;
        }
        let object = object(request);
        let told = told(request, &object);
        for each in meant {
            let case = Case { subject: subject(), object: &object, request: &told };
            let others = OfPolicy { each, scribe, request };
            for said in engine::judge(&each.policy, &self.exceptions, &case, &others) {
                each.report(said, &case.subject, scribe, analysis);
            }
        }
    }
}

/// Pod Security and CEL for one object.
struct OfPolicy<'p, 'a> {
    each: &'p Prepared,
    scribe: &'p Scribe<'a>,
    request: &'p Request<'a>,
}

impl Others for OfPolicy<'_, '_> {
    fn judge(&self, rule: &Rule, exceptions: &[&Exception]) -> Option<Outcome> {
        match &rule.check {
            Check::PodSecurity(wanted) => Some(pod_security::judge(wanted, exceptions, self.scribe)),
            Check::Cel(_) if !exceptions.is_empty() => Some(Outcome::Skip),
            Check::Cel(place) => self.each.expressions.judge(*place, rule.name != rule.origin, self.request),
            _ => None,
        }
    }
}

impl Prepared {
    fn not_judged(&self) -> impl Iterator<Item = Gap> {
        let id = &self.head.id;
        let whole = self.policy.unjudged.iter().map(move |why| format!("{id} is not judged: {why}"));
        let rules = self.policy.others();
        let rules =
            rules.map(move |(rule, what)| format!("rule {} of {id} is not judged: {what}", rule.name));
        whole.chain(rules).map(|message| Gap {
            kind: GapKind::FAILED_POLICY,
            place: GapPlace { file: Some(self.file.clone()), line: Some(self.line), ..GapPlace::default() },
            checks: vec![id.clone()],
            message: message.into(),
        })
    }

    fn actions(&self, rule: &Rule, subject: &Subject<'_>) -> Actions {
        let meant = |each: &&Override| {
            let namespace = subject.namespace.unwrap_or_default();
            let named = each.namespaces.iter().any(|pattern| wildcard::matches(pattern, namespace));
            let labelled = |selector: &Value| labels_of_namespace(selector, subject) == Truth::Yes;
            (each.namespaces.is_empty() || named) && each.selector.as_ref().is_none_or(labelled)
        };
        let own = rule.overrides.iter().find(meant).map(|each| each.enforces).or(rule.enforces);
        let enforces = own
            .or_else(|| self.policy.overrides.iter().find(meant).map(|each| each.enforces))
            .unwrap_or(self.policy.enforces);
        if enforces { Actions::DENY } else { Actions { audit: true, ..Actions::default() } }
    }

    fn report(&self, said: Said<'_>, subject: &Subject<'_>, scribe: &Scribe<'_>, analysis: &mut Analysis) {
        let Said { rule, outcome } = said;
        let conditions = "webhookConfiguration.matchConditions";
        let outcome = match outcome {
            Outcome::Fail(_) if self.policy.has_conditions => Outcome::Unknown(conditions.to_owned()),
            outcome => outcome,
        };
        let id = &self.head.id;
        match outcome {
            Outcome::Pass | Outcome::Skip => (),
            Outcome::Unknown(name) => {
                let message =
                    format!("rule {} of {id} needs {name}, which this source does not tell", rule.origin);
                analysis.coverage.gaps.push(self.gap(GapKind::UNDECIDED_POLICY, message, scribe));
            }
            Outcome::Failed(why) => {
                let message = format!("rule {} of {id} could not be decided: {why}", rule.origin);
                analysis.coverage.gaps.push(self.gap(GapKind::FAILED_POLICY, message, scribe));
            }
            Outcome::Fail(violation) => {
                let severity = self.severity.unwrap_or_else(|| self.actions(rule, subject).severity());
                let head = Head { severity, id: id.clone(), fix: self.head.fix.clone() };
                self.findings(&head, rule, violation, scribe, analysis);
            }
        }
    }

    fn findings(
        &self,
        head: &Head,
        rule: &Rule,
        violation: Violation,
        scribe: &Scribe<'_>,
        analysis: &mut Analysis,
    ) {
        let by = if self.policy.own_rules().len() > 1 { format!("?{}", rule.origin) } else { String::new() };
        if violation.found.is_empty() {
            let way: Vec<Qualifier> = violation.place.iter().map(qualifier).collect();
            let (steps, node, rest) = resolve(scribe.root, &way);
            let place = Place { steps: &steps, node, rest: &rest };
            let message = violation.message.unwrap_or(violation.spoken);
            let message = message.trim().trim_end_matches('.');
            analysis.findings.push(scribe.finding_told_apart(head, &place, message.into(), &by));
            return;
        }
        for mut finding in violation.found {
            finding.message = match &violation.message {
                Some(own) => format!("{}: {}", own.trim().trim_end_matches('.'), finding.message).into(),
                None => finding.message,
            };
            // The place and its name are those of the policy of ours that judged.
            let name = format!("{by}{}={}", finding.check, finding.fingerprint);
            finding.fingerprint = scribe.fingerprints.name(&head.id, &name);
            finding.check = head.id.clone();
            finding.severity = head.severity;
            if scribe.covers.is_none() {
                finding.excerpt = None;
            }
            analysis.findings.push(finding);
        }
    }

    fn gap(&self, kind: GapKind, message: String, scribe: &Scribe<'_>) -> Gap {
        let Position { line, column } = scribe.tree.position(scribe.root.span().start);
        Gap {
            kind,
            place: GapPlace {
                file: Some(scribe.file.clone()),
                document: scribe.document,
                line: Some(line),
                column: Some(column),
                object: Some(scribe.subject.to_string().into()),
                field: None,
            },
            checks: vec![self.head.id.clone()],
            message: message.into(),
        }
    }
}

fn qualifier(part: &Part) -> Qualifier {
    match part {
        Part::Field(name) => Qualifier::Field((**name).into()),
        Part::Index(index) => Qualifier::Index(i64::try_from(*index).unwrap_or(i64::MAX)),
    }
}

/// The texts of labels or annotations.
fn texts(node: Option<Node<'_>>) -> BTreeMap<&str, &str> {
    node.into_iter()
        .flat_map(Node::entries)
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .collect()
}

/// What filters see of an object.
fn subject<'s>(request: &'s Request<'_>, surroundings: &'s Surroundings) -> Subject<'s> {
    let metadata = |field: &str| request.object.at(&["metadata", field]);
    let text = |field: &str| metadata(field).and_then(Node::as_str).filter(|text| !text.is_empty());
    let namespace = match &request.namespace {
        Namespace::Named(name) => Some(&**name),
        Namespace::Cluster => Some(""),
        Namespace::Unknown => None,
    };
    let namespace_labels = match namespace {
        Some("") => Some(BTreeMap::new()),
        Some(name) => surroundings.namespace(name).map(|object| {
            let mut labels = texts(object.at(&["metadata", "labels"]));
            labels.insert("kubernetes.io/metadata.name", name);
            labels
        }),
        None => None,
    };
    Subject {
        group: &request.resource.group,
        version: &request.resource.version,
        kind: request.kind,
        name: text("name").or_else(|| text("generateName")).unwrap_or(""),
        namespace,
        labels: texts(metadata("labels")),
        annotations: texts(metadata("annotations")),
        namespace_labels,
        operation: request.operation.as_str(),
    }
}

/// The object as the webhook gets it: with its namespace, which may not be known.
fn object(request: &Request<'_>) -> Value {
    let whole = Value::from(request.object);
    let given = match &request.namespace {
        Namespace::Named(name) => Value::text(name),
        Namespace::Unknown => Value::Unknown("object.metadata.namespace".into()),
        Namespace::Cluster => return whole,
    };
    if whole.at(&["metadata", "namespace"]).is_some() {
        return whole;
    }
    let entries = |value: Option<&Value>| -> Entries {
        value.and_then(Value::as_map).map(|entries| (**entries).clone()).unwrap_or_default()
    };
    let mut metadata = entries(whole.get("metadata"));
    metadata.insert("namespace".into(), given);
    let mut object = entries(Some(&whole));
    object.insert("metadata".into(), Value::map(metadata));
    Value::map(object)
}

/// `request` in variables.
fn told(request: &Request<'_>, object: &Value) -> Value {
    let group = Value::text(&request.resource.group);
    let version = Value::text(&request.resource.version);
    let kind = Value::object([
        ("group", group.clone()),
        ("version", version.clone()),
        ("kind", Value::text(request.kind)),
    ]);
    let resource = Value::object([
        ("group", group),
        ("version", version),
        ("resource", Value::text(&request.resource.name)),
    ]);
    let mut entries = Entries::new();
    let mut set = |name: &str, value: Value| _ = entries.insert(name.into(), value);
    for name in ["kind", "requestKind"] {
        set(name, kind.clone());
    }
    for name in ["resource", "requestResource"] {
        set(name, resource.clone());
    }
    if let Some(name) = request.name {
        set("name", Value::text(name));
    }
    match &request.namespace {
        Namespace::Named(name) => set("namespace", Value::text(name)),
        Namespace::Unknown => set("namespace", Value::Unknown("request.namespace".into())),
        Namespace::Cluster => (),
    }
    set("operation", Value::text(request.operation.as_str()));
    set("object", object.with_floats());
    set("oldObject", request.old_object.map_or(Value::Null, |old| Value::from(old).with_floats()));
    for name in ["uid", "userInfo", "roles", "clusterRoles", "dryRun", "options"] {
        set(name, Value::Unknown(format!("request.{name}").into()));
    }
    Value::map(entries)
}
