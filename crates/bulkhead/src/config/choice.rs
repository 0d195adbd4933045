//! Which policies judge in which scope, and how: settings files and command line brought together.
//!
//! The command line is above all files, a file in an inner folder above those of the folders around it,
//! and all of them above what a policy says of itself. `--only`, `--pod-security` and `--standard` choose alone: what
//! files turn on or off does not count then, only their severities and parameters do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use bulkhead_kinds::{Minor, SUPPORTED};
use bulkhead_model::{Note, Severity};
use bulkhead_policy::{Judge, Level, Pack, Policy, Selection, Set, Settings, Standard, Trust};
use bulkhead_source::{PathRules, Scope};
use serde_json::Value;

use super::layers::Layer;
use super::locks::Locks;
use super::{Config, ConfigError, PolicySetting};
use crate::policies;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) only: Vec<String>,
    pub(crate) skip: Vec<String>,
    pub(crate) set: Option<Set>,
    pub(crate) pod_security: Option<PodSecurity>,
    pub(crate) kubernetes_version: Option<Minor>,
    pub(crate) default_namespace: Option<Arc<str>>,
    /// Standards: the policies mapped to them alone, whatever their set.
    pub(crate) standards: Vec<String>,
    /// Whether a report shows source lines.
    pub(crate) excerpts: bool,
}

/// A Pod Security level, as of a version or of the one judged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PodSecurity {
    pub(crate) level: Level,
    pub(crate) minor: Option<Minor>,
}

impl FromStr for PodSecurity {
    type Err = String;

    /// `restricted`, `baseline@1.30`, `baseline@latest`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (level, version) =
            text.split_once('@').map_or((text, None), |(level, version)| (level, Some(version)));
        let minor = match version {
            None | Some("latest") => None,
            Some(version) => Some(version.parse::<Minor>().map_err(|error| error.to_string())?),
        };
        Ok(Self { level: level.parse()?, minor })
    }
}

/// Judges, and which of them is for which scope.
pub(crate) struct Choice {
    pub(crate) judges: Vec<Judge>,
    /// The Kubernetes version of each judge.
    pub(crate) minors: Vec<Minor>,
    /// By scope, the number of a judge.
    pub(crate) of_scope: Vec<usize>,
    /// By scope, whether its folder is said to be whole.
    pub(crate) complete: Vec<bool>,
    /// By scope, how far the tree is believed about itself.
    pub(crate) trust: Vec<Trust>,
    pub(crate) pack: Pack,
    /// What had no effect.
    pub(crate) notes: Vec<Note>,
}

/// What holds in one scope.
#[derive(Debug, Clone, Default, PartialEq)]
struct Effective {
    policies: Vec<Arc<str>>,
    minor: Option<Minor>,
    default_namespace: Option<Arc<str>>,
    severities: BTreeMap<String, Severity>,
    parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// Taken out before judges are made: it is no matter of theirs.
    trust: Trust,
}

/// Settles what judges each scope. `pack` holds the built-in policies and those of the command line.
pub(crate) fn settle(mut pack: Pack, layers: &[Layer], flags: &Flags) -> Result<Choice> {
    let homes = add_policies(&mut pack, layers)?;
    for standard in &flags.standards {
        let names = Standard::names(&pack);
        if !names.contains(standard) {
            return Err(anyhow!(
                "--standard: no standard is called {standard:?}; there are {}",
                names.join(", ")
            ));
        }
    }
    let (mut effective, mut of_scope) = (Vec::<Effective>::new(), Vec::new());
    let (mut trust, mut notes) = (Vec::new(), BTreeSet::new());
    for scope in 0..layers.len() {
        let mut settings = effective_of(&pack, &homes, layers, scope, flags, &mut notes)?;
        trust.push(std::mem::take(&mut settings.trust));
        let known = effective.iter().position(|known| *known == settings);
        of_scope.push(known.unwrap_or(effective.len()));
        if known.is_none() {
            effective.push(settings);
        }
    }
    let judges = effective.iter().map(|settings| judge(&pack, settings, flags)).collect::<Result<_>>()?;
    let minors = effective.iter().map(|settings| settings.minor.unwrap_or(Minor::NEWEST)).collect();
    let complete = (0..layers.len()).map(|scope| is_complete(layers, scope)).collect();
    let notes = notes.into_iter().collect();
    Ok(Choice { judges, minors, of_scope, complete, trust, pack, notes })
}

/// Settles what is exported: the pack with what the outermost file adds, the choice, and how it judges.
pub(crate) fn settle_outermost(
    mut pack: Pack,
    layers: &[Layer],
    flags: &Flags,
) -> Result<(Pack, Selection, Settings, Vec<Note>)> {
    let homes = add_policies(&mut pack, layers)?;
    let mut notes = BTreeSet::new();
    let effective = effective_of(&pack, &homes, layers, 0, flags, &mut notes)?;
    let (selection, settings) = chosen(&pack, &effective, flags)?;
    Ok((pack, selection, settings, notes.into_iter().collect()))
}

/// Adds the policies that settings files name; tells in which scope each such policy is at home.
fn add_policies(pack: &mut Pack, layers: &[Layer]) -> Result<HashMap<Arc<str>, Scope>> {
    let mut homes = HashMap::new();
    let scopes = layers.iter().zip(0..);
    let configs = scopes
        .flat_map(|(layer, scope)| layer.config.stack().into_iter().map(move |file| (layer, file, scope)));
    for (layer, config, scope) in configs {
        for named in &config.policy_paths {
            let before = pack.policies().len();
            let path = config.folder.join(&named.path);
            if layer.outer.is_some() && !is_within(&path, &config.folder) {
                let message =
                    "policyPaths: leads out of this file's folder, which only --config and --policies may";
                let Config { file, .. } = config;
                return Err(ConfigError { file: file.clone(), at: named.at, message: message.into() }.into());
            }
            let place = || format!("{}:{}:{}: policyPaths", config.file, named.at.line, named.at.column);
            policies::add(pack, &path).with_context(place)?;
            homes.extend(pack.policies().skip(before).map(|policy| (policy.id.clone(), scope)));
        }
    }
    Ok(homes)
}

/// Tightens what was said further out: no file can loosen it.
fn trust_more(pack: &Pack, trust: &mut Trust, config: &Config) -> Result<()> {
    let said = &config.exceptions;
    trust.counting = trust.counting.max(said.tree);
    trust.peers &= !said.no_peers;
    trust.owners.extend(said.owners.clone());
    for (name, at) in &said.never {
        let found = pack.find(name);
        if found.is_empty() {
            let message = format!("exceptions.never: {}", policies::unknown(pack, name));
            return Err(ConfigError { file: config.file.clone(), at: *at, message }.into());
        }
        trust.never.extend(found.iter().map(|policy| policy.id.clone()));
    }
    Ok(())
}

/// What does not exist leads nowhere; that is said by whoever reads it.
fn is_within(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => true,
    }
}

fn effective_of(
    pack: &Pack,
    homes: &HashMap<Arc<str>, Scope>,
    layers: &[Layer],
    scope: usize,
    flags: &Flags,
    notes: &mut BTreeSet<Note>,
) -> Result<Effective> {
    let chain = chain(layers, scope);
    let configs =
        || chain.iter().filter_map(|&scope| layers.get(scope)).flat_map(|layer| layer.config.stack());
    let mut settings = Effective::default();
    let (mut switched, mut set, mut locks) = (HashMap::new(), None, Locks::default());
    for config in configs() {
        if locks.allow(config, "kubernetesVersion", config.kubernetes_version.is_some()) {
            settings.minor = config.kubernetes_version.or(settings.minor);
        }
        if locks.allow(config, "defaultNamespace", config.default_namespace.is_some()) {
            settings.default_namespace = config.default_namespace.clone().or(settings.default_namespace);
        }
        if locks.allow(config, "set", config.set.is_some()) {
            set = config.set.or(set);
        }
        locks.allow(config, "paths", config.paths != PathRules::default());
        trust_more(pack, &mut settings.trust, config)?;
        for policy in &config.policies {
            let error = |message| ConfigError { file: config.file.clone(), at: policy.at, message };
            let found = pack.find(&policy.name);
            if found.is_empty() {
                return Err(error(policies::unknown(pack, &policy.name)).into());
            }
            for named in found {
                if !locks.allow_policy(config, policy.at, named) {
                    continue;
                }
                if let Some(on) = policy.on {
                    switched.insert(named.id.clone(), on);
                }
                if let Some(severity) = policy.severity {
                    settings.severities.insert(named.id.to_string(), severity);
                }
                let parameters = parameters(named, policy)
                    .map_err(|(at, message)| ConfigError { at, ..error(message) })?;
                if !parameters.is_empty() {
                    settings.parameters.entry(named.id.to_string()).or_default().extend(parameters);
                }
            }
        }
        locks.add(pack, config)?;
    }
    notes.extend(locks.notes);
    settings.minor = flags.kubernetes_version.or(settings.minor);
    settings.default_namespace = flags.default_namespace.clone().or(settings.default_namespace);
    let set = flags.set.or(set).unwrap_or_default();
    let (only, skip) = (named(pack, "--only", &flags.only)?, named(pack, "--skip", &flags.skip)?);
    let visible =
        |policy: &Policy| homes.get(&policy.id).is_none_or(|home| chain.contains(&(*home as usize)));
    let chosen = |policy: &&Arc<Policy>| {
        let by_name = flags.only.is_empty() || only.contains(&policy.id);
        let by_rule = match flags.pod_security {
            Some(PodSecurity { level, .. }) => policy.belongs_to(level),
            None if !flags.standards.is_empty() => {
                flags.standards.iter().any(|standard| policy.standards.contains_key(standard))
            }
            None if !flags.only.is_empty() => true,
            None => switched.get(&policy.id).copied().unwrap_or(policy.set <= set),
        };
        by_name && by_rule && visible(policy) && !skip.contains(&policy.id)
    };
    settings.policies = pack.policies().filter(chosen).map(|policy| policy.id.clone()).collect();
    Ok(settings)
}

fn is_complete(layers: &[Layer], scope: usize) -> bool {
    let said = |scope: &usize| {
        let stack = layers.get(*scope)?.config.stack();
        stack.into_iter().rev().find_map(|config| config.complete)
    };
    chain(layers, scope).iter().filter_map(said).next_back().unwrap_or(false)
}

/// The scopes from the outermost to this one.
fn chain(layers: &[Layer], scope: usize) -> Vec<usize> {
    let mut chain = vec![scope];
    let mut at = scope;
    while let Some(outer) = layers.get(at).and_then(|layer| layer.outer) {
        at = outer as usize;
        chain.push(at);
    }
    chain.reverse();
    chain
}

fn named(pack: &Pack, flag: &str, names: &[String]) -> Result<Vec<Arc<str>>> {
    let mut ids = Vec::new();
    for name in names {
        let found = pack.find(name);
        if found.is_empty() {
            return Err(anyhow!("{flag}: {}", policies::unknown(pack, name)));
        }
        ids.extend(found.iter().map(|policy| policy.id.clone()));
    }
    Ok(ids)
}

type Misplaced = (bulkhead_document::Position, String);

/// The parameters that a file sets for a policy, checked against those that it has.
fn parameters(policy: &Policy, setting: &PolicySetting) -> Result<BTreeMap<String, Value>, Misplaced> {
    let mut checked = BTreeMap::new();
    for (name, (value, at)) in &setting.parameters {
        let Some(known) = policy.parameters.iter().find(|known| *known.name == **name) else {
            let names: Vec<&str> = policy.parameters.iter().map(|known| &*known.name).collect();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err((*at, format!("{} has no parameter {name}; it has {has}", policy.id)));
        };
        let (wanted, found) = (sort(&known.default), sort(value));
        if wanted != found && wanted != "null" {
            return Err((*at, format!("{}: parameter {name}: expected {wanted}, found {found}", policy.id)));
        }
        checked.insert(name.clone(), value.clone());
    }
    Ok(checked)
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn judge(pack: &Pack, effective: &Effective, flags: &Flags) -> Result<Judge> {
    let (selection, settings) = chosen(pack, effective, flags)?;
    Ok(Judge::new(pack, &selection, &settings)?)
}

fn chosen(pack: &Pack, effective: &Effective, flags: &Flags) -> Result<(Selection, Settings)> {
    let mut selection = Selection {
        only: effective.policies.iter().map(ToString::to_string).collect(),
        set: Set::All,
        pod_security: flags
            .pod_security
            .map(|PodSecurity { level, minor }| (level, minor.map(|minor| minor.0))),
        ..Selection::default()
    };
    if selection.only.is_empty() {
        // An empty `only` would mean every policy of the set.
        selection.skip = pack.policies().map(|policy| policy.id.to_string()).collect();
    }
    if let Some(minor) = effective.minor.filter(|minor| !minor.is_supported()) {
        let (first, last) = (SUPPORTED.start(), SUPPORTED.end());
        return Err(anyhow!("Kubernetes {minor} is not supported; supported are 1.{first} to 1.{last}"));
    }
    let settings = Settings {
        minor: effective.minor.map(|minor| minor.0),
        default_namespace: effective.default_namespace.clone(),
        severities: effective.severities.clone(),
        parameters: effective.parameters.clone(),
        excerpts: flags.excerpts,
        kinds: !flags.standards.is_empty(),
    };
    Ok((selection, settings))
}

#[test]
fn pod_security_as_people_write_it() {
    let read = |text: &str| text.parse::<PodSecurity>();
    assert_eq!(read("baseline@1.30"), Ok(PodSecurity { level: Level::Baseline, minor: Some(Minor(30)) }));
    assert_eq!(read("restricted"), read("restricted@latest"));
    assert!(read("strict").unwrap_err().contains("expected privileged, baseline or restricted"));
    assert!(read("baseline@new").unwrap_err().contains("is no Kubernetes version"));
}
