//! Lowered policies put together into objects, none too large.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use bulkhead_cel::{Env, StaticType};
use serde_json::{Value, json};

use crate::export::excepted::{self, Lines};
use crate::export::rule::{Lowered, Resource, variable};
use crate::export::text::{ASIDE, literal, quote};
use crate::export::{Export, ExportOptions, Exported, Reason, Refused, shared};
use crate::policy::Level;

/// How long the expressions of one object may be together. `kubectl apply` keeps a copy of the object in an
/// annotation, and annotations end at 256 KiB; the server itself takes 1.5 MiB.
const LARGEST: usize = 100_000;
/// How many policies one object may hold: their costs add up, and a binding may cost 10,000,000 a request.
const MOST: usize = 24;

/// A label and its value, `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceLabel {
    key: String,
    value: String,
}

impl FromStr for NamespaceLabel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                Ok(Self { key: key.to_owned(), value: value.to_owned() })
            }
            _ => Err(format!("{text:?} is no label; expected KEY=VALUE")),
        }
    }
}

/// The Pod's own resources and those of the seven kinds that make Pods.
const WORKLOADS: &[(&str, &[&str])] = &[
    ("", &["pods", "pods/ephemeralcontainers", "pods/resize", "podtemplates", "replicationcontrollers"]),
    ("apps", &["daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("batch", &["cronjobs", "jobs"]),
];

/// A policy as it stands in an object.
struct Written {
    rule: Lowered,
    parameters: Option<(String, String)>,
    expression: String,
    size: usize,
}

pub(crate) fn assemble(
    rules: Vec<Lowered>,
    level: Option<Level>,
    minor: u32,
    (options, exceptions): (&ExportOptions, &Lines),
    export: &mut Export,
) {
    let environment = environment(minor);
    let config_map = format!("{}parameters", options.prefix);
    let mut data = BTreeMap::new();
    let mut groups: BTreeMap<(u8, bool), Vec<Written>> = BTreeMap::new();
    for rule in rules {
        match write(&environment, exceptions, rule) {
            Ok((written, own)) => {
                data.extend(own);
                let rank = level.map_or(u8::MAX - written.rule.severity as u8, |_| 0);
                groups.entry((rank, written.rule.units == "objects")).or_default().push(written);
            }
            Err(refused) => export.refused.push(refused),
        }
    }
    let mut objects = Vec::new();
    for ((_, is_object), mut group) in groups {
        group.sort_by(|left, right| left.rule.id.cmp(&right.rule.id));
        let severity = group.first().map(|first| first.rule.severity.to_string()).unwrap_or_default();
        let word = level.map_or(severity, |level| format!("pod-security-{level}"));
        let stem = format!("{}{word}-{}", options.prefix, if is_object { "objects" } else { "workloads" });
        let parts = split(group);
        let several = parts.len() > 1;
        for (part, number) in parts.into_iter().zip(1..) {
            let name = if several { format!("{stem}-{number}") } else { stem.clone() };
            for Written { rule, .. } in &part {
                let (id, object) = (rule.id.to_string(), name.clone());
                export.exported.push(Exported { id, object, without: rule.without.clone() });
            }
            let uses_parameters = part
                .iter()
                .any(|written| written.parameters.is_some() || exceptions.has(&written.rule.id));
            objects.push(policy(&name, &part, exceptions, uses_parameters));
            objects.push(binding(&name, options, uses_parameters.then_some(&*config_map)));
        }
    }
    if !data.is_empty() {
        let metadata =
            json!({"name": config_map, "namespace": options.parameters_namespace, "labels": labels()});
        objects
            .insert(0, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}));
    }
    export.objects = objects;
}

fn labels() -> Value {
    json!({"app.kubernetes.io/managed-by": "bulkhead"})
}

/// What expressions see in a cluster.
fn environment(minor: u32) -> Env {
    ["object", "oldObject", "request", "params", "namespaceObject"]
        .into_iter()
        .fold(Env::kubernetes(minor), Env::with_variable)
}

/// Writes a policy's variables in the one spelling they have, and compiles them as the server would.
fn write(
    environment: &Env,
    exceptions: &Lines,
    rule: Lowered,
) -> Result<(Written, BTreeMap<String, String>), Refused> {
    let refuse = |rule: &Lowered, message: String| Refused {
        id: rule.id.to_string(),
        reason: Reason::Expression,
        message: format!("does not compile in this version of Kubernetes: {message}"),
    };
    let mut environment = environment.clone();
    for one in shared::all() {
        environment = environment.with_variable(format!("variables.{}", one.name));
    }
    let mut data = BTreeMap::new();
    if let Some((key, lines)) = exceptions.data(&rule.id) {
        let name = excepted::name(&rule.id);
        environment = environment.with_variable("variables.subjects");
        for text in [excepted::SUBJECTS.to_owned(), excepted::expression(&rule.id)] {
            environment.compile(&text).map_err(|wrong| refuse(&rule, wrong.message))?;
        }
        environment = environment.with_variable(format!("variables.{name}"));
        if let Some((name, text)) = &rule.judged {
            environment.compile(text).map_err(|wrong| refuse(&rule, wrong.message))?;
            environment = environment.with_variable(format!("variables.{name}"));
        }
        data.insert(key, lines);
    }
    let mut parameters = None;
    if !rule.parameters.is_empty() && rule.expression.contains("variables.parameters_") {
        let name = format!("parameters_{}", variable(&rule.id));
        let mut entries = Vec::new();
        for (parameter, value) in &rule.parameters {
            let key = format!("{}.{parameter}", rule.id);
            let (read, kept) = from_config_map(&key, value);
            data.extend(kept.map(|kept| (key, kept)));
            entries.push(format!("{}: dyn({read})", quote(parameter)));
        }
        let expression = format!("{{{}}}", entries.join(", "));
        let expression = environment.rewrite(&expression).map_err(|wrong| refuse(&rule, wrong.message))?;
        environment.compile(&expression).map_err(|wrong| refuse(&rule, wrong.message))?;
        environment = environment.with_variable(format!("variables.{name}"));
        parameters = Some((name, expression));
    }
    let expression = environment.rewrite(&rule.expression).map_err(|wrong| refuse(&rule, wrong.message))?;
    let program = environment.compile(&expression).map_err(|wrong| refuse(&rule, wrong.message))?;
    // The validation is compiled with the type that the variable has.
    let found = format!("variables.{}", variable(&rule.id));
    let result = program.result_type().cloned().unwrap_or(StaticType::Dyn);
    let environment = environment.with_typed_variable(&*found, result);
    for expression in [validation(&found), message(&rule.id, &found)] {
        environment.compile(&expression).map_err(|wrong| refuse(&rule, wrong.message))?;
    }
    let size = expression.len();
    Ok((Written { rule, parameters, expression, size }, data))
}

/// A parameter as it is read from the `ConfigMap`, and what stands there. What text cannot hold stays in the
/// policy.
fn from_config_map(key: &str, value: &Value) -> (String, Option<String>) {
    let data = format!("params.data[{}]", quote(key));
    match value {
        Value::String(text) => (data, Some(text.clone())),
        Value::Bool(is) => (format!("{data} == 'true'"), Some(is.to_string())),
        Value::Number(number) if number.is_i64() => (format!("int({data})"), Some(number.to_string())),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            match texts {
                Some(texts) if texts.iter().all(|text| !text.is_empty() && !text.contains('\n')) => {
                    (format!("{data}.split('\\n').filter(line, line != '')"), Some(texts.join("\n")))
                }
                _ => (literal(value), None),
            }
        }
        _ => (literal(value), None),
    }
}

fn validation(found: &str) -> String {
    format!("{found}[0].all(found, found in {found}[1])")
}

fn message(id: &str, found: &str) -> String {
    let new = format!("{found}[0].filter(found, !(found in {found}[1]))");
    format!("{} + {new}.map(found, found.split({ASIDE})[0]).join('; ')", quote(&format!("{id}: ")))
}

/// Parts that are small enough.
fn split(group: Vec<Written>) -> Vec<Vec<Written>> {
    let (mut parts, mut size): (Vec<Vec<Written>>, usize) = (Vec::new(), 0);
    for written in group {
        size = size.saturating_add(written.size);
        match parts.last_mut() {
            Some(part) if size <= LARGEST && part.len() < MOST => part.push(written),
            _ => {
                size = written.size;
                parts.push(vec![written]);
            }
        }
    }
    parts
}

fn policy(name: &str, part: &[Written], exceptions: &Lines, uses_parameters: bool) -> Value {
    let units: BTreeSet<&str> = part.iter().map(|written| written.rule.units).collect();
    let mut variables: Vec<Value> = shared::all()
        .into_iter()
        .filter(|one| units.iter().any(|unit| shared::needs(one.name, unit)))
        .map(|one| json!({"name": one.name, "expression": one.expression}))
        .collect();
    if part.iter().any(|written| exceptions.has(&written.rule.id)) {
        variables.push(json!({"name": "subjects", "expression": excepted::SUBJECTS}));
    }
    let mut validations = Vec::new();
    for Written { rule, parameters, expression, .. } in part {
        if exceptions.has(&rule.id) {
            let expression = excepted::expression(&rule.id);
            variables.push(json!({"name": excepted::name(&rule.id), "expression": expression}));
            if let Some((name, expression)) = &rule.judged {
                variables.push(json!({"name": name, "expression": expression}));
            }
        }
        if let Some((name, expression)) = parameters {
            variables.push(json!({"name": name, "expression": expression}));
        }
        let own = variable(&rule.id);
        let found = format!("variables.{own}");
        variables.push(json!({"name": own, "expression": expression}));
        validations.push(json!({
            "expression": validation(&found),
            "message": format!("{}: {}", rule.id, rule.title),
            "messageExpression": message(&rule.id, &found),
        }));
    }
    let mut spec = json!({
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": rules(part)},
        // What is being deleted is only let go of.
        "matchConditions": [
            {"name": "not-in-deletion", "expression": "!has(object.metadata.deletionTimestamp)"},
        ],
        "variables": variables,
        "validations": validations,
    });
    if uses_parameters && let Some(spec) = spec.as_object_mut() {
        spec.insert("paramKind".to_owned(), json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name, "labels": labels()},
        "spec": spec,
    })
}

fn rules(part: &[Written]) -> Vec<Value> {
    let rule = |group: &str, versions: &[&str], resources: &[&str]| json!({"apiGroups": [group], "apiVersions": versions, "operations": ["CREATE", "UPDATE"], "resources": resources});
    let resources: BTreeSet<&Resource> =
        part.iter().flat_map(|written| written.rule.resources.iter()).collect();
    if resources.is_empty() {
        return WORKLOADS.iter().map(|(group, names)| rule(group, &["v1"], names)).collect();
    }
    let mut by_version: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for Resource { group, version, name } in resources {
        by_version.entry((group, version)).or_default().push(name);
    }
    by_version
        .iter()
        .map(|((group, version), names)| rule(group, &[version], names))
        .collect()
}

fn binding(name: &str, options: &ExportOptions, config_map: Option<&str>) -> Value {
    let actions = if options.enforce { json!(["Deny"]) } else { json!(["Warn", "Audit"]) };
    let mut spec = json!({"policyName": name, "validationActions": actions});
    let mut selector = serde_json::Map::new();
    if !options.namespaces.is_empty() {
        let labels: BTreeMap<&str, &str> =
            options.namespaces.iter().map(|label| (&*label.key, &*label.value)).collect();
        selector.insert("matchLabels".to_owned(), json!(labels));
    }
    if !options.exempt.is_empty() {
        let exempt =
            json!([{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": options.exempt}]);
        selector.insert("matchExpressions".to_owned(), exempt);
    }
    if let Some(spec) = spec.as_object_mut() {
        if !selector.is_empty() {
            spec.insert("matchResources".to_owned(), json!({"namespaceSelector": selector}));
        }
        if let Some(name) = config_map {
            let reference = json!({
                "name": name,
                "namespace": options.parameters_namespace,
                // Without its parameters a policy cannot judge, and what it would refuse must not slip through.
                "parameterNotFoundAction": "Deny",
            });
            spec.insert("paramRef".to_owned(), reference);
        }
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name, "labels": labels()},
        "spec": spec,
    })
}
