//! Kubernetes' named formats: `format.dns1123Label().validate(name)` and the like.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/format.go`.

use super::{Args, Failure, Function, Host, Library, Run, cost};
use crate::extension::{Extension, NamedFormat};
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Failure>;

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.format",
    kubernetes: &[(31, 0)],
    kubernetes_only: true,
    functions: &[
        Function::method("validate", 1, validate)
            .overloads(&["kubernetes.NamedFormat.(string) -> optional_type(list(string))"])
            .costs(cost_of_validation),
        Function::global("format.named", 1, named)
            .overloads(&["(string) -> optional_type(kubernetes.NamedFormat)"]),
        known("format.dns1123Label", |_, _| format("dns1123Label")),
        known("format.dns1123Subdomain", |_, _| format("dns1123Subdomain")),
        known("format.dns1035Label", |_, _| format("dns1035Label")),
        known("format.qualifiedName", |_, _| format("qualifiedName")),
        known("format.dns1123LabelPrefix", |_, _| format("dns1123LabelPrefix")),
        known("format.dns1123SubdomainPrefix", |_, _| format("dns1123SubdomainPrefix")),
        known("format.dns1035LabelPrefix", |_, _| format("dns1035LabelPrefix")),
        known("format.labelValue", |_, _| format("labelValue")),
        known("format.uri", |_, _| format("uri")),
        known("format.uuid", |_, _| format("uuid")),
        known("format.byte", |_, _| format("byte")),
        known("format.date", |_, _| format("date")),
        known("format.datetime", |_, _| format("datetime")),
    ],
    types: &[],
    macros: &[],
};

const fn known(name: &'static str, run: Run) -> Function {
    Function::global(name, 0, run).overloads(&["() -> kubernetes.NamedFormat"])
}

/// Matching a pattern as long as the format's.
fn cost_of_validation(arguments: &Args<'_, '_>, _: &Value<'_>) -> u64 {
    match (arguments.value(0).as_extension(), arguments.value(1).as_str()) {
        (Some(Extension::Format(format)), Some(text)) => cost::match_cost(text, format.pattern),
        _ => 1,
    }
}

fn format<'a>(name: &str) -> Answer<'a> {
    let found = NamedFormat::of(name).ok_or(Failure::Types)?;
    Ok(Value::extension(Extension::Format(found)))
}

fn named<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(match NamedFormat::of(arguments.text(0)?) {
        Some(found) => Value::some(Value::extension(Extension::Format(found))),
        None => Value::Optional(None),
    })
}

/// What is wrong with a text; nothing when all is well.
fn validate<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let Extension::Format(format) = arguments.extension(0)? else { return Err(Failure::Types) };
    let problems = format.problems(arguments.text(1)?);
    host.grow(problems.len())?;
    host.grow_text(problems.iter().map(String::len).sum())?;
    if problems.is_empty() {
        return Ok(Value::Optional(None));
    }
    Ok(Value::some(Value::list(problems.into_iter().map(Value::text).collect())))
}
