//! Kubernetes' functions of patterns: what matches, rather than whether something does.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/regex.go`.

use super::{Args, Failure, Function, Host, Library, cost};
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Failure>;

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.regex",
    kubernetes: &[(0, 0)],
    kubernetes_only: true,
    functions: &[
        Function::method("find", 1, find)
            .overloads(&["string.(string) -> string"])
            .costs(cost::matching)
            .text(),
        Function::method("findAll", 1, find_all)
            .optionally(1)
            .overloads(&["string.(string) -> list(string)", "string.(string, int) -> list(string)"])
            .costs(cost::matching),
    ],
    types: &[],
    macros: &[],
};

/// The first match; nothing where there is none.
fn find<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, pattern) = (arguments.text(0)?, arguments.text(1)?);
    let found = host.pattern(pattern)?.find(text).map_or("", |found| found.as_str()).to_owned();
    host.grow_text(found.len())?;
    Ok(Value::text(found))
}

/// All matches that do not overlap, or so many of them; a number below zero means all.
fn find_all<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, pattern) = (arguments.text(0)?, arguments.text(1)?);
    let most = if arguments.len() > 2 { arguments.int(2)? } else { -1 };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let found: Vec<String> = host
        .pattern(pattern)?
        .find_iter(text)
        .take(most)
        .map(|found| found.as_str().to_owned())
        .collect();
    host.grow(found.len())?;
    host.grow_text(found.iter().map(String::len).sum())?;
    Ok(Value::list(found.into_iter().map(Value::text).collect()))
}
