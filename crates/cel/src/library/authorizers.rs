//! Kubernetes' functions that ask for permissions.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/authz.go`. A check costs so much that two of them fit one
//! expression.

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::extension::{Access, AccessRequest, AccessResource, Extension, NamedFormat, Subject, Target};
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Failure>;

const REFINED: &[&str] =
    &["kubernetes.authorization.ResourceCheck.(string) -> kubernetes.authorization.ResourceCheck"];
const TEXT: &[&str] = &["kubernetes.authorization.Decision.() -> string"];
const TRUTH: &[&str] = &["kubernetes.authorization.Decision.() -> bool"];

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.authz",
    kubernetes: &[(27, 0), (31, 1)],
    kubernetes_only: true,
    functions: &[
        Function::method("path", 1, path).overloads(&[
            "kubernetes.authorization.Authorizer.(string) -> kubernetes.authorization.PathCheck",
        ]),
        Function::method("group", 1, group).overloads(&[
            "kubernetes.authorization.Authorizer.(string) -> kubernetes.authorization.GroupCheck",
        ]),
        Function::method("serviceAccount", 2, service_account).overloads(&[
            "kubernetes.authorization.Authorizer.(string, string) -> kubernetes.authorization.Authorizer",
        ]),
        Function::method("resource", 1, resource).overloads(&[
            "kubernetes.authorization.GroupCheck.(string) -> kubernetes.authorization.ResourceCheck",
        ]),
        Function::method("subresource", 1, subresource).overloads(REFINED),
        Function::method("namespace", 1, namespace).overloads(REFINED),
        Function::method("name", 1, name).overloads(REFINED),
        Function::method("fieldSelector", 1, field_selector)
            .overloads(REFINED)
            .costs(cost_of_selector)
            .since(1),
        Function::method("labelSelector", 1, label_selector)
            .overloads(REFINED)
            .costs(cost_of_selector)
            .since(1),
        Function::method("check", 1, check)
            .overloads(&[
                "kubernetes.authorization.PathCheck.(string) -> kubernetes.authorization.Decision",
                "kubernetes.authorization.ResourceCheck.(string) -> kubernetes.authorization.Decision",
            ])
            .costs(|_, _| 350_000),
        Function::method("allowed", 0, allowed).overloads(TRUTH),
        Function::method("errored", 0, errored).overloads(TRUTH),
        Function::method("reason", 0, reason).overloads(TEXT),
        Function::method("error", 0, error).overloads(TEXT),
    ],
    types: &[],
    macros: &[],
};

/// Reading the selector, and as many requirements as it may hold: one for every second letter.
fn cost_of_selector(arguments: &Args<'_, '_>, _: &Value<'_>) -> u64 {
    let length = arguments.value(1).size().unwrap_or(1);
    let requirements = u64::try_from(length.div_ceil(2)).unwrap_or(u64::MAX);
    10_u64
        .saturating_add(cost::traversal(length))
        .saturating_add(requirements.saturating_mul(50))
}

fn access<'x>(arguments: &'x Args<'_, '_>) -> Result<&'x Access, Failure> {
    if let Extension::Access(access) = arguments.extension(0)? { Ok(access) } else { Err(Failure::Types) }
}

fn authorizer<'x>(arguments: &'x Args<'_, '_>) -> Result<&'x Subject, Failure> {
    if let Access::Authorizer(subject) = access(arguments)? { Ok(subject) } else { Err(Failure::Types) }
}

fn made<'a>(host: &mut Host<'_>, access: Access) -> Answer<'a> {
    // The parts of a question are short, and each step copies them.
    host.grow_text(size_of::<AccessResource>())?;
    Ok(Value::extension(Extension::Access(access)))
}

fn failed(why: &str) -> Failure {
    EvalError::invalid(why).into()
}

fn path<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (subject, path) = (authorizer(arguments)?, arguments.text(1)?);
    if path.trim().is_empty() {
        return Err(failed("path must not be empty"));
    }
    host.grow_text(path.len())?;
    made(host, Access::Path(subject.clone(), (**path).into()))
}

fn group<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (subject, group) = (authorizer(arguments)?, arguments.text(1)?);
    host.grow_text(group.len())?;
    made(host, Access::Group(subject.clone(), (**group).into()))
}

fn service_account<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let subject = authorizer(arguments)?;
    let (namespace, name) = (arguments.text(1)?, arguments.text(2)?);
    let is = |format: &str, text: &str| {
        NamedFormat::of(format).is_some_and(|format| format.problems(text).is_empty())
    };
    if !is("dns1123Subdomain", name) {
        return Err(failed("Invalid service account name"));
    }
    if !is("dns1123Label", namespace) {
        return Err(failed("Invalid service account namespace"));
    }
    let user = format!("system:serviceaccount:{}:{}", &**namespace, &**name);
    made(host, Access::Authorizer(Subject { user: user.into(), ..subject.clone() }))
}

fn resource<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let Access::Group(subject, group) = access(arguments)? else { return Err(Failure::Types) };
    let resource = arguments.text(1)?;
    if resource.trim().is_empty() {
        return Err(failed("resource must not be empty"));
    }
    host.grow_text(group.len().saturating_add(resource.len()))?;
    let (group, resource) = (group.to_string(), (**resource).to_owned());
    let asked = AccessResource { group, resource, ..AccessResource::default() };
    made(host, Access::Resource(subject.clone(), asked.into()))
}

/// The same resource with one part told.
fn refined<'a>(
    host: &mut Host<'_>,
    arguments: &Args<'_, 'a>,
    part: fn(&mut AccessResource) -> &mut String,
) -> Answer<'a> {
    let Access::Resource(subject, asked) = access(arguments)? else { return Err(Failure::Types) };
    let text = arguments.text(1)?;
    let mut asked = asked.clone();
    (**text).clone_into(part(&mut asked));
    let AccessResource { group, resource, subresource, namespace, name, field_selector, label_selector } =
        &*asked;
    let parts = [group, resource, subresource, namespace, name, field_selector, label_selector];
    host.grow_text(parts.iter().map(|part| part.len()).sum())?;
    made(host, Access::Resource(subject.clone(), asked))
}

fn subresource<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    refined(host, arguments, |asked| &mut asked.subresource)
}

fn namespace<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    refined(host, arguments, |asked| &mut asked.namespace)
}

fn name<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    refined(host, arguments, |asked| &mut asked.name)
}

fn field_selector<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    refined(host, arguments, |asked| &mut asked.field_selector)
}

fn label_selector<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    refined(host, arguments, |asked| &mut asked.label_selector)
}

fn check<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (access, verb) = (access(arguments)?, arguments.text(1)?);
    let (subject, target) = match access {
        Access::Path(subject, path) => (subject, Target::Path(path)),
        Access::Resource(subject, asked) => (subject, Target::Resource(asked)),
        _ => return Err(Failure::Types),
    };
    let decision = subject.authorizer.authorize(&AccessRequest { user: &subject.user, verb, target });
    made(host, Access::Decision(decision.into()))
}

fn decision<'x>(arguments: &'x Args<'_, '_>) -> Result<&'x crate::extension::Decision, Failure> {
    if let Access::Decision(decision) = access(arguments)? { Ok(decision) } else { Err(Failure::Types) }
}

fn allowed<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(decision(arguments)?.allowed))
}

fn errored<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(decision(arguments)?.error.is_some()))
}

fn reason<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let reason = &decision(arguments)?.reason;
    host.grow_text(reason.len())?;
    Ok(Value::text(reason.as_str()))
}

fn error<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let error = decision(arguments)?.error.as_deref().unwrap_or("");
    host.grow_text(error.len())?;
    Ok(Value::text(error))
}
