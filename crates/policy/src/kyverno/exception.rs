//! `PolicyException` of the group `kyverno.io`.

use std::sync::Arc;

use super::at::{At, Mistake};
use super::conditions::{self, Met};
use super::context::Context;
use super::jmespath::Problem;
use super::matching::{Filters, Subject};
use super::rule::{Conditions, Exclusion, conditions, exclusions};
use super::value::Value;
use super::wildcard;
use crate::native::Truth;

/// An exception.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    /// Policies, and the rules of each.
    about: Vec<(Arc<str>, Vec<Arc<str>>)>,
    matching: Filters,
    conditions: Option<Conditions>,
    pub(crate) pod_security: Vec<Exclusion>,
}

impl Exception {
    /// Reads an exception.
    pub(crate) fn read(value: &Value) -> Result<Self, Mistake> {
        let root = At::new(value);
        let spec = root.field("spec").ok_or_else(|| root.mistake("spec is missing"))?;
        spec.only(&["background", "match", "conditions", "exceptions", "podSecurity"])?;
        let matching = spec.field("match").ok_or_else(|| spec.mistake("match is missing"))?;
        let about = |at: &At<'_>| Ok((at.required_text("policyName")?, at.texts("ruleNames")?));
        let about = spec.items("exceptions")?.iter().map(about).collect::<Result<Vec<_>, Mistake>>()?;
        Ok(Self {
            about,
            matching: Filters::read(&matching)?,
            conditions: conditions(spec.field("conditions"))?,
            pod_security: exclusions(&spec, "podSecurity")?,
        })
    }

    /// Whether it is about a rule of a policy; rules may be named with wildcards.
    pub(crate) fn is_about(&self, policy: &str, rule: &str) -> bool {
        self.about.iter().any(|(name, rules)| {
            **name == *policy && rules.iter().any(|pattern| wildcard::matches(pattern, rule))
        })
    }

    /// Whether it is for a subject.
    pub(crate) fn applies(&self, subject: &Subject<'_>, context: &mut Context<'_>) -> Result<Truth, Problem> {
        // Unlike a rule's, an exception's match must be one of the two.
        if self.matching.any.is_empty() && self.matching.all.is_empty() {
            return Ok(Truth::No);
        }
        let truth = self.matching.excepts(subject);
        let Some(conditions) = self.conditions.as_ref().filter(|_| truth != Truth::No) else {
            return Ok(truth);
        };
        Ok(match conditions::met(conditions, context)? {
            Met::Yes { .. } => truth,
            Met::No => Truth::No,
        })
    }
}
