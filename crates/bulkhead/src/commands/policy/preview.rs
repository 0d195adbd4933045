//! `bulkhead policy preview`: what policies that change objects would make of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use bulkhead_document::{Edit, EditStep, Limits, edit, pointer, read};
use bulkhead_kinds::{Kinds, Minor, SUPPORTED};
use bulkhead_model::{Gap, Note, Place, Verdict};
use bulkhead_policy::{Origin, Preview, Previewer};
use bulkhead_source::{Class, Damage, SourceFile, classify, classify_damage, load_text};
use clap::ValueEnum;
use serde_json::{Value, json};
use similar::TextDiff;

use crate::commands::scan::judged::{Prepared, Scan};
use crate::commands::scan::{ConfigArgs, values};
use crate::config::choice::Flags;
use crate::output;
use crate::pipeline::{FILE_LIMIT, Work, surroundings};
use crate::policies::PolicyArgs;

/// Show what policies that change objects (`MutatingAdmissionPolicy`) would make of them
///
/// Each object is taken for a request that creates it. Policies run as an API server runs them, one after the
/// other by their names, those with `reinvocationPolicy: IfNeeded` a second time where something changed. What
/// they change is shown as a difference in the file; nothing is written. A request that the server would refuse
/// is told with its reason, and makes the exit status 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bulkhead policy preview deploy/ --policies mutate.yaml\n  \
                        bulkhead policy preview deploy/ --policies mutate.yaml -o json")]
pub(crate) struct Args {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How it is written
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        env = "BULKHEAD_POLICY_PREVIEW_OUTPUT",
        default_value = "text"
    )]
    output: Format,
    #[command(flatten)]
    policies: PolicyArgs,
    /// The version of the cluster [default: the newest supported]
    #[arg(long, env = "BULKHEAD_KUBERNETES_VERSION", value_name = "1.N", value_parser = values::minor)]
    kubernetes_version: Option<Minor>,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NAME", env = "BULKHEAD_DEFAULT_NAMESPACE")]
    default_namespace: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: an object for each object that is changed or refused
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let flags = Flags {
            kubernetes_version: self.kubernetes_version,
            default_namespace: self.default_namespace.as_deref().map(Into::into),
            ..Flags::default()
        };
        let scan = Scan::plain(self.paths, self.policies, flags, self.config);
        let Prepared { work, pack, minors, coverage, threads } = scan.prepare()?;
        let minor = minors.first().map_or(*SUPPORTED.end(), |minor| minor.0);
        let kinds =
            Kinds::for_minor(minor).with_context(|| format!("nothing is known of Kubernetes 1.{minor}"))?;
        let mut previewer = Previewer::new(&pack, kinds)?;
        if previewer.is_empty() {
            bail!("there is no MutatingAdmissionPolicy among the policies; name its file with --policies");
        }
        let (_, found, _) = surroundings::gather(
            &work.sources,
            work.stdin.as_ref(),
            threads,
            None,
            &previewer.wanted(),
            kinds,
        );
        let mut report = Report::new(self.output);
        let is_told_elsewhere = |gap: &&Gap| work.judges.iter().all(|judge| !judge.unread().contains(gap));
        report.gaps.extend(coverage.gaps.iter().filter(is_told_elsewhere).cloned());
        report.gaps.extend(previewer.know(found)?);
        report.notes.extend(previewer.unbound().map(|policy| Note {
            kind: "policy-not-bound".into(),
            place: Place { file: Some(policy.file.clone()), line: Some(policy.line), ..Place::default() },
            message: format!(
                "{} has no binding here, so it runs as if bound to everything; a server ignores it until it is bound",
                policy.id
            )
            .into(),
        }));
        if previewer.policies().len() > 1 {
            report.notes.push(Note {
                kind: "order".into(),
                place: Place::default(),
                message: "policies run in the order of their names; a server promises no order".into(),
            });
        }
        for number in 0..work.sources.len() {
            let Some(file) = work.sources.file(number) else { continue };
            Previewing { work: &work, previewer: &previewer, kinds, file: &file }.preview(&mut report);
        }
        let (objects, refused) = (report.objects, report.refused);
        output::print(report.finish().as_bytes())?;
        if objects == 0 {
            return Err(anyhow!("no object was found in the named paths"));
        }
        Ok(if refused > 0 { Verdict::Failed } else { Verdict::Held })
    }
}

/// What one file of the source is previewed with.
struct Previewing<'f> {
    work: &'f Work,
    previewer: &'f Previewer,
    kinds: &'static Kinds,
    file: &'f SourceFile<'f>,
}

impl Previewing<'_> {
    fn preview(&self, report: &mut Report) {
        let name = &self.file.name;
        let text = match (self.file.rendered, &self.work.stdin) {
            (Some(rendered), _) => rendered.text.to_string(),
            (None, Some(bytes)) if self.file.stdin => String::from_utf8_lossy(bytes).into_owned(),
            _ => match load_text(&self.file.path, FILE_LIMIT) {
                Ok(text) => text,
                Err(error) => {
                    report.gaps.push(bulkhead_source::gap(name, &error));
                    return;
                }
            },
        };
        let Some((judge, _)) = self.work.judge(self.file) else { return };
        let is_known = |kind: &str| self.kinds.all().any(|info| info.kind() == kind);
        for (number, tree) in read(text.as_str().into(), &Limits::default()).enumerate() {
            let tree = match tree {
                Ok(tree) => tree,
                Err(error) => {
                    let part = error.extent.of(&text);
                    if let Damage::Gap(kind) = classify_damage(self.file, part, &error, false) {
                        let place =
                            Place { file: Some(name.clone()), line: Some(error.at.line), ..Place::default() };
                        let message = format!("the document was not read: {}", error.problem).into();
                        report.gaps.push(Gap { kind, place, checks: Vec::new(), message });
                    }
                    continue;
                }
            };
            if classify(self.file, tree.root(), is_known) != Class::Object {
                continue;
            }
            let document = u32::try_from(number).unwrap_or(u32::MAX);
            let origin = Origin { file: name, document, namespaces: &self.work.namespaces };
            let is_list = bulkhead_kinds::items_of_list(&mut tree.clone()).is_some();
            let (previews, gaps) = self.previewer.preview(judge, tree, origin);
            report.objects += previews.len();
            report.gaps.extend(gaps);
            let concerned = |preview: &Preview| !preview.edits.is_empty() || !preview.refused.is_empty();
            for preview in previews.into_iter().filter(concerned) {
                report.object(name, &text, number, is_list, &preview);
            }
        }
    }
}

/// Gathers what is said.
struct Report {
    format: Format,
    text: String,
    json: Vec<Value>,
    gaps: Vec<Gap>,
    notes: Vec<Note>,
    objects: usize,
    changed: usize,
    refused: usize,
}

impl Report {
    fn new(format: Format) -> Self {
        Self {
            format,
            text: String::new(),
            json: Vec::new(),
            gaps: Vec::new(),
            notes: Vec::new(),
            objects: 0,
            changed: 0,
            refused: 0,
        }
    }

    fn object(&mut self, file: &str, text: &str, document: usize, is_list: bool, preview: &Preview) {
        let line = preview.at.0;
        self.changed += usize::from(preview.refused.is_empty());
        self.refused += usize::from(!preview.refused.is_empty());
        let by: BTreeSet<&str> = preview.edits.iter().map(|(policy, _)| &**policy).collect();
        let edits = preview.edits.iter().map(|(_, edit)| within(edit, preview.item.filter(|_| is_list)));
        let edits: Vec<Edit> = edits.collect();
        if self.format == Format::Json {
            let refused = preview.refused.iter();
            let refused: Vec<_> =
                refused.map(|(policy, why)| json!({"policy": &**policy, "message": why})).collect();
            self.json.push(json!({
                "file": file, "line": line, "object": preview.subject.to_string(), "policies": by,
                "changes": edits.iter().map(change).collect::<Vec<_>>(), "refused": refused, "result": preview.object,
            }));
            return;
        }
        let by = by.into_iter().collect::<Vec<_>>().join(", ");
        let by = if by.is_empty() { String::new() } else { format!(" changed by {by}") };
        self.line(&format!("# {file}:{line} {}{by}", preview.subject));
        for (policy, why) in &preview.refused {
            self.line(&format!("refused by {policy}: {why}"));
        }
        // A request that is refused changes nothing.
        if preview.refused.is_empty() {
            let difference = changed(text, document, &edits).map_or_else(
                || edits.iter().map(|edit| change(edit).to_string()).collect::<Vec<_>>().join("\n") + "\n",
                |after| {
                    let diff = TextDiff::from_lines(text, &after);
                    diff.unified_diff().context_radius(2).header(file, file).to_string()
                },
            );
            self.text += &difference;
        }
        self.line("");
    }

    fn line(&mut self, words: &str) {
        // Writing to a string never fails.
        let _ = writeln!(self.text, "{words}");
    }

    fn finish(mut self) -> String {
        if self.format == Format::Json {
            let places =
                |place: &Place| json!({"file": place.file, "line": place.line, "object": place.object});
            let gaps: Vec<_> = self.gaps.iter().map(|gap| json!({"kind": gap.kind.as_str(), "at": places(&gap.place), "message": &*gap.message})).collect();
            let notes: Vec<_> = self
                .notes
                .iter()
                .map(
                    |note| json!({"kind": &*note.kind, "at": places(&note.place), "message": &*note.message}),
                )
                .collect();
            let whole = json!({"objects": self.objects, "previews": self.json, "gaps": gaps, "notes": notes});
            return format!("{whole:#}\n");
        }
        let at = |place: &Place| match (&place.file, place.line) {
            (Some(file), Some(row)) => format!("{file}:{row}: "),
            (Some(file), None) => format!("{file}: "),
            _ => String::new(),
        };
        for gap in std::mem::take(&mut self.gaps) {
            self.line(&format!("gap[{}]: {}{}", gap.kind, at(&gap.place), gap.message));
        }
        for note in std::mem::take(&mut self.notes) {
            self.line(&format!("note: {}{}", at(&note.place), note.message));
        }
        let (objects, changed, refused) = (self.objects, self.changed, self.refused);
        self.line(&format!(
            "{objects} {}: {changed} would be changed, {refused} refused; nothing was written",
            if objects == 1 { "object" } else { "objects" }
        ));
        self.text
    }
}

/// A change of an item of a list, from the document's root.
fn within(change: &Edit, item: Option<usize>) -> Edit {
    let Some(item) = item else { return change.clone() };
    let below =
        |path: &[EditStep]| [&[EditStep::Field("items".to_owned()), EditStep::Item(item)], path].concat();
    match change {
        Edit::Set { path, value } => Edit::Set { path: below(path), value: value.clone() },
        Edit::Append { path, value } => Edit::Append { path: below(path), value: value.clone() },
        Edit::Remove { path } => Edit::Remove { path: below(path) },
    }
}

/// The text with all changes; `None` where its layout does not take one.
fn changed(text: &str, document: usize, edits: &[Edit]) -> Option<String> {
    edits.iter().try_fold(text.to_owned(), |text, change| {
        let tree = read(text.as_str().into(), &Limits::default()).nth(document)?.ok()?;
        edit(&tree, change).ok()
    })
}

/// A change as an operation of a JSON patch; parents that are missing are made.
fn change(edit: &Edit) -> Value {
    match edit {
        Edit::Set { path, value } => json!({"op": "add", "path": pointer(path), "value": value}),
        Edit::Append { path, value } => {
            json!({"op": "add", "path": format!("{}/-", pointer(path)), "value": value})
        }
        Edit::Remove { path } => json!({"op": "remove", "path": pointer(path)}),
    }
}
