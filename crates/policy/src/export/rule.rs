//! One policy as one variable: what it finds in the object, and what it finds in the old object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bulkhead_cel::Env;
use bulkhead_kinds::{FieldType, KindInfo, Kinds, SUPPORTED};
use bulkhead_model::Severity;
use serde_json::Value;

use crate::export::excepted::Lines;
use crate::export::find::{Found, POD_DEFAULTS, Place, Says, Spot, Walk, follow, gather};
use crate::export::text::{BETWEEN, maybe, quote};
use crate::export::{Reason, Refusal};
use crate::path::{Root, Segment};
use crate::plan;
use crate::policy::{Blame, Expression, Find, KindPattern, Part, Policy, Unit};
use crate::select::Settings;

/// A policy ready to be put into an object.
pub(crate) struct Lowered {
    pub(crate) id: Arc<str>,
    pub(crate) title: Arc<str>,
    pub(crate) severity: Severity,
    /// The shared variable with its units.
    pub(crate) units: &'static str,
    /// A variable with those units that no exception covers, where there are exceptions.
    pub(crate) judged: Option<(String, String)>,
    pub(crate) expression: String,
    /// The policy's parameters, by name.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// What it is for, where that is not Pods and what makes them.
    pub(crate) resources: BTreeSet<Resource>,
    /// Kinds that the server knows nothing of.
    pub(crate) without: Vec<String>,
}

/// A resource of the API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) name: String,
}

/// The name of a policy's variable.
pub(crate) fn variable(id: &str) -> String {
    id.chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '_' })
        .collect()
}

pub(crate) fn lower(
    policy: &Policy,
    settings: &Settings,
    exceptions: &Lines,
    kinds: &Kinds,
    minor: u32,
) -> Result<Lowered, Refusal> {
    let (resources, without, object) = served(policy, kinds)?;
    let named = |name| kinds.type_named(name).map(FieldType::Object);
    let pod = named("core/v1.PodTemplateSpec");
    let (units, form) = match policy.unit {
        Unit::Container => ("containers", named("core/v1.Container")),
        Unit::Volume => ("volumes", named("core/v1.Volume")),
        Unit::Pod => ("pods", pod),
        _ => ("objects", object),
    };
    let mut lowering = Lowering {
        policy,
        environment: plan::environment(*SUPPORTED.end()),
        names: BTreeMap::new(),
        runs_pods: units != "objects",
    };
    lowering.bind(minor)?;
    let (prefix, form) = match &policy.unit {
        Unit::Path(path) => unit_path(&path.segments, form)?,
        _ => (None, form),
    };
    let mut side = "side".to_owned();
    if let Some(guard) = guard(&policy.kinds, kinds) {
        side = format!("{side}.filter(u, {guard})");
    }
    if let Some(items) = prefix {
        side = format!(
            "(size({side}) == 0 ? [] : {items}.map(m, {{'self': dyn(m), 'workload': dyn(side[0].workload), 'called': dyn('')}}))"
        );
    }
    if let Some(when) = &policy.when {
        side = format!("{side}.filter(u, {})", lowering.expression(when, &BTreeMap::new())?);
    }
    let mut lists = Vec::new();
    for find in &policy.find {
        lists.push(lowering.find(find, &side, form, pod, named("core/v1.SecurityContext"), object)?);
    }
    // What is not excepted is a variable of its own: there may be several lists of it.
    let judged = exceptions.guard(policy).map(|guard| {
        let filtered = format!("variables.{units}.map(side, side.filter(u, {guard}))");
        (format!("judged_{}", variable(&policy.id)), filtered)
    });
    let of = judged.as_ref().map_or(units, |(name, _)| name);
    let expression = format!("variables.{of}.map(side, {})", lists.join(" + "));
    let overrides = settings.parameters.get(&*policy.id);
    let parameters = policy.parameters.iter().map(|parameter| {
        let configured = overrides.and_then(|overrides| overrides.get(&*parameter.name));
        (parameter.name.to_string(), configured.unwrap_or(&parameter.default).clone())
    });
    Ok(Lowered {
        id: policy.id.clone(),
        title: policy.title.clone(),
        severity: settings.severities.get(&*policy.id).copied().unwrap_or(policy.severity),
        units,
        judged,
        expression,
        parameters: parameters.collect(),
        resources,
        without,
    })
}

/// What a policy for objects is for: its resources, the kinds that have none, and the type of the first.
type Served<'k> = (BTreeSet<Resource>, Vec<String>, Option<FieldType<'k>>);

fn served<'k>(policy: &Policy, kinds: &'k Kinds) -> Result<Served<'k>, Refusal> {
    let (mut resources, mut without, mut form) = (BTreeSet::new(), Vec::new(), None);
    for pattern in &policy.kinds {
        let mut known: Vec<KindInfo<'_>> = kinds
            .all()
            .filter(|info| names(pattern, *info) && info.is_served() && info.resource().is_some())
            .collect();
        // What is on by default: alphas and betas are not.
        if known.iter().any(|info| is_stable(*info)) {
            known.retain(|info| is_stable(*info));
        }
        if known.is_empty() {
            let group = pattern.group.as_ref().map(|group| format!("{group}/")).unwrap_or_default();
            without.push(format!("{group}{}", pattern.kind));
        }
        for info in known {
            let (group, version) = group_and_version(info.api_version());
            form = form.or(info.object_type().map(FieldType::Object));
            resources.insert(Resource {
                group: group.to_owned(),
                version: version.to_owned(),
                name: info.resource().unwrap_or_default().to_owned(),
            });
        }
    }
    if resources.is_empty() && !policy.kinds.is_empty() {
        let message = format!("is for {}, which the server itself does not serve", without.join(", "));
        return Err((Reason::NotServed, message));
    }
    Ok((resources, without, form))
}

fn names(pattern: &KindPattern, info: KindInfo<'_>) -> bool {
    let group = group_and_version(info.api_version()).0;
    *pattern.kind == *info.kind() && pattern.group.as_ref().is_none_or(|wanted| **wanted == *group)
}

fn is_stable(info: KindInfo<'_>) -> bool {
    let version = group_and_version(info.api_version()).1;
    !version.contains("alpha") && !version.contains("beta")
}

fn group_and_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The condition under which a unit is of one of the kinds; objects of others are matched as well, for
/// other policies.
fn guard(patterns: &[KindPattern], kinds: &Kinds) -> Option<String> {
    if patterns.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    let mut conditions = Vec::new();
    for KindPattern { group, kind } in patterns {
        let shared = kinds.all().filter(|info| *info.kind() == **kind && info.is_served());
        let groups: BTreeSet<_> = shared.map(|info| group_and_version(info.api_version()).0).collect();
        match group {
            Some(group) if groups.len() > 1 => {
                let begin = if group.is_empty() { "v".to_owned() } else { format!("{group}/") };
                let starts = format!("u.self.apiVersion.startsWith({})", quote(&begin));
                conditions.push(format!("u.self.kind == {} && {starts}", quote(kind)));
            }
            _ => _ = names.insert(quote(kind)),
        }
    }
    if !names.is_empty() {
        let names: Vec<String> = names.into_iter().collect();
        conditions.push(format!("u.self.kind in [{}]", names.join(", ")));
    }
    Some(conditions.join(" || "))
}

/// The items of a unit's path in the first object of `side`, and what they are.
type Items<'k> = (Option<String>, Option<FieldType<'k>>);

fn unit_path<'k>(segments: &[Segment], form: Option<FieldType<'k>>) -> Result<Items<'k>, Refusal> {
    let unknown = |message: &str| Err((Reason::UnknownShape, message.to_owned()));
    let mut fields = Vec::new();
    for (place, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Field { name, .. } => fields.push(&**name),
            Segment::Every if place.saturating_add(1) == segments.len() => {
                let Some(FieldType::List(items)) = follow(form, &fields) else {
                    return unknown("is for each value of a field that is no list");
                };
                let list = fields.iter().fold("side[0].self".to_owned(), |base, name| maybe(&base, name));
                return Ok((Some(format!("{list}.orValue([])")), Some(items.form())));
            }
            Segment::Every => return unknown("is for each item of lists in lists"),
        }
    }
    let path = fields.iter().fold("side[0].self".to_owned(), |base, name| maybe(&base, name));
    let items = format!("{path}.hasValue() ? [{path}.value()] : []");
    Ok((Some(format!("({items})")), follow(form, &fields)))
}

/// A policy's expressions on their way into macros.
struct Lowering<'p> {
    policy: &'p Policy,
    environment: Env,
    /// What stands in for each name.
    names: BTreeMap<String, String>,
    runs_pods: bool,
}

impl Lowering<'_> {
    fn bind(&mut self, minor: u32) -> Result<(), Refusal> {
        let absent = || "null".to_owned();
        let of_pod = |name: &str| if self.runs_pods { format!("u.{name}") } else { absent() };
        let of_container = |name: &str| match self.policy.unit {
            Unit::Container => format!("u.{name}"),
            _ => absent(),
        };
        let names = [
            ("self", "u.self".to_owned()),
            ("pod", of_pod("pod")),
            ("workload", "u.workload".to_owned()),
            ("effective", of_container("effective")),
            ("containerType", of_container("type")),
            ("windows", if self.runs_pods { "u.windows".to_owned() } else { "false".to_owned() }),
            ("parameters", format!("variables.parameters_{}", variable(&self.policy.id))),
            ("minor", minor.to_string()),
            ("value", absent()),
            ("key", absent()),
            ("parent", absent()),
        ];
        self.names = names.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        for (name, expression) in &self.policy.variables {
            let text = self.expression(expression, &BTreeMap::new())?;
            self.names.insert(name.to_string(), text);
        }
        Ok(())
    }

    /// An expression with what its names mean; a policy's own variables are put within, as they are
    /// computed where they are needed and not before.
    fn expression(
        &self,
        expression: &Expression,
        spot: &BTreeMap<String, String>,
    ) -> Result<String, Refusal> {
        let mut names = self.names.clone();
        names.extend(spot.iter().map(|(name, text)| (name.clone(), text.clone())));
        if self.runs_pods && POD_DEFAULTS.iter().any(|name| expression.source.contains(name)) {
            let message = format!("reads in {:?} what only Pods get by default", expression.source);
            return Err((Reason::PodDefault, message));
        }
        self.environment
            .substitute(&expression.source, &names)
            .map_err(|wrong| (Reason::Expression, format!("in {:?}: {}", expression.source, wrong.message)))
    }

    fn find<'k>(
        &self,
        find: &Find,
        side: &str,
        form: Option<FieldType<'k>>,
        pod: Option<FieldType<'k>>,
        context: Option<FieldType<'k>>,
        object: Option<FieldType<'k>>,
    ) -> Result<String, Refusal> {
        let (Blame::At(path) | Blame::Missing(path)) = &find.blame;
        let (base, form) = match path.root {
            Root::Unit => ("u.self", form),
            Root::Effective => ("u.effective", context),
            Root::Pod => ("u.pod", pod),
            Root::Workload => ("u.workload", object),
        };
        let says = Finding { lowering: self, find };
        let absent = matches!(find.blame, Blame::Missing(_));
        let walk = Walk { says: &says, absent, pod: self.runs_pods.then_some("u.pod") };
        let place = Place { base: base.to_owned(), form, key: "null".to_owned(), parent: base.to_owned() };
        let found = walk.walk(&place, &path.segments, 1)?;
        let many = matches!(found, Found::Many(_));
        let list = gather(side, "u", found);
        Ok(if many {
            format!("{list}.join({BETWEEN}).split({BETWEEN}).filter(found, found != '')")
        } else {
            list
        })
    }
}

struct Finding<'f> {
    lowering: &'f Lowering<'f>,
    find: &'f Find,
}

impl Finding<'_> {
    fn names(spot: &Spot<'_>) -> BTreeMap<String, String> {
        let names = [("value", spot.value), ("key", spot.key), ("parent", spot.parent)];
        names.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }
}

impl Says for Finding<'_> {
    fn when(&self, spot: &Spot<'_>) -> Result<Option<String>, Refusal> {
        let when = self.find.when.as_ref();
        when.map(|when| self.lowering.expression(when, &Self::names(spot))).transpose()
    }

    fn text(&self, spot: &Spot<'_>) -> Result<String, Refusal> {
        let mut parts = vec!["u.called".to_owned()];
        for part in &self.find.message {
            parts.push(match part {
                Part::Text(text) => quote(text),
                Part::Value(value) => {
                    format!("string({})", self.lowering.expression(value, &Self::names(spot))?)
                }
            });
        }
        Ok(parts.join(" + "))
    }

    fn shows_value(&self) -> bool {
        self.find
            .message
            .iter()
            .any(|part| matches!(part, Part::Value(value) if *value.source == *"value"))
    }
}
