//! The policies of a run: the built-in ones, and those of `--policies` and of configuration.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use bulkhead_policy::Pack;
use bulkhead_source::{PathRules, SETTINGS, load_text, walk};

/// A policy is written by hand.
const LIMIT: u64 = 4 << 20;

/// Where a user's own policies are.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct PolicyArgs {
    /// File or folder with policies of your own, in our form or Kubernetes' or Gatekeeper's (repeatable)
    #[arg(
        long,
        value_name = "PATH",
        env = "BULKHEAD_POLICIES",
        value_delimiter = ',',
        help_heading = "Policies"
    )]
    policies: Vec<PathBuf>,
}

impl PolicyArgs {
    /// Whether there are none but the built-in ones.
    pub(crate) fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The built-in policies and these.
    pub(crate) fn pack(&self) -> Result<Pack> {
        let mut pack = builtin()?;
        for path in &self.policies {
            add(&mut pack, path)?;
        }
        pack.check_whole()?;
        Ok(pack)
    }
}

/// What ships with Bulkhead: policies, and the pages of checks over several objects.
pub(crate) fn builtin() -> Result<Pack> {
    let mut pack = Pack::builtin()?;
    for check in bulkhead_objects::checks::ALL {
        pack.read(&format!("objects/{}.yaml", check.id), check.page)?;
    }
    Ok(pack)
}

/// Adds the policies of a file, or of all files below a folder.
pub(crate) fn add(pack: &mut Pack, path: &Path) -> Result<()> {
    let sources = walk(&[path.to_owned()], &PathRules::default(), &mut ());
    if let Some(gap) = sources.coverage.gaps.first() {
        bail!("{}", gap.message);
    }
    let (before, parts) = (pack.policies().len(), pack.parts());
    for file in (0..sources.len()).filter_map(|number| sources.file(number)) {
        if file.stdin || file.path.file_name().is_some_and(|name| name == SETTINGS) {
            continue;
        }
        let text = load_text(&file.path, LIMIT).map_err(|error| anyhow::anyhow!("{} {error}", file.name))?;
        pack.read_checked(&file.name, &text)?;
    }
    if pack.parts() == parts {
        bail!("{} holds no policies", path.display());
    }
    tracing::debug!(path = %path.display(), policies = pack.policies().len() - before, "read policies");
    Ok(())
}

/// What to say of a name that no policy has.
pub(crate) fn unknown(pack: &Pack, name: &str) -> String {
    let similar = pack.similar(name);
    if similar.is_empty() {
        format!("no policy is called {name:?}; `bulkhead policy list` shows them all")
    } else {
        format!("no policy is called {name:?}; did you mean {}?", similar.join(" or "))
    }
}
