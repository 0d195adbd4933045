//! Kubernetes' functions of semantic versions.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/semverlib.go`.

use std::cmp::Ordering;

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::extension::{Extension, Semver};
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Failure>;

const NUMBER: &[&str] = &["kubernetes.Semver.() -> int"];
const COMPARISON: &[&str] = &["kubernetes.Semver.(kubernetes.Semver) -> bool"];

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.Semver",
    kubernetes: &[(33, 0)],
    kubernetes_only: true,
    functions: &[
        Function::global("semver", 1, semver)
            .optionally(1)
            .overloads(&["(string) -> kubernetes.Semver", "(string, bool) -> kubernetes.Semver"])
            .costs(cost::first),
        Function::global("isSemver", 1, is_semver)
            .optionally(1)
            .overloads(&["(string) -> bool", "(string, bool) -> bool"])
            .costs(cost::first),
        Function::method("major", 0, major).overloads(NUMBER),
        Function::method("minor", 0, minor).overloads(NUMBER),
        Function::method("patch", 0, patch).overloads(NUMBER),
        Function::method("isGreaterThan", 1, is_greater).overloads(COMPARISON),
        Function::method("isLessThan", 1, is_less).overloads(COMPARISON),
        Function::method("compareTo", 1, compare_to)
            .overloads(&["kubernetes.Semver.(kubernetes.Semver) -> int"]),
    ],
    types: &[],
    macros: &[],
};

/// What the arguments say, which may want it normalized.
fn parsed(arguments: &Args<'_, '_>) -> Result<Result<Semver, String>, Failure> {
    let text = arguments.text(0)?;
    let normalizes = match arguments.value(1) {
        Value::Bool(normalizes) => *normalizes,
        _ if arguments.len() < 2 => false,
        _ => return Err(Failure::Types),
    };
    Ok(if normalizes { Semver::parse_normalized(text) } else { Semver::parse(text) })
}

fn semver<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    host.grow_text(arguments.text(0)?.len().saturating_mul(8))?;
    let version = parsed(arguments)?.map_err(EvalError::invalid)?;
    Ok(Value::extension(Extension::Semver(version.into())))
}

fn is_semver<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(parsed(arguments)?.is_ok()))
}

fn at<'x>(arguments: &'x Args<'_, '_>, place: usize) -> Result<&'x Semver, Failure> {
    if let Extension::Semver(found) = arguments.extension(place)? { Ok(found) } else { Err(Failure::Types) }
}

fn major<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let [major, _, _] = at(arguments, 0)?.numbers();
    Ok(Value::Int(major))
}

fn minor<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let [_, minor, _] = at(arguments, 0)?.numbers();
    Ok(Value::Int(minor))
}

fn patch<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let [_, _, patch] = at(arguments, 0)?.numbers();
    Ok(Value::Int(patch))
}

fn compared(arguments: &Args<'_, '_>) -> Result<Ordering, Failure> {
    Ok(at(arguments, 0)?.compared(at(arguments, 1)?))
}

fn is_greater<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(compared(arguments)? == Ordering::Greater))
}

fn is_less<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(compared(arguments)? == Ordering::Less))
}

fn compare_to<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Int(match compared(arguments)? {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}
