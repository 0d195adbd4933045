//! Earlier findings, which the gate lets be: `--new-since` a report or a revision.
//!
//! A revision is judged as this run is, by the same policies and settings of the command line, in a temporary
//! folder. What was excepted then is not known: when its exception ends, it counts.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use bulkhead_model::{Finding, Fingerprint, Fingerprints, Note, Place};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::commands::scan::judged::{Prepared, Scan};
use crate::commands::scan::several::Several;
use crate::git::Repository;
use crate::pipeline::{self, Ended};

/// What was found before.
#[derive(Debug)]
pub(crate) struct Baseline {
    known: Fingerprints,
    count: usize,
    /// What it was, for people.
    from: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    schema_version: String,
    findings: Vec<Earlier>,
}

#[derive(Deserialize)]
struct Earlier {
    fingerprint: Fingerprint,
    #[serde(default)]
    excepted: Option<IgnoredAny>,
}

impl Baseline {
    /// Reads a report, or judges a revision. A file goes before a revision of the same name.
    pub(crate) fn of(since: &str, scan: &Scan) -> Result<Self> {
        let path = Path::new(since);
        if path.is_file() { Self::of_report(path) } else { Self::of_revision(since, scan) }
    }

    fn of_report(path: &Path) -> Result<Self> {
        let read = || format!("--new-since: {} is no JSON report of bulkhead scan", path.display());
        let file =
            File::open(path).with_context(|| format!("--new-since: cannot read {}", path.display()))?;
        let report: Report = serde_json::from_reader(BufReader::new(file)).with_context(read)?;
        let version = &report.schema_version;
        if version.split('.').next() != Some("1") {
            bail!("--new-since: {} is of version {version}; 1 is known here", path.display());
        }
        let open = report.findings.iter().filter(|finding| finding.excepted.is_none());
        Ok(Self::new(open.map(|finding| finding.fingerprint), path.display().to_string()))
    }

    fn of_revision(revision: &str, scan: &Scan) -> Result<Self> {
        let mut exported: Vec<(Repository, tempfile::TempDir, String)> = Vec::new();
        let mut paths = Vec::new();
        for path in &scan.paths {
            if path.as_os_str() == "-" {
                bail!("--new-since {revision}: standard input has no earlier revision; name a report");
            }
            let what = || format!("--new-since: {revision:?} is no file, and as a revision");
            let repository = Repository::around(path).with_context(what)?;
            if !exported.iter().any(|(known, ..)| *known == repository) {
                let commit = repository.commit(revision).with_context(what)?;
                let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
                repository.export(&commit, folder.path())?;
                exported.push((repository.clone(), folder, commit));
            }
            let found = exported.iter().find(|(known, ..)| *known == repository);
            let (_, folder, _) = found.ok_or_else(|| anyhow!("the repository is gone"))?;
            let real = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
            let below = real.strip_prefix(&repository.root).unwrap_or(Path::new(""));
            let earlier = folder.path().join(below);
            // What was not there had no findings.
            if earlier.exists() {
                paths.push(earlier);
            }
        }
        let commits: Vec<&str> =
            exported.iter().map(|(.., commit)| commit.get(..12).unwrap_or(commit)).collect();
        let from = format!("{revision} ({})", commits.join(", "));
        Ok(Self::new(fingerprints(paths, scan)?, from))
    }

    fn new(fingerprints: impl IntoIterator<Item = Fingerprint>, from: String) -> Self {
        let (mut known, mut count) = (Fingerprints::default(), 0);
        for fingerprint in fingerprints {
            known.insert(fingerprint);
            count += 1;
        }
        Self { known, count, from }
    }

    /// Whether a problem was there.
    pub(crate) fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.known.holds(fingerprint)
    }

    /// What the run is compared with.
    pub(crate) fn note(&self) -> Note {
        let findings = if self.count == 1 { "finding" } else { "findings" };
        let message = format!("compared with {}: it has {} {findings} that counted", self.from, self.count);
        Note { kind: "compared".into(), place: Place::default(), message: message.into() }
    }
}

fn fingerprints(paths: Vec<PathBuf>, scan: &Scan) -> Result<Vec<Fingerprint>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let earlier = Scan { paths, new_since: None, changed_since: None, ..scan.clone() };
    let Prepared { work, threads, mut coverage, .. } =
        earlier.prepare().context("--new-since: the revision")?;
    let mut known = Vec::new();
    let deadline = scan.deadline.map(|(deadline, _)| deadline);
    let mut several = Several::default();
    let ended = pipeline::run(&work, threads, deadline, |mut outcome| {
        several.gather(&mut outcome);
        let open = outcome.analysis.findings.iter().filter(|finding| finding.excepted.is_none());
        known.extend(open.map(|finding| finding.fingerprint));
        coverage.gaps.append(&mut outcome.analysis.coverage.gaps);
        anyhow::Ok(())
    })?;
    if ended != Ended::Whole {
        bail!("--new-since: the time allowed was over before the revision was judged");
    }
    let mut tell = |finding: Finding| {
        known.extend(finding.excepted.is_none().then_some(finding.fingerprint));
        Ok::<_, std::convert::Infallible>(())
    };
    let Ok(()) = several.judge(&work, &mut coverage, &mut std::collections::BTreeSet::new(), &mut tell);
    known.extend(work.excepting.findings(&work).into_iter().map(|finding| finding.fingerprint));
    Ok(known)
}
