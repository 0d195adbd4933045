//! `bulkhead scan`: manifests in, findings out.

mod controls;
pub(crate) mod judged;
mod looks;
mod repeats;
pub(crate) mod several;
mod sums;
pub(crate) mod values;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bulkhead_kinds::Minor;
use bulkhead_model::{Gate, Severity, Verdict};
use bulkhead_policy::Set;
use bulkhead_report::Format;
use clap::ArgAction;
use clap::builder::FalseyValueParser;
use jiff::Timestamp;

use crate::cli::Talk;
use crate::config::choice::{Flags, PodSecurity};
use crate::output::Output;
use crate::policies::PolicyArgs;
use judged::Scan;
use looks::Looks;
pub(crate) use values::minor;
use values::{FailOn, Gaps};

/// Judge Kubernetes manifests: files, folders, or standard input
///
/// Prints what is wrong, where, why it matters and how to mend it, then what could not be judged. Files
/// that .gitignore names are left out, unless they are named here.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders; - is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    policies: PolicyArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    standards: StandardArgs,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    exceptions: ExceptionArgs,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    render: RenderArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

const EXAMPLES: &str = "Examples:
  bulkhead scan deploy/
  bulkhead scan deploy/ -o text -o sarif=report.sarif
  bulkhead scan deploy/ --set all --fail-on critical
  bulkhead scan deploy/ --pod-security restricted@1.34
  bulkhead scan deploy/ --standard nsa-cisa
  bulkhead scan deploy/ --only host-ports,host-network --fail-on-gap
  cat deploy/*.yaml | bulkhead scan -";

/// Which policies judge.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Policies")]
pub(crate) struct ChoiceArgs {
    /// Judge by these alone: ids, ours or another tool's
    #[arg(long, value_name = "ID", env = "BULKHEAD_ONLY", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "ID", env = "BULKHEAD_SKIP", value_delimiter = ',')]
    skip: Vec<String>,
    /// How many to judge by: essential, recommended or all [default: recommended]
    #[arg(long, value_name = "SET", env = "BULKHEAD_SET")]
    set: Option<Set>,
    /// Judge by a Pod Security level alone: baseline or restricted, as of a version
    #[arg(long, value_name = "LEVEL[@1.N]", env = "BULKHEAD_POD_SECURITY")]
    pod_security: Option<PodSecurity>,
    /// The version of Kubernetes to judge for [default: the newest supported]
    #[arg(long, value_name = "1.N", env = "BULKHEAD_KUBERNETES_VERSION", value_parser = values::minor)]
    kubernetes_version: Option<Minor>,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NAME", env = "BULKHEAD_DEFAULT_NAMESPACE")]
    default_namespace: Option<String>,
}

/// What makes the exit status 1.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Gate")]
struct GateArgs {
    /// Fail when a finding is at least this severe: critical, high, medium, low, info or none
    #[arg(long, value_name = "SEVERITY", env = "BULKHEAD_FAIL_ON", default_value = "high")]
    fail_on: FailOn,
    /// Fail when something could not be judged; with kinds, when it is one of these
    #[arg(long, value_name = "KIND", env = "BULKHEAD_FAIL_ON_GAP", value_delimiter = ',',
          num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    fail_on_gap: Option<Vec<Gaps>>,
    /// Do not fail for gaps of this kind
    #[arg(long, value_name = "KIND", env = "BULKHEAD_ALLOW_GAP", value_delimiter = ',', value_parser = values::gap)]
    allow_gap: Vec<bulkhead_model::GapKind>,
}

/// Published standards.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Standards")]
struct StandardArgs {
    /// Judge by the policies mapped to a standard alone, and say of each of its controls whether it held: cis-kubernetes,
    /// mitre-attack, nist-800-190, nsa-cisa, owasp-kubernetes, pci-dss-4, pod-security, or one that your policies name
    #[arg(long, value_name = "NAME", env = "BULKHEAD_STANDARD", value_delimiter = ',',
          conflicts_with_all = ["only", "set", "pod_security", "changed_since"])]
    standard: Vec<String>,
}

/// How it runs, and what is written.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Run")]
struct RunArgs {
    /// Write a report; to standard output, or to a file (repeatable) [default: text]
    #[arg(short, long, value_name = "FORMAT[=FILE]", env = "BULKHEAD_OUTPUT", value_delimiter = ',')]
    output: Vec<Output>,
    /// The day, or moment, that the run counts as, so that it can be repeated
    #[arg(long, value_name = "DATE", env = "BULKHEAD_AS_OF", value_parser = values::moment)]
    as_of: Option<Timestamp>,
    /// End after so long, such as 30s or 5m; what is not judged by then is a gap
    #[arg(long, value_name = "DURATION", env = "BULKHEAD_TIMEOUT", value_parser = values::duration)]
    timeout: Option<Duration>,
    /// How many threads read and judge [default: one for each core]
    #[arg(long, value_name = "COUNT", env = "BULKHEAD_THREADS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// Exceptions.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Exceptions")]
struct ExceptionArgs {
    /// Exceptions of whoever runs the check: files, or folders with all below (repeatable)
    #[arg(long, value_name = "PATH", env = "BULKHEAD_EXCEPTIONS", value_delimiter = ',')]
    exceptions: Vec<PathBuf>,
    /// Show each finding that is excepted (text); otherwise they are counted by check
    #[arg(long, env = "BULKHEAD_SHOW_EXCEPTED", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    show_excepted: bool,
}

/// What was there before.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Baseline")]
struct BaselineArgs {
    /// Let findings be that were there before: in a JSON report of ours, or in a Git revision
    #[arg(long, value_name = "FILE|REVISION", env = "BULKHEAD_NEW_SINCE")]
    new_since: Option<String>,
    /// Judge only files that differ from a Git revision (charts and kustomizations in any case)
    #[arg(long, value_name = "REVISION", env = "BULKHEAD_CHANGED_SINCE")]
    changed_since: Option<String>,
}

/// Charts and kustomizations.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Charts and kustomizations")]
struct RenderArgs {
    /// Do not run helm and kustomize: charts are left out, resources judged as they stand
    #[arg(long, env = "BULKHEAD_NO_RENDER", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    no_render: bool,
    /// Let helm and kustomize fetch dependencies and bases
    #[arg(long, env = "BULKHEAD_ALLOW_REMOTE", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    allow_remote: bool,
}

/// Settings from files.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// Settings that hold everywhere; each bulkhead.yaml of the tree narrows them
    #[arg(long, value_name = "FILE", env = "BULKHEAD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Pay no heed to any bulkhead.yaml of the tree
    #[arg(long, env = "BULKHEAD_NO_TREE_CONFIG", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) no_tree_config: bool,
}

impl Args {
    pub(crate) fn run(self, talk: &Talk) -> Result<Verdict> {
        let begun = Instant::now();
        let outputs = self.outputs();
        let gate = self.gate.gate();
        let compared = self.baseline.new_since.is_some();
        let show_excepted = self.exceptions.show_excepted;
        let scan = Scan {
            flags: Flags {
                excerpts: outputs.iter().any(|output| output.format == Format::Text),
                standards: self.standards.standard,
                ..self.choice.flags()
            },
            paths: self.paths,
            policies: self.policies,
            config: self.config.config,
            tree_config: !self.config.no_tree_config,
            render: !self.render.no_render,
            allow_remote: self.render.allow_remote,
            deadline: self.run.timeout.map(|timeout| (begun + timeout, timeout)),
            threads: self.run.threads.map(usize::from),
            time: self.run.as_of.unwrap_or_else(Timestamp::now),
            exceptions: self.exceptions.exceptions,
            new_since: self.baseline.new_since,
            changed_since: self.baseline.changed_since,
        };
        let looks = Looks::new(talk.clone(), gate, show_excepted, compared)?;
        scan.run(&outputs, &looks)
    }

    fn outputs(&self) -> Vec<Output> {
        if self.run.output.is_empty() {
            vec![Output { format: Format::Text, file: None }]
        } else {
            self.run.output.clone()
        }
    }
}

impl ChoiceArgs {
    /// What they say, without source lines.
    pub(crate) fn flags(self) -> Flags {
        Flags {
            only: self.only,
            skip: self.skip,
            set: self.set,
            pod_security: self.pod_security,
            kubernetes_version: self.kubernetes_version,
            default_namespace: self.default_namespace.map(Arc::from),
            standards: Vec::new(),
            excerpts: false,
        }
    }
}

impl GateArgs {
    fn gate(&self) -> Gate {
        let fail_on_gap = self.fail_on_gap.as_ref().map(|gaps| {
            let all = gaps.contains(&Gaps::All);
            let kinds =
                gaps.iter().filter_map(|gap| if let Gaps::Of(kind) = gap { Some(*kind) } else { None });
            if all { BTreeSet::new() } else { kinds.collect() }
        });
        let fail_on: Option<Severity> = self.fail_on.0;
        Gate { fail_on, fail_on_gap, allow_gap: self.allow_gap.iter().copied().collect() }
    }
}
