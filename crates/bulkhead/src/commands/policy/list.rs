//! `bulkhead policy list`: every policy in a line, or with all that programs need to know of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use bulkhead_model::{Severity, Verdict};
use bulkhead_policy::{Policy, Set};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use crate::output;
use crate::policies::PolicyArgs;

/// List the policies: id, severity, set and title
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bulkhead policy list\n  bulkhead policy list -o json")]
pub(crate) struct Args {
    /// How it is written
    #[arg(short, long, value_name = "FORMAT", env = "BULKHEAD_POLICY_LIST_OUTPUT", default_value = "text")]
    output: Format,
    #[command(flatten)]
    policies: PolicyArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// With aliases, standards and parameters
    Json,
}

/// A policy as programs see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    severity: Severity,
    /// The smallest set that holds it.
    set: &'a str,
    aliases: &'a BTreeMap<String, Vec<String>>,
    standards: &'a BTreeMap<String, Vec<String>>,
    parameters: BTreeMap<&'a str, ListedParameter<'a>>,
    file: &'a str,
}

#[derive(Serialize)]
struct ListedParameter<'a> {
    default: &'a Value,
    description: &'a str,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let pack = self.policies.pack()?;
        let mut policies: Vec<&Policy> = pack.policies().map(|policy| &**policy).collect();
        policies.sort_by(|left, right| left.id.cmp(&right.id));
        let text = match self.output {
            Format::Text => table(&policies),
            Format::Json => {
                let listed: Vec<_> = policies.iter().map(|policy| listed(policy)).collect();
                serde_json::to_string_pretty(&listed)? + "\n"
            }
        };
        output::print(text.as_bytes())?;
        Ok(Verdict::Held)
    }
}

fn table(policies: &[&Policy]) -> String {
    let width = policies.iter().map(|policy| policy.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for policy in policies {
        let Policy { id, severity, set, title, .. } = policy;
        _ = writeln!(text, "{id:width$}  {severity:8}  {set:11}  {title}");
    }
    let held = |set: Set| policies.iter().filter(|policy| policy.set <= set).count();
    _ = writeln!(
        text,
        "\n{} policies: {} essential, {} up to recommended",
        policies.len(),
        held(Set::Essential),
        held(Set::Recommended),
    );
    text
}

fn listed(policy: &Policy) -> Listed<'_> {
    Listed {
        id: &policy.id,
        title: &policy.title,
        severity: policy.severity,
        set: policy.set.as_str(),
        aliases: &policy.aliases,
        standards: &policy.standards,
        parameters: policy
            .parameters
            .iter()
            .map(|one| (&*one.name, ListedParameter { default: &one.default, description: &one.description }))
            .collect(),
        file: &policy.file,
    }
}
