//! A rule of a `ClusterPolicy` or `Policy`, as read.

use std::sync::Arc;

use super::at::{At, Mistake};
use super::context::{Declared, How};
use super::matching::Filters;
use super::value::Value;

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    /// The rule in the policy that it was made from, for controllers of Pods.
    pub(crate) origin: Arc<str>,
    pub(crate) matching: Filters,
    pub(crate) exclude: Filters,
    pub(crate) context: Vec<Declared>,
    pub(crate) preconditions: Option<Conditions>,
    pub(crate) check: Check,
    pub(crate) message: Option<Arc<str>>,
    /// Whether the rule itself says that a violation is refused.
    pub(crate) enforces: Option<bool>,
    pub(crate) overrides: Vec<Override>,
}

/// What a rule does.
#[derive(Debug, Clone)]
pub(crate) enum Check {
    Validate(Body),
    PodSecurity(PodSecurity),
    /// The place of its expressions among the policy's.
    Cel(usize),
    /// Something that is not judged here, in a policy's words.
    Other(&'static str),
}

/// What objects must be like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    pub(crate) deny: Option<Conditions>,
    pub(crate) pattern: Option<Value>,
    pub(crate) any_pattern: Option<Value>,
    pub(crate) loops: Vec<Loop>,
}

/// One of `foreach`.
#[derive(Debug, Clone)]
pub(crate) struct Loop {
    pub(crate) list: Arc<str>,
    pub(crate) scope: Option<bool>,
    pub(crate) context: Vec<Declared>,
    pub(crate) preconditions: Option<Conditions>,
    pub(crate) body: Body,
}

/// Conditions of which one of the first, and all of the second must hold.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    /// Nothing where none is asked for.
    pub(crate) any: Option<Vec<Condition>>,
    pub(crate) all: Vec<Condition>,
    /// What stands between the messages of several.
    pub(crate) between: &'static str,
}

/// A condition.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) key: Value,
    pub(crate) operator: Arc<str>,
    pub(crate) value: Value,
    pub(crate) message: Arc<str>,
}

/// `validate.podSecurity`.
#[derive(Debug, Clone)]
pub(crate) struct PodSecurity {
    pub(crate) level: Arc<str>,
    /// Nothing for the latest.
    pub(crate) minor: Option<u32>,
    pub(crate) exclude: Vec<Exclusion>,
}

/// One of the exclusions of Pod Security.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion {
    pub(crate) control: Arc<str>,
    pub(crate) images: Vec<Arc<str>>,
    pub(crate) field: Option<Arc<str>>,
    pub(crate) values: Vec<Arc<str>>,
}

/// Another action for some namespaces.
#[derive(Debug, Clone)]
pub(crate) struct Override {
    pub(crate) enforces: bool,
    pub(crate) namespaces: Vec<Arc<str>>,
    pub(crate) selector: Option<Value>,
}

const RULE: &[&str] = &[
    "name",
    "context",
    "reportProperties",
    "match",
    "exclude",
    "imageExtractors",
    "preconditions",
    "celPreconditions",
    "mutate",
    "validate",
    "generate",
    "verifyImages",
    "skipBackgroundRequests",
];
const VALIDATE: &[&str] = &[
    "failureAction",
    "failureActionOverrides",
    "allowExistingViolations",
    "message",
    "manifests",
    "foreach",
    "pattern",
    "anyPattern",
    "deny",
    "podSecurity",
    "cel",
    "assert",
];
const LOOP: &[&str] =
    &["list", "elementScope", "context", "preconditions", "pattern", "anyPattern", "deny", "foreach"];

type Reading<T> = Result<T, Mistake>;

impl Body {
    /// Whether it asks for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.deny.is_none()
            && self.pattern.is_none()
            && self.any_pattern.is_none()
            && self.loops.iter().all(|each| each.body.is_empty())
    }
}

impl Rule {
    /// Reads a rule; `place` is where it stands among the policy's.
    pub(crate) fn read(at: &At<'_>, origin: &str, place: usize) -> Reading<Self> {
        at.only(RULE)?;
        let name = at.required_text("name")?;
        let validate = at.field("validate");
        let check = match &validate {
            // They say where `images` of other kinds come from, which is not read here.
            Some(validate) => match check(validate, place)? {
                Check::Validate(_) if at.field("imageExtractors").is_some() => {
                    Check::Other("validate with imageExtractors")
                }
                check => check,
            },
            None => Check::Other(other(at)),
        };
        let action = |at: &At<'_>| action(at, "failureAction");
        let matching = at.field("match").ok_or_else(|| at.mistake("match is missing"))?;
        Ok(Self {
            name,
            origin: origin.into(),
            matching: Filters::read(&matching)?,
            exclude: at.field("exclude").map_or(Ok(Filters::default()), |exclude| Filters::read(&exclude))?,
            context: context(at)?,
            preconditions: conditions(at.field("preconditions"))?,
            message: validate.as_ref().map_or(Ok(None), |validate| validate.text("message"))?,
            enforces: validate.as_ref().map_or(Ok(None), action)?,
            overrides: validate
                .as_ref()
                .map_or_else(|| Ok(Vec::new()), |at| overrides(at, "failureActionOverrides"))?,
            check,
        })
    }
}

fn other(at: &At<'_>) -> &'static str {
    let known = ["mutate", "generate", "verifyImages"];
    known
        .into_iter()
        .find(|name| at.field(name).is_some())
        .unwrap_or("nothing that can be judged")
}

/// An action: whether it refuses.
pub(crate) fn action(at: &At<'_>, field: &str) -> Reading<Option<bool>> {
    match at.text(field)?.as_deref() {
        None => Ok(None),
        Some("Enforce" | "enforce") => Ok(Some(true)),
        Some("Audit" | "audit") => Ok(Some(false)),
        Some(word) => Err(at.mistake(format!("{field}: {word:?} is none of Audit, Enforce"))),
    }
}

/// Other actions for some namespaces.
pub(crate) fn overrides(at: &At<'_>, field: &str) -> Reading<Vec<Override>> {
    let read = |at: &At<'_>| {
        Ok(Override {
            enforces: action(at, "action")?.unwrap_or(false),
            namespaces: at.texts("namespaces")?,
            selector: at.field("namespaceSelector").map(|selector| selector.value.clone()),
        })
    };
    at.items(field)?.iter().map(read).collect()
}

fn check(at: &At<'_>, place: usize) -> Reading<Check> {
    at.only(VALIDATE)?;
    // The order is that of Kyverno's engine.
    if at.field("assert").is_some() {
        return Ok(Check::Other("validate.assert"));
    }
    if at.field("manifests").is_some() {
        return Ok(Check::Other("validate.manifests"));
    }
    if let Some(pod_security) = at.field("podSecurity") {
        return Ok(Check::PodSecurity(self::pod_security(&pod_security)?));
    }
    if let Some(cel) = at.field("cel") {
        cel.only(&["expressions", "paramKind", "paramRef", "auditAnnotations", "variables"])?;
        if cel.field("paramKind").is_some() {
            return Ok(Check::Other("validate.cel with parameters"));
        }
        return Ok(Check::Cel(place));
    }
    Ok(Check::Validate(body(at)?))
}

fn body(at: &At<'_>) -> Reading<Body> {
    let deny = match at.field("deny") {
        None => None,
        Some(deny) => {
            deny.only(&["conditions"])?;
            // A denial without conditions denies.
            Some(conditions(deny.field("conditions"))?.unwrap_or(Conditions {
                any: None,
                all: Vec::new(),
                between: "",
            }))
        }
    };
    let any_pattern = match at.field("anyPattern") {
        Some(any) if any.value.as_list().is_none() => return Err(any.mistake("expected a list")),
        any => any.map(|any| any.value.clone()),
    };
    Ok(Body {
        deny,
        pattern: at.field("pattern").map(|pattern| pattern.value.clone()),
        any_pattern,
        loops: at.items("foreach")?.iter().map(each).collect::<Reading<_>>()?,
    })
}

fn each(at: &At<'_>) -> Reading<Loop> {
    at.only(LOOP)?;
    Ok(Loop {
        list: at.required_text("list")?,
        scope: at.truth("elementScope")?,
        context: context(at)?,
        preconditions: conditions(at.field("preconditions"))?,
        body: body(at)?,
    })
}

/// Conditions: `any` and `all`, or the older list of which all must hold.
pub(crate) fn conditions(at: Option<At<'_>>) -> Reading<Option<Conditions>> {
    let Some(at) = at else { return Ok(None) };
    if at.value.as_list().is_some() {
        let all = at.elements()?.iter().map(condition).collect::<Reading<_>>()?;
        return Ok(Some(Conditions { any: None, all, between: ";" }));
    }
    at.only(&["any", "all"])?;
    let list = |field: &str| at.items(field)?.iter().map(condition).collect::<Reading<Vec<_>>>();
    let any = at.field("any").map(|_| list("any")).transpose()?;
    Ok(Some(Conditions { any, all: list("all")?, between: "; " }))
}

fn condition(at: &At<'_>) -> Reading<Condition> {
    at.only(&["key", "operator", "value", "message"])?;
    let part = |field: &str| at.field(field).map_or(Value::Null, |found| found.value.clone());
    Ok(Condition {
        key: part("key"),
        operator: at.required_text("operator")?,
        value: part("value"),
        message: at.text("message")?.unwrap_or_default(),
    })
}

fn context(at: &At<'_>) -> Reading<Vec<Declared>> {
    at.items("context")?.iter().map(declared).collect()
}

fn declared(at: &At<'_>) -> Reading<Declared> {
    const OUTSIDE: [&str; 4] = ["configMap", "apiCall", "globalReference", "imageRegistry"];
    at.only(&["name", "variable", "configMap", "apiCall", "globalReference", "imageRegistry"])?;
    let name = at.required_text("name")?;
    if let Some(sort) = OUTSIDE.into_iter().find(|sort| at.field(sort).is_some()) {
        return Ok(Declared { how: How::Outside(format!("{name} (context.{sort})").into()), name });
    }
    let variable = at.field("variable").ok_or_else(|| at.mistake("variable is missing"))?;
    variable.only(&["value", "jmesPath", "default"])?;
    let part = |field: &str| variable.field(field).map(|found| found.value.clone());
    let how =
        How::Variable { value: part("value"), path: variable.text("jmesPath")?, default: part("default") };
    Ok(Declared { name, how })
}

fn pod_security(at: &At<'_>) -> Reading<PodSecurity> {
    at.only(&["level", "version", "exclude"])?;
    let version = at.text("version")?;
    let minor = match version.as_deref() {
        None | Some("latest") => None,
        Some(version) => {
            let minor = version.strip_prefix("v1.").and_then(|minor| minor.parse().ok());
            Some(minor.ok_or_else(|| at.mistake(format!("version: {version:?} is none of v1.N, latest")))?)
        }
    };
    let level = at.required_text("level")?;
    if !matches!(&*level, "privileged" | "baseline" | "restricted") {
        return Err(at.mistake(format!("level: {level:?} is none of privileged, baseline, restricted")));
    }
    Ok(PodSecurity { level, minor, exclude: exclusions(at, "exclude")? })
}

/// Exclusions of Pod Security.
pub(crate) fn exclusions(at: &At<'_>, field: &str) -> Reading<Vec<Exclusion>> {
    let read = |at: &At<'_>| {
        at.only(&["controlName", "images", "restrictedField", "values"])?;
        Ok(Exclusion {
            control: at.required_text("controlName")?,
            images: at.texts("images")?,
            field: at.text("restrictedField")?,
            values: at.texts("values")?,
        })
    };
    at.items(field)?.iter().map(read).collect()
}
