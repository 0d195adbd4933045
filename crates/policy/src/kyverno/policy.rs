//! A `ClusterPolicy` or `Policy`, read and made ready for the kinds that it can be for.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_document::Node;

use super::at::{At, Mistake};
use super::autogen;
use super::cel;
use super::rule::{Check, Override, Rule, action, overrides};
use super::value::Value;
use crate::native::Rules;
use crate::native::document::Document;
use crate::read::PolicyError;

const SPEC: &[&str] = &[
    "rules",
    "applyRules",
    "failurePolicy",
    "validationFailureAction",
    "validationFailureActionOverrides",
    "emitWarning",
    "admission",
    "background",
    "schemaValidation",
    "webhookTimeoutSeconds",
    "mutateExistingOnPolicyUpdate",
    "generateExistingOnPolicyUpdate",
    "generateExisting",
    "useServerSideApply",
    "webhookConfiguration",
];

/// A policy.
#[derive(Debug)]
pub(crate) struct Policy {
    /// `NAME`, or `NAMESPACE/NAME`: as exceptions call it.
    pub(crate) key: Arc<str>,
    /// The namespace that a `Policy` is for.
    pub(crate) namespace: Option<Arc<str>>,
    /// Rules as they stand, for every kind but the controllers of Pods.
    plain: Vec<Rule>,
    /// Rules for controllers of Pods, where they differ.
    made: BTreeMap<&'static str, Vec<Rule>>,
    /// `applyRules: One`: the first rule that applies is the last.
    pub(crate) applies_one: bool,
    pub(crate) enforces: bool,
    pub(crate) overrides: Vec<Override>,
    /// Match conditions of the webhook, in CEL, which are not judged here.
    pub(crate) has_conditions: bool,
    /// The expressions of rules in CEL, by the rule's place.
    expressions: Vec<(usize, Rules)>,
    /// Why nothing here judges by it, if so.
    pub(crate) unjudged: Option<String>,
}

/// Whether an object is such a policy.
pub(crate) fn is_policy(root: Node<'_>) -> bool {
    let text = |field| root.get(field).and_then(Node::as_str).unwrap_or_default();
    matches!(text("kind"), "ClusterPolicy" | "Policy") && text("apiVersion").starts_with("kyverno.io/")
}

impl Policy {
    /// Reads a policy.
    pub(crate) fn read(document: &Document<'_>) -> Result<Self, PolicyError> {
        document.name()?;
        let mut policy = Self::of(&Value::from(document.root)).map_err(|mistake| mistake.placed(document))?;
        let rules = document.root.at(&["spec", "rules"]).into_iter().flat_map(Node::items);
        for (place, rule) in rules.enumerate() {
            policy.expressions.extend(cel::read(document, rule)?.map(|rules| (place, rules)));
        }
        Ok(policy)
    }

    /// A policy that nothing here judges by, and why.
    pub(crate) fn unjudged(name: &str, why: String) -> Self {
        Self {
            key: name.into(),
            namespace: None,
            plain: Vec::new(),
            made: BTreeMap::new(),
            applies_one: false,
            enforces: false,
            overrides: Vec::new(),
            has_conditions: false,
            expressions: Vec::new(),
            unjudged: Some(why),
        }
    }

    /// Reads a policy's value.
    pub(crate) fn of(whole: &Value) -> Result<Self, Mistake> {
        let root = At::new(whole);
        let metadata = root.field("metadata").ok_or_else(|| root.mistake("metadata is missing"))?;
        let name = metadata.required_text("name")?;
        let namespace = match root.text("kind")?.as_deref() {
            Some("Policy") => Some(metadata.text("namespace")?.unwrap_or_else(|| "default".into())),
            _ => None,
        };
        let spec = root.field("spec").ok_or_else(|| root.mistake("spec is missing"))?;
        spec.only(SPEC)?;
        let rules = spec.items("rules")?;
        if rules.is_empty() {
            return Err(spec.mistake("rules is missing"));
        }
        let plain = rules.iter().enumerate();
        let plain = plain.map(|(place, at)| Rule::read(at, &at.text("name")?.unwrap_or_default(), place));
        let plain: Vec<Rule> = plain.collect::<Result<_, _>>()?;
        let mut made = BTreeMap::new();
        for kind in autogen::CONTROLLERS {
            let found = autogen::rules(whole, kind);
            let rules = found.iter().map(|(rule, origin, place)| Rule::read(&At::new(rule), origin, *place));
            // What a rule is made into has no mistake that the rule has not.
            made.insert(kind, rules.collect::<Result<Vec<_>, _>>()?);
        }
        let applies_one = match spec.text("applyRules")?.as_deref() {
            None | Some("All") => false,
            Some("One") => true,
            Some(word) => return Err(spec.mistake(format!("applyRules: {word:?} is none of All, One"))),
        };
        let webhook = spec.field("webhookConfiguration");
        Ok(Self {
            key: namespace
                .as_ref()
                .map_or_else(|| name.clone(), |namespace| format!("{namespace}/{name}").into()),
            namespace,
            plain,
            made,
            applies_one,
            enforces: action(&spec, "validationFailureAction")?.unwrap_or(false),
            overrides: overrides(&spec, "validationFailureActionOverrides")?,
            has_conditions: webhook.is_some_and(|webhook| webhook.field("matchConditions").is_some()),
            expressions: Vec::new(),
            unjudged: None,
        })
    }

    /// Compiles its expressions, to see that they can be.
    pub(crate) fn check(&self, declared: &crate::policy::Policy) -> Result<(), PolicyError> {
        cel::Expressions::of(declared, self, *bulkhead_kinds::SUPPORTED.end()).map(|_| ())
    }

    /// The rules for a kind.
    pub(crate) fn rules(&self, kind: &str) -> &[Rule] {
        self.made.get(kind).unwrap_or(&self.plain)
    }

    /// The rules as they stand.
    pub(crate) fn own_rules(&self) -> &[Rule] {
        &self.plain
    }

    /// The expressions of rules in CEL, by the rule's place.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = (usize, &Rules)> {
        self.expressions.iter().map(|(place, rules)| (*place, rules))
    }

    /// Rules that are not judged here, with what they do.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&Rule, &'static str)> {
        self.plain.iter().filter_map(|rule| match &rule.check {
            Check::Other(what) => Some((rule, *what)),
            Check::Validate(body) if body.is_empty() => Some((rule, "a validation of nothing")),
            _ => None,
        })
    }

    /// Whether labels of namespaces decide.
    pub(crate) fn reads_namespaces(&self) -> bool {
        let of_rule = |rule: &Rule| {
            rule.matching.reads_namespaces()
                || rule.exclude.reads_namespaces()
                || rule.overrides.iter().any(|each| each.selector.is_some())
        };
        self.plain.iter().any(of_rule) || self.overrides.iter().any(|each| each.selector.is_some())
    }
}
