//! `bulkhead policy export`: policies as objects that an API server judges by on its own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bulkhead_kinds::Minor;
use bulkhead_model::{Note, Verdict};
use bulkhead_policy::{Export, ExportOptions, NamespaceLabel, Set, export, write_yaml};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::commands::scan::values;
use crate::config::choice::{Flags, PodSecurity, settle_outermost};
use crate::config::layers::Layers;
use crate::policies::PolicyArgs;
use crate::{exceptions, output};

/// Write policies in the form that an API server runs on its own
///
/// Without --enforce they warn and leave a note in the audit log. What cannot be exported is named on
/// standard error, with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bulkhead policy export > policies.yaml\n  \
                        bulkhead policy export host-ports --enforce\n  \
                        bulkhead policy export --pod-security restricted -o json")]
pub(crate) struct Args {
    /// Export these alone: ids, ours or another tool's
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// How it is written
    #[arg(short, long, value_name = "FORMAT", env = "BULKHEAD_POLICY_EXPORT_OUTPUT", default_value = "yaml")]
    output: Format,
    /// Write a file for each object into this folder
    #[arg(long, env = "BULKHEAD_EXPORT_TO", value_name = "FOLDER")]
    to: Option<PathBuf>,
    #[command(flatten)]
    policies: PolicyArgs,
    /// Export these alone; the same as naming them
    #[arg(long, env = "BULKHEAD_ONLY", value_name = "ID", value_delimiter = ',', help_heading = "Policies")]
    only: Vec<String>,
    /// Leave these out
    #[arg(long, env = "BULKHEAD_SKIP", value_name = "ID", value_delimiter = ',', help_heading = "Policies")]
    skip: Vec<String>,
    /// How many: essential, recommended or all [default: recommended]
    #[arg(long, env = "BULKHEAD_SET", value_name = "SET", help_heading = "Policies")]
    set: Option<Set>,
    /// Those of a Pod Security level alone: baseline or restricted, as of a version
    #[arg(long, env = "BULKHEAD_POD_SECURITY", value_name = "LEVEL[@1.N]", help_heading = "Policies")]
    pod_security: Option<PodSecurity>,
    /// The version of the cluster [default: the newest supported]
    #[arg(long, env = "BULKHEAD_KUBERNETES_VERSION", value_name = "1.N", value_parser = values::minor, help_heading = "Policies")]
    kubernetes_version: Option<Minor>,
    /// Exceptions to write beside the policies: files, or folders with all below (repeatable)
    #[arg(
        long,
        value_name = "PATH",
        env = "BULKHEAD_EXCEPTIONS",
        value_delimiter = ',',
        help_heading = "Exceptions"
    )]
    exceptions: Vec<PathBuf>,
    /// The day that the export counts as; needed where an exception ends
    #[arg(long, value_name = "DATE", env = "BULKHEAD_AS_OF", value_parser = values::moment, help_heading = "Exceptions")]
    as_of: Option<Timestamp>,
    /// Settings: policies, severities, parameters, version, exceptions
    #[arg(long, value_name = "FILE", env = "BULKHEAD_CONFIG", help_heading = "Configuration")]
    config: Option<PathBuf>,
    /// Deny requests rather than warn
    #[arg(long, env = "BULKHEAD_EXPORT_ENFORCE", action = clap::ArgAction::SetTrue, value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Cluster")]
    enforce: bool,
    /// A label of the namespaces to judge in (repeatable) [default: all namespaces]
    #[arg(
        long,
        env = "BULKHEAD_EXPORT_NAMESPACE_SELECTOR",
        value_name = "KEY=VALUE",
        value_delimiter = ',',
        help_heading = "Cluster"
    )]
    namespace_selector: Vec<NamespaceLabel>,
    /// A namespace to let off (repeatable)
    #[arg(
        long,
        env = "BULKHEAD_EXPORT_EXEMPT_NAMESPACE",
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Cluster"
    )]
    exempt_namespace: Vec<String>,
    /// What the names of all objects begin with
    #[arg(
        long,
        env = "BULKHEAD_EXPORT_NAME_PREFIX",
        value_name = "TEXT",
        default_value = "bulkhead-",
        help_heading = "Cluster"
    )]
    name_prefix: String,
    /// The namespace of the object that holds the parameters of policies
    #[arg(
        long,
        env = "BULKHEAD_EXPORT_PARAMETERS_NAMESPACE",
        value_name = "NAME",
        default_value = "kube-system",
        help_heading = "Cluster"
    )]
    parameters_namespace: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Objects to apply
    Yaml,
    /// The objects in a List, with what is in them and what is not
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        if !is_name(&format!("{}a", self.name_prefix)) {
            bail!("--name-prefix {:?}: expected lower-case letters, digits, - and .", self.name_prefix);
        }
        let flags = Flags {
            only: self.ids.iter().chain(&self.only).cloned().collect(),
            skip: self.skip.clone(),
            set: self.set,
            pod_security: self.pod_security,
            kubernetes_version: self.kubernetes_version,
            ..Flags::default()
        };
        let layers = Layers::new(self.config.as_deref(), false)?.scopes()?;
        let (pack, selection, settings, notes) = settle_outermost(self.policies.pack()?, &layers, &flags)?;
        let as_of = self.as_of.map(|moment| moment.to_zoned(TimeZone::UTC).date());
        let today = as_of.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date());
        let exceptions = exceptions::central(&pack, &layers, &self.exceptions, today)?;
        let options = ExportOptions {
            prefix: self.name_prefix.clone(),
            enforce: self.enforce,
            namespaces: self.namespace_selector.clone(),
            exempt: self.exempt_namespace.clone(),
            parameters_namespace: self.parameters_namespace.clone(),
            as_of,
        };
        let export = export(&pack, &selection, &settings, &exceptions, &options)?;
        talk(&export, &notes);
        if export.exported.is_empty() {
            bail!("none of the chosen policies can be exported");
        }
        self.write(&export)?;
        Ok(Verdict::Held)
    }

    fn write(&self, export: &Export) -> Result<()> {
        let Some(folder) = &self.to else {
            let text = match self.output {
                Format::Yaml => export.objects.iter().fold(String::new(), |mut text, object| {
                    write_yaml(&mut text, object);
                    text
                }),
                Format::Json => serde_json::to_string_pretty(&whole(export))? + "\n",
            };
            return output::print(text.as_bytes());
        };
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for object in &export.objects {
            let kind = match object["kind"].as_str() {
                Some("ValidatingAdmissionPolicyBinding") => "binding",
                Some("ValidatingAdmissionPolicy") => "policy",
                _ => "parameters",
            };
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let (ending, text) = match self.output {
                Format::Json => ("json", serde_json::to_string_pretty(object)? + "\n"),
                Format::Yaml => {
                    let mut text = String::new();
                    write_yaml(&mut text, object);
                    ("yaml", text)
                }
            };
            let file = folder.join(format!("{name}.{kind}.{ending}"));
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}

/// Whether it can be part of an object's name.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && text.len() <= 200
        && text
            .chars()
            .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-' || one == '.')
}

/// A List that `kubectl` applies, and beside its items what programs want to know.
fn whole(export: &Export) -> Value {
    let exported = export.exported.iter();
    let exported = exported.map(|one| json!({"id": one.id, "object": one.object, "without": one.without}));
    let refused = export.refused.iter();
    let refused =
        refused.map(|one| json!({"id": one.id, "reason": one.reason.as_str(), "message": one.message}));
    let kept = export.kept.iter().map(|one| json!({"exception": one.name, "message": one.message}));
    json!({
        "apiVersion": "v1",
        "kind": "List",
        "items": export.objects,
        "exported": exported.collect::<Vec<_>>(),
        "notExported": refused.collect::<Vec<_>>(),
        "exceptionsNotExported": kept.collect::<Vec<_>>(),
        "exportAgain": export.again.map(|day| day.to_string()),
    })
}

fn talk(export: &Export, notes: &[Note]) {
    let mut text = String::new();
    for note in notes {
        _ = writeln!(text, "note: {}", note.message);
    }
    for one in &export.kept {
        _ = writeln!(text, "exception not exported: {}: it {}", one.name, one.message);
    }
    if let Some(day) = export.again {
        _ = writeln!(text, "export again on {day}, when the first of these exceptions no longer holds");
    }
    for one in &export.refused {
        _ = writeln!(text, "not exported: {} ({}): {}", one.id, one.reason.as_str(), one.message);
    }
    for one in export.exported.iter().filter(|one| !one.without.is_empty()) {
        _ = writeln!(text, "exported in part: {}: not for {}", one.id, one.without.join(", "));
    }
    let (exported, refused) = (export.exported.len(), export.refused.len());
    _ = writeln!(text, "{exported} policies exported, {refused} not");
    // Nobody who closed stderr wants to hear of it.
    _ = std::io::stderr().write_all(text.as_bytes());
}
