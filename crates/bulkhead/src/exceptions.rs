//! The exceptions of a run, gathered from wherever they may stand before anything is judged.
//!
//! Central ones come by `--exceptions` and `exceptions.files` of `--config`. The judged tree brings its own:
//! Exception objects among its files, `exceptions.files` of a `bulkhead.yaml`, and ignore files of other tools. The
//! last two are told with the tree's settings; `--no-tree-config` leaves them out.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bulkhead_model::{Analysis, Coverage, Finding, Note, Place};
use bulkhead_policy::peers::{self, IgnoreFile, Ignored};
use bulkhead_policy::{
    Around, Counting, ExceptionBench, Exceptions, Judge, Marks, Names, Pack, Trust, exceptions_of,
    read_exceptions,
};
use bulkhead_source::{PathRules, SETTINGS, Scope, SourceFile, Sources, load_text, walk};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::layers::Layer;
use crate::pipeline::Work;
use crate::pipeline::surroundings::FoundException;

/// Exceptions and ignore files are written by hand.
const LIMIT: u64 = 4 << 20;

/// Exceptions, and how far each scope of the tree is believed.
#[derive(Debug, Default)]
pub(crate) struct Excepting {
    pub(crate) exceptions: Exceptions,
    trust: Vec<Trust>,
    /// Whether the folder of a file must be known to judge what covers it.
    by_folder: bool,
}

/// Gathers them.
pub(crate) struct Gathering<'a> {
    pub(crate) pack: &'a Pack,
    pub(crate) trust: &'a [Trust],
    pub(crate) layers: &'a [Layer],
    pub(crate) sources: &'a Sources,
    /// Files and folders that the command line names.
    pub(crate) central: &'a [PathBuf],
    /// What was found among the files to be judged.
    pub(crate) found: Vec<FoundException>,
    pub(crate) paths: &'a [PathBuf],
    pub(crate) ignore_files: bool,
    pub(crate) time: Timestamp,
}

/// The exceptions that whoever runs the command hands in: by name, and by the outermost settings.
///
/// # Errors
/// A file could not be read, or an exception has a mistake.
pub(crate) fn central(pack: &Pack, layers: &[Layer], paths: &[PathBuf], today: Date) -> Result<Exceptions> {
    let mut exceptions = Exceptions::new(Names::new(pack), today);
    for path in paths {
        read(path, &mut |declared| exceptions.add_central(declared)).context("--exceptions")?;
    }
    for config in layers.iter().take(1).flat_map(|layer| layer.config.stack()) {
        for (path, at) in &config.exceptions.files {
            let place = || format!("{}:{}:{}: exceptions.files", config.file, at.line, at.column);
            read(&config.folder.join(path), &mut |declared| exceptions.add_central(declared))
                .with_context(place)?;
        }
    }
    if let Some(mistake) = exceptions.mistakes().next() {
        bail!("{mistake}");
    }
    Ok(exceptions)
}

impl Gathering<'_> {
    pub(crate) fn gather(self, coverage: &mut Coverage) -> Result<Excepting> {
        let today = self.time.to_zoned(TimeZone::UTC).date();
        let mut exceptions = Exceptions::new(Names::new(self.pack), today);
        for path in self.central {
            read(path, &mut |declared| exceptions.add_central(declared)).context("--exceptions")?;
        }
        self.of_settings(&mut exceptions)?;
        let believes = self.trust.iter().any(|trust| trust.counting != Counting::Off);
        if believes {
            for FoundException { number, document, tree } in &self.found {
                let Some(file) = self.sources.file(*number) else { continue };
                if self.trust.get(file.scope as usize).is_some_and(|trust| trust.counting == Counting::Off) {
                    continue;
                }
                let home = if file.stdin { None } else { Some(folder_of(&file)) };
                exceptions.add_of_tree(exceptions_of(&file.name, *document, tree), home.as_deref());
            }
            if self.ignore_files && self.trust.iter().any(|trust| trust.peers) {
                self.of_peers(&mut exceptions, coverage);
            }
        }
        let by_folder = !exceptions.is_empty();
        Ok(Excepting { exceptions, trust: self.trust.to_vec(), by_folder })
    }

    fn of_settings(&self, exceptions: &mut Exceptions) -> Result<()> {
        for (layer, trust) in self.layers.iter().zip(self.trust) {
            for config in layer.config.stack() {
                for (path, at) in &config.exceptions.files {
                    let place = || format!("{}:{}:{}: exceptions.files", config.file, at.line, at.column);
                    let path = config.folder.join(path);
                    if layer.outer.is_none() {
                        read(&path, &mut |declared| exceptions.add_central(declared)).with_context(place)?;
                    } else if trust.counting != Counting::Off {
                        let home = real(&layer.config.folder);
                        if !real(&path).starts_with(&home) {
                            bail!("{}: leads out of this file's folder, which only --config may", place());
                        }
                        read(&path, &mut |declared| exceptions.add_of_tree(declared, Some(&home)))
                            .with_context(place)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ignore files of other tools: in the folder of each named path, and above it up to its tree's root.
    fn of_peers(&self, exceptions: &mut Exceptions, coverage: &mut Coverage) {
        let mut folders = BTreeSet::new();
        for path in self.paths.iter().filter(|path| path.as_os_str() != "-") {
            let path = real(path);
            let folder = if path.is_dir() { &*path } else { path.parent().unwrap_or(&path) };
            let here = real(Path::new("."));
            let root = folder.ancestors().find(|folder| folder.join(".git").exists());
            let root = root.unwrap_or(if folder.starts_with(&here) { &here } else { folder });
            folders
                .extend(folder.ancestors().take_while(|folder| folder.starts_with(root)).map(Path::to_owned));
        }
        let here = real(Path::new("."));
        for folder in folders {
            for (name, file) in peers::ALL.iter().flat_map(|peer| peer.files).flat_map(named) {
                let path = folder.join(name);
                // No link: what a stranger's branch names is not to be shown.
                if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
                    continue;
                }
                let shown = path.strip_prefix(&here).unwrap_or(&path).to_string_lossy();
                let shown: Arc<str> = shown.replace(std::path::MAIN_SEPARATOR, "/").into();
                match load_text(&path, LIMIT) {
                    Ok(text) => {
                        let Ignored { marks, problems } = (file.read)(&shown, &text);
                        coverage.notes.extend(exceptions.add_ignores(&folder, &shown, marks));
                        for (at, problem) in problems {
                            let (line, column) = (Some(at.line), Some(at.column));
                            let place = Place { file: Some(shown.clone()), line, column, ..Place::default() };
                            let message = format!("this line covers nothing: {problem}");
                            coverage.notes.push(note(place, &message));
                        }
                    }
                    Err(error) => {
                        let place = Place { file: Some(shown.clone()), ..Place::default() };
                        coverage.notes.push(note(place, &format!("{shown} {error}: it covers nothing")));
                    }
                }
            }
        }
    }
}

fn note(place: Place, message: &str) -> Note {
    Note { kind: "unreadable-ignore-file".into(), place, message: message.into() }
}

fn named(file: &'static IgnoreFile) -> impl Iterator<Item = (&'static str, &'static IgnoreFile)> {
    file.names.iter().map(move |name| (*name, file))
}

/// Reads the exceptions of a file, or of all files below a folder.
fn read(path: &Path, take: &mut dyn FnMut(Vec<bulkhead_policy::Declared>)) -> Result<()> {
    let sources = walk(&[path.to_owned()], &PathRules::default(), &mut ());
    if let Some(gap) = sources.coverage.gaps.first() {
        bail!("{}", gap.message);
    }
    let mut count = 0;
    for file in (0..sources.len()).filter_map(|number| sources.file(number)) {
        if file.stdin || file.path.file_name().is_some_and(|name| name == SETTINGS) {
            continue;
        }
        let text = load_text(&file.path, LIMIT).map_err(|error| anyhow::anyhow!("{} {error}", file.name))?;
        let declared = read_exceptions(&file.name, &text).map_err(anyhow::Error::msg)?;
        count += declared.len();
        take(declared);
    }
    if count == 0 {
        bail!("{} holds no exceptions", path.display());
    }
    Ok(())
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The folder of a file, by its real path.
pub(crate) fn folder_of(file: &SourceFile<'_>) -> PathBuf {
    real(file.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")))
}

impl Excepting {
    /// What must be known of a document before it is judged.
    pub(crate) fn look(
        &self,
        tree: &bulkhead_document::Tree,
        file: &SourceFile<'_>,
    ) -> Option<(Marks, Vec<Note>)> {
        self.exceptions.look(tree, &file.name, self.trust.get(file.scope as usize)?)
    }

    /// Marks what is covered in the findings of a document, whatever is wrong with what covers them.
    pub(crate) fn mark(
        &self,
        findings: &mut [Finding],
        tree: &bulkhead_document::Tree,
        file: &SourceFile<'_>,
    ) {
        let Some(trust) = self.trust.get(file.scope as usize) else { return };
        let looked = self.look(tree, file);
        let folder = (self.by_folder && !file.stdin).then(|| folder_of(file));
        let around = Around { folder: folder.as_deref(), trust };
        self.exceptions.apply(findings, looked.as_ref().map(|(marks, _)| marks), around);
    }

    /// Marks a finding over several objects, where an exception covers it.
    pub(crate) fn cover(&self, finding: &mut Finding, file: &SourceFile<'_>) {
        let Some(trust) = self.trust.get(file.scope as usize) else { return };
        let folder = (self.by_folder && !file.stdin).then(|| folder_of(file));
        let around = Around { folder: folder.as_deref(), trust };
        self.exceptions.apply(std::slice::from_mut(finding), None, around);
    }

    /// Marks what is covered in a document's findings, and adds what is wrong with what covers them.
    pub(crate) fn apply(
        &self,
        analysis: &mut Analysis,
        looked: Option<(Marks, Vec<Note>)>,
        judge: &Judge,
        file: &SourceFile<'_>,
        document: u32,
    ) {
        let Some(trust) = self.trust.get(file.scope as usize) else { return };
        if looked.is_none() && (self.exceptions.is_empty() || analysis.findings.is_empty()) {
            return;
        }
        let folder = (self.by_folder && !file.stdin).then(|| folder_of(file));
        let around = Around { folder: folder.as_deref(), trust };
        let marks = looked.as_ref().map(|(marks, _)| marks);
        self.exceptions.apply(&mut analysis.findings, marks, around);
        if let Some((marks, notes)) = looked {
            analysis.coverage.notes.extend(notes);
            let complaints = self.exceptions.complaints(&marks, around, judge, &file.name, document);
            if !complaints.is_empty() {
                analysis.findings.extend(complaints);
                let at =
                    |finding: &bulkhead_model::Finding| finding.at.as_ref().map(|at| (at.line, at.column));
                analysis.findings.sort_by_key(at);
            }
        }
    }
}

impl Excepting {
    /// That central exceptions cover nothing is a note: they may be for another tree.
    pub(crate) fn unused(&self) -> Option<Note> {
        let names = self.exceptions.unused_central();
        let many = match names.len() {
            1 => "1 exception of --exceptions or --config covers".to_owned(),
            count => format!("{count} exceptions of --exceptions or --config cover"),
        };
        let message = format!("{many} nothing here: {}", names.join(", "));
        (!names.is_empty()).then(|| Note {
            kind: "unused-exceptions".into(),
            place: Place::default(),
            message: message.into(),
        })
    }

    /// What is wrong with exceptions, when everything was judged.
    pub(crate) fn findings(&self, work: &Work) -> Vec<Finding> {
        if self.exceptions.is_idle() {
            return Vec::new();
        }
        let inputs: Vec<PathBuf> =
            work.sources.inputs.iter().map(|input| real(Path::new(&*input.name))).collect();
        // Settings of the folder that an exception stands in decide how bad it is; without a folder, the
        // outermost ones.
        let mut folders: HashMap<PathBuf, Scope> = HashMap::new();
        let mut last = PathBuf::new();
        for file in (0..work.sources.len()).filter_map(|number| work.sources.file(number)) {
            let folder = file.path.parent().unwrap_or(Path::new(""));
            if folder != last || folders.is_empty() {
                folders.entry(folder_of(&file)).or_insert(file.scope);
                folder.clone_into(&mut last);
            }
        }
        let judge_of = |folder: Option<&Path>| {
            let scope = folder.and_then(|folder| folders.get(folder)).copied();
            let number = work.of_scope.get(scope.unwrap_or(0) as usize)?;
            work.judges.get(*number)
        };
        let is_whole = |home: &Path| {
            work.changed.is_none() && inputs.iter().any(|input| input.is_dir() && home.starts_with(input))
        };
        self.exceptions.findings(&ExceptionBench { judge_of: &judge_of, is_whole: &is_whole })
    }
}
