//! `bulkhead policy test`: runs the examples that policies bring.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use bulkhead_model::Verdict;
use bulkhead_policy::check_examples;

use crate::output;
use crate::policies::{PolicyArgs, builtin};

/// Run the examples of policies
///
/// Without --policies those of the built-in ones, with it those of the named ones alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bulkhead policy test\n  bulkhead policy test --policies my-policies/")]
pub(crate) struct Args {
    #[command(flatten)]
    policies: PolicyArgs,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let pack = self.policies.pack()?;
        let built_in = builtin()?.policies().len();
        let skipped = if self.policies.is_empty() { 0 } else { built_in };
        let (mut text, mut policies, mut examples, mut failures) = (String::new(), 0, 0, 0);
        for policy in pack.policies().skip(skipped) {
            let several = bulkhead_objects::checks::ALL.iter().find(|check| *check.id == *policy.id);
            let (count, failed): (_, Vec<String>) = if let Some(check) = several {
                bulkhead_objects::check_examples(check)
            } else {
                let (count, failed) = check_examples(&pack, policy);
                (count, failed.iter().map(ToString::to_string).collect())
            };
            policies += 1;
            examples += count;
            failures += failed.len();
            for failure in failed {
                _ = writeln!(text, "{failure}");
            }
        }
        if policies == 0 {
            bail!("no policies were found");
        }
        _ = writeln!(text, "{policies} policies, {examples} examples, {failures} failed");
        output::print(text.as_bytes())?;
        Ok(if failures == 0 { Verdict::Held } else { Verdict::Failed })
    }
}
