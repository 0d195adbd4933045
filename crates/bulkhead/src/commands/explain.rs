//! `bulkhead explain`: the page of a policy.

use anyhow::{Result, bail};
use bulkhead_model::Verdict;

use crate::output;
use crate::policies::{self, PolicyArgs};

/// Print what a policy finds, why it matters and how to mend it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bulkhead explain host-ports\n  bulkhead explain KSV-0024")]
pub(crate) struct Args {
    /// Ids of policies, ours or another tool's
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    policies: PolicyArgs,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let pack = self.policies.pack()?;
        let mut pages = Vec::new();
        for id in &self.ids {
            let found = pack.find(id);
            if found.is_empty() {
                bail!("{}", policies::unknown(&pack, id));
            }
            pages.extend(found.iter().map(|policy| policy.page()));
        }
        output::print(pages.join("\n").as_bytes())?;
        Ok(Verdict::Held)
    }
}
