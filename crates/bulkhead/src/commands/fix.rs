//! `bulkhead fix`: what would mend each finding, and the files with it.

mod file;
mod report;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use bulkhead_model::Verdict;
use bulkhead_source::{STDIN, load_text};
use clap::ArgAction;
use clap::builder::FalseyValueParser;

use super::scan::judged::{Prepared, Scan};
use super::scan::{ChoiceArgs, ConfigArgs};
use crate::output;
use crate::pipeline::FILE_LIMIT;
use crate::policies::PolicyArgs;
use file::Mending;
use report::Report;

/// Show the change that mends each finding, and make it where asked
///
/// A change keeps comments and layout. It is *safe*, or *may break* what works: then it says what to test. Each
/// one is judged again before it is shown: its finding is gone, and there is no new one. Nothing is invented: no
/// probe, no limit, no number of replicas. Of what a kustomization makes, a patch for the kustomization is shown;
/// what a chart makes is mended in its templates and values.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change the files: what is safe
    #[arg(long, env = "BULKHEAD_WRITE", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    write: bool,
    /// Also what may break something
    #[arg(long, env = "BULKHEAD_UNSAFE", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    r#unsafe: bool,
    #[command(flatten)]
    policies: PolicyArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Exceptions: files, or folders with all below (repeatable); what they cover is let be
    #[arg(
        long,
        value_name = "PATH",
        env = "BULKHEAD_EXCEPTIONS",
        value_delimiter = ',',
        help_heading = "Exceptions"
    )]
    exceptions: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

const EXAMPLES: &str = "Examples:
  bulkhead fix deploy/
  bulkhead fix deploy/ --only host-network,privileged --write
  bulkhead fix deploy/ --set all --write --unsafe";

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let all = self.r#unsafe || !self.write;
        let plain = Scan::plain(self.paths, self.policies, self.choice.flags(), self.config);
        let scan = Scan { exceptions: self.exceptions, ..plain };
        if scan.paths.iter().any(|path| path == Path::new(STDIN)) {
            return Err(anyhow!("standard input has no file to change; name the file"));
        }
        let Prepared { work, coverage, .. } = scan.prepare()?;
        let mut report = Report::new(self.write, self.r#unsafe);
        for gap in &coverage.gaps {
            report.gap(gap);
        }
        let mut judged = 0;
        for number in 0..work.sources.len() {
            let Some(file) = work.sources.file(number) else { continue };
            let Some((judge, kinds)) = work.judge(&file) else { continue };
            let mending = Mending { work: &work, file: &file, judge, kinds, unsafe_too: all };
            if let Some(rendered) = file.rendered {
                let found = mending.of(rendered.text.to_string());
                judged += found.objects;
                report.rendered(&file, rendered, &found);
                continue;
            }
            let text = match load_text(&file.path, FILE_LIMIT) {
                Ok(text) => text,
                Err(error) => {
                    report.gap(&bulkhead_source::gap(&file.name, &error));
                    continue;
                }
            };
            let found = mending.of(text.clone());
            judged += found.objects;
            report.file(&file.name, &found);
            if self.write && found.text != text {
                replace(&file.path, &found.text).with_context(|| format!("cannot write {}", file.name))?;
            }
        }
        output::print(report.finish().as_bytes())?;
        if judged == 0 {
            return Err(anyhow!("nothing could be judged in the named paths"));
        }
        Ok(Verdict::Held)
    }
}

/// A file with another content: never half of it, with the rights it had.
fn replace(path: &Path, text: &str) -> Result<()> {
    // A link stays one.
    let path = path.canonicalize()?;
    let folder = path.parent().context("it has no folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.persist(&path)?;
    Ok(())
}
