//! The run itself: sources found, settings laid over each other, everything judged, reports written.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use bulkhead_kinds::{Kinds, Minor};
use bulkhead_model::{Coverage, Finding, Gap, GapKind, Place, PolicyPack, Run, Verdict};
use bulkhead_policy::{Counting, Judge, Namespaces, Pack, Wanted};
use bulkhead_report::{CheckInfo, End};
use bulkhead_source::{
    Programs, RenderOptions, STDIN, Sources, gap, leave_unrendered, load_stream, render, walk,
};
use jiff::Timestamp;

use super::ConfigArgs;
use super::controls::Controls;
use super::looks::Looks;
use super::repeats::Repeats;
use super::several::Several;
use super::sums::Sums;
use crate::baseline::Baseline;
use crate::changed::Changed;
use crate::config::choice::{Choice, Flags, settle};
use crate::config::layers::{Layer, Layers};
use crate::exceptions::Gathering;
use crate::output::{Output, Reports};
use crate::pipeline::{self, Ended, FILE_LIMIT, Work, surroundings};
use crate::policies::PolicyArgs;

/// What the command line asks for.
#[derive(Clone)]
pub(crate) struct Scan {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) policies: PolicyArgs,
    pub(crate) flags: Flags,
    pub(crate) config: Option<PathBuf>,
    pub(crate) tree_config: bool,
    /// Whether charts and kustomizations are rendered.
    pub(crate) render: bool,
    /// Whether that may fetch something.
    pub(crate) allow_remote: bool,
    /// When to end, and how long that was from the start.
    pub(crate) deadline: Option<(Instant, Duration)>,
    pub(crate) threads: Option<usize>,
    pub(crate) time: Timestamp,
    /// Files and folders with exceptions of whoever runs the check.
    pub(crate) exceptions: Vec<PathBuf>,
    /// A report or a revision whose findings the gate lets be.
    pub(crate) new_since: Option<String>,
    /// A revision: files that do not differ from it are left out.
    pub(crate) changed_since: Option<String>,
}

/// A run that can begin.
pub(crate) struct Prepared {
    pub(crate) work: Arc<Work>,
    pub(crate) pack: Pack,
    /// The Kubernetes version of each judge.
    pub(crate) minors: Vec<Minor>,
    /// What is known before anything is judged.
    pub(crate) coverage: Coverage,
    pub(crate) threads: usize,
}

impl Scan {
    /// A run of today that is rendered, fetches nothing, has all the time it needs and compares with nothing.
    pub(crate) fn plain(paths: Vec<PathBuf>, policies: PolicyArgs, flags: Flags, config: ConfigArgs) -> Self {
        Self {
            paths,
            policies,
            flags,
            config: config.config,
            tree_config: !config.no_tree_config,
            render: true,
            allow_remote: false,
            deadline: None,
            threads: None,
            time: Timestamp::now(),
            exceptions: Vec::new(),
            new_since: None,
            changed_since: None,
        }
    }

    /// Judges, reports, and tells whether the gate held.
    pub(super) fn run(self, outputs: &[Output], looks: &Looks) -> Result<Verdict> {
        let begun = Instant::now();
        let deadline = self.deadline.map(|(deadline, _)| deadline);
        let baseline = self.new_since.as_ref().map(|since| Baseline::of(since, &self)).transpose()?;
        let known =
            |finding: &Finding| baseline.as_ref().is_some_and(|known| known.knows(finding.fingerprint));
        let Prepared { work, pack, minors, mut coverage, threads } = self.prepare()?;
        coverage.notes.extend(baseline.as_ref().map(Baseline::note));
        let checks = checks(&pack);
        let mut reports = Reports::open(outputs, |output| looks.options(&checks, output))?;
        let mut sums = Sums::new(&work.sources, coverage);
        let mut failed = false;
        let mut repeats = Repeats::default();
        let mut several = Several::default();
        let mut controls = Controls::default();
        let ended = pipeline::run(&work, threads, deadline, |mut outcome| {
            repeats.leave_out(&work.sources, &mut outcome);
            several.gather(&mut outcome);
            for mut finding in std::mem::take(&mut outcome.analysis.findings) {
                finding.known = known(&finding);
                failed |= looks.gate.fails(&finding);
                controls.add(&finding);
                reports.finding(&finding)?;
            }
            sums.add(&work.sources, outcome);
            anyhow::Ok(())
        })?;
        if let Ended::OutOfTime(files) = ended {
            sums.coverage.gaps.push(self.out_of_time(files, work.sources.len()));
        }
        let mut tell = |mut finding: Finding| {
            finding.known = known(&finding);
            failed |= looks.gate.fails(&finding);
            controls.add(&finding);
            reports.finding(&finding)
        };
        let mut undecided = BTreeSet::new();
        several.judge(&work, &mut sums.coverage, &mut undecided, &mut tell)?;
        if ended == Ended::Whole {
            work.excepting.findings(&work).into_iter().try_for_each(tell)?;
            sums.coverage.notes.extend(work.excepting.unused());
        }
        controls.undecided.extend(undecided);
        let run = Run {
            version: env!("CARGO_PKG_VERSION").into(),
            policy_pack: PolicyPack { digest: pack.digest().into(), policies: pack.policies().len() as u64 },
            kubernetes_version: minors.first().copied().unwrap_or(Minor::NEWEST).to_string().into(),
            arguments: arguments(),
            inputs: Vec::new(),
            time: self.time,
        };
        let (inputs, nothing, mut coverage) = sums.finish(&work.sources);
        let run = Run { inputs, ..run };
        coverage.gaps.extend(nothing.iter().cloned());
        coverage.gaps.extend(reports.left_out());
        let standards = self.flags.standards.iter();
        let standards: Vec<_> = standards.map(|id| controls.judge(id, &pack, &work, &coverage)).collect();
        failed |= looks.gate.judge_coverage(&coverage) == Verdict::Failed;
        let verdict = match nothing.is_empty() {
            _ if failed => Verdict::Failed,
            true => Verdict::Held,
            false => Verdict::Undecided,
        };
        tracing::info!(
            files = coverage.looked_at.files,
            objects = coverage.looked_at.objects,
            milliseconds = begun.elapsed().as_millis(),
            threads,
            "judged"
        );
        reports.finish(&End { coverage: &coverage, run: &run, verdict, standards: &standards })?;
        match nothing.split_first() {
            None => Ok(verdict),
            Some((gap, [])) => bail!("{}", gap.message),
            Some((gap, more)) => bail!("{}; nor in {} more of the named paths", gap.message, more.len()),
        }
    }

    /// Finds and reads everything that judging needs: files, settings, policies, Namespaces.
    pub(crate) fn prepare(&self) -> Result<Prepared> {
        let deadline = self.deadline.map(|(deadline, _)| deadline);
        let since = self.changed_since.as_ref();
        let mut changed = since.map(|since| Changed::since(since, &self.paths)).transpose()?;
        let (mut sources, layers) = self.find()?;
        let layers = layers.scopes()?;
        let Choice { mut judges, minors, of_scope, complete, trust, pack, notes } =
            settle(self.policies.pack()?, &layers, &self.flags)?;
        self.render(&mut sources, &layers, minors.first().copied());
        let mut coverage = std::mem::take(&mut sources.coverage);
        let sources = Arc::new(sources);
        coverage.looked_at.policies = judges.iter().map(Judge::policies).max().unwrap_or(0);
        let stdin = self.stdin(&sources, &mut coverage);
        let threads = self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        coverage.notes.extend(notes);
        let believes = trust.iter().any(|trust| trust.counting != Counting::Off);
        let mut wanted = if believes { Wanted::exceptions() } else { Wanted::default() };
        for judge in &judges {
            wanted.extend(judge.wanted());
        }
        let (mut namespaces, mut exceptions) = (Namespaces::default(), Vec::new());
        if !wanted.is_empty() {
            let newest = kinds(Minor::NEWEST)?;
            let found;
            (namespaces, found, exceptions) =
                surroundings::gather(&sources, stdin.as_ref(), threads, deadline, &wanted, newest);
            for judge in &mut judges {
                coverage.gaps.extend(judge.know(found.clone()));
            }
        }
        let excepting_files: Vec<usize> = exceptions.iter().map(|found| found.number).collect();
        let gathering = Gathering {
            pack: &pack,
            trust: &trust,
            layers: &layers,
            sources: &sources,
            central: &self.exceptions,
            found: exceptions,
            paths: &self.paths,
            ignore_files: self.tree_config,
            time: self.time,
        };
        let excepting = gathering.gather(&mut coverage)?;
        if let Some(changed) = &mut changed {
            for number in excepting_files {
                sources.file(number).iter().for_each(|file| changed.decides(file));
            }
        }
        coverage.notes.extend(judges.iter().flat_map(Judge::notes));
        coverage.gaps.extend(judges.first().into_iter().flat_map(Judge::unread).cloned());
        coverage.notes.dedup();
        let kinds = minors.iter().map(|minor| kinds(*minor)).collect::<Result<_>>()?;
        let facts = Several::is_wanted(&judges);
        let work = Arc::new(Work {
            sources,
            judges,
            kinds,
            of_scope,
            complete,
            facts,
            stdin,
            namespaces,
            excepting,
            changed,
        });
        Ok(Prepared { work, pack, minors, coverage, threads })
    }

    /// Finds the files. A walk that hangs is left behind when the time is over.
    fn find(&self) -> Result<(Sources, Layers)> {
        let mut layers = Layers::new(self.config.as_deref(), self.tree_config)?;
        let paths = self.paths.clone();
        let outer = layers.outermost_paths();
        let Some((deadline, timeout)) = self.deadline else {
            return Ok((walk(&paths, &outer, &mut layers), layers));
        };
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let sources = walk(&paths, &outer, &mut layers);
            // Nobody may be waiting any more.
            _ = sender.send((sources, layers));
        });
        let found = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        found.map_err(|_| {
            anyhow!("the time allowed ({}) was over before all files were found", words(timeout))
        })
    }

    /// Puts what charts and kustomizations make in the place of their files.
    fn render(&self, sources: &mut Sources, layers: &[Layer], minor: Option<Minor>) {
        if !self.render {
            leave_unrendered(sources);
            return;
        }
        let charts = layers
            .iter()
            .flat_map(|layer| layer.config.stack())
            .flat_map(|config| config.charts.clone());
        let options = RenderOptions {
            programs: Programs::find(),
            charts: charts.collect(),
            kubernetes_version: format!("{}.0", minor.unwrap_or(Minor::NEWEST)),
            default_namespace: self.flags.default_namespace.clone(),
            allow_remote: self.allow_remote,
            deadline: self.deadline.map(|(deadline, _)| deadline),
        };
        render(sources, &options);
    }

    fn stdin(&self, sources: &Sources, coverage: &mut Coverage) -> Option<Arc<[u8]>> {
        sources.inputs.iter().find(|input| &*input.name == STDIN)?;
        let (sender, receiver) = channel();
        thread::spawn(move || _ = sender.send(load_stream(io::stdin().lock(), FILE_LIMIT)));
        let bytes = match self.deadline {
            None => receiver.recv().ok(),
            Some((deadline, _)) => {
                receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
            }
        };
        match bytes {
            Some(Ok(bytes)) => Some(bytes.into()),
            Some(Err(error)) => {
                coverage.gaps.push(gap(&STDIN.into(), &error));
                None
            }
            None => {
                let file = Some(STDIN.into());
                let message = "standard input had not come to its end when the time allowed was over".into();
                let place = Place { file, ..Place::default() };
                coverage.gaps.push(Gap { kind: GapKind::TIMEOUT, place, checks: Vec::new(), message });
                None
            }
        }
    }

    fn out_of_time(&self, files: usize, of: usize) -> Gap {
        let timeout = self.deadline.map_or(Duration::ZERO, |(_, timeout)| timeout);
        let message = format!(
            "the time allowed ({}) was over: {} of {of} files were not judged",
            words(timeout),
            of - files
        );
        Gap { kind: GapKind::TIMEOUT, place: Place::default(), checks: Vec::new(), message: message.into() }
    }
}

fn words(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration)
        .map_or_else(|_| format!("{duration:?}"), |duration| format!("{duration:#}"))
}

fn kinds(minor: Minor) -> Result<&'static Kinds> {
    Kinds::for_minor(minor.0).with_context(|| format!("nothing is known of Kubernetes {minor}"))
}

/// What the reports need to know of the policies.
fn checks(pack: &Pack) -> Vec<CheckInfo> {
    let check = |policy: &Arc<bulkhead_policy::Policy>| CheckInfo {
        id: policy.id.to_string(),
        title: policy.title.to_string(),
        severity: policy.severity,
        why: policy.why.trim().to_owned(),
        fix: policy.fix.to_string(),
        standards: policy.standards.clone().into_iter().collect(),
        help_uri: None,
        set: policy.set.to_string(),
    };
    pack.policies().map(check).collect()
}

/// The command line as it could be typed again: variables of the environment that count, then arguments.
fn arguments() -> Vec<String> {
    let variables = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("BULKHEAD_"))
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()));
    let mut variables: Vec<_> = variables.collect();
    variables.sort();
    variables
        .into_iter()
        .chain(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
        .collect()
}
