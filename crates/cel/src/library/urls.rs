//! Kubernetes' functions of URLs.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/urls.go`. The type has no name that an expression could use.

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::extension::{Extension, Url};
use crate::value::{Map, Value};

type Answer<'a> = Result<Value<'a>, Failure>;

const TEXT: &[&str] = &["kubernetes.URL.() -> string"];

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.urls",
    kubernetes: &[(0, 0)],
    kubernetes_only: true,
    functions: &[
        Function::global("url", 1, url)
            .overloads(&["(string) -> kubernetes.URL"])
            .costs(cost::first),
        Function::global("isURL", 1, is_url).overloads(&["(string) -> bool"]),
        Function::method("getScheme", 0, scheme).overloads(TEXT),
        Function::method("getHost", 0, host_and_port).overloads(TEXT),
        Function::method("getHostname", 0, hostname).overloads(TEXT),
        Function::method("getPort", 0, port).overloads(TEXT),
        Function::method("getEscapedPath", 0, escaped_path).overloads(TEXT),
        Function::method("getQuery", 0, query).overloads(&["kubernetes.URL.() -> map(string, list(string))"]),
    ],
    types: &[],
    macros: &[],
};

fn url<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    host.grow_text(text.len())?;
    match Url::parse(text) {
        Ok(url) => Ok(Value::extension(Extension::Url(url.into()))),
        Err(why) => {
            let message = format!("URL parse error during conversion from string: {why}");
            Err(EvalError::invalid(message).into())
        }
    }
}

fn is_url<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(Url::check(arguments.text(0)?).is_ok()))
}

fn receiver<'x>(arguments: &'x Args<'_, '_>) -> Result<&'x Url, Failure> {
    if let Extension::Url(url) = arguments.extension(0)? { Ok(url) } else { Err(Failure::Types) }
}

fn text<'a>(host: &mut Host<'_>, text: String) -> Answer<'a> {
    host.grow_text(text.len())?;
    Ok(Value::text(text))
}

fn scheme<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    text(host, receiver(arguments)?.scheme().to_owned())
}

fn host_and_port<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    text(host, receiver(arguments)?.host())
}

fn hostname<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    text(host, receiver(arguments)?.hostname())
}

fn port<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    text(host, receiver(arguments)?.port())
}

fn escaped_path<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    text(host, receiver(arguments)?.escaped_path())
}

fn query<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let parameters = receiver(arguments)?.parameters();
    let texts = parameters
        .iter()
        .map(|(key, values)| (key, values.iter().map(String::len).sum::<usize>()));
    host.grow_text(texts.map(|(key, values)| key.len().saturating_add(values)).sum())?;
    host.grow(parameters.iter().map(|(_, values)| values.len().saturating_add(2)).sum())?;
    let mut map = Map::new();
    for (key, values) in parameters {
        let values = Value::list(values.into_iter().map(Value::text).collect());
        // Keys that differ as bytes may be the same as text; the last one stays.
        let _ = map.put(Value::text(key), values, false);
    }
    Ok(map.into())
}
