//! Exceptions: who decided to live with what, and which findings that covers.
//!
//! There are two sorts. [`Exceptions`] holds objects of `kind: Exception` and the ignore files of other
//! tools, read before anything is judged. [`Marks`] are what a document says of itself, in annotations and
//! comments, in our words ([`peers::own`]) or another tool's (`peers/`).
//!
//! Whether what the judged tree says of itself counts is a question of [`Trust`]. Nothing here opens a file
//! or asks for the day.

mod form;
mod glob;
mod marks;
mod names;
mod own_findings;
pub mod peers;
mod scope;
mod trust;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bulkhead_document::Tree;
use bulkhead_model::{Excepted, Exception, Finding, Note, Said};
use jiff::civil::Date;

pub use form::{Declared, of_tree, read as read_exceptions, schema as exception_schema};
pub use glob::matches as matches_glob;
pub use marks::{Mark, Marks, Where};
pub use names::Names;
pub use own_findings::{Bench, EXPIRED, REFUSED, UNUSED};
pub use trust::{Counting, Trust};

use form::Refused;
use marks::Matter;

/// An exception, and what of a run it is for.
#[derive(Debug)]
struct Rule {
    exception: Exception,
    /// Where it stands.
    pub(crate) place: bulkhead_model::Location,
    said: Said,
    /// The folder that it covers with all below; everything where there is none.
    home: Option<PathBuf>,
    /// Ids of its checks; all checks where there are none.
    checks: Option<Vec<Arc<str>>>,
    expired: bool,
    used: AtomicBool,
}

/// What is known of the file that findings are of.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The file's folder, by its real path; none of standard input.
    pub folder: Option<&'a Path>,
    /// Whether what the tree says counts.
    pub trust: &'a Trust,
}

/// The exceptions of a run; shared between threads.
#[derive(Debug, Default)]
pub struct Exceptions {
    rules: Vec<Rule>,
    /// What ignore files of other tools say, and where.
    files: Vec<(PathBuf, Mark)>,
    refused: Vec<Refused>,
    names: Names,
    today: Date,
    /// Whether something must be known of objects beside what a finding tells.
    matter: bool,
}

impl Exceptions {
    /// None, by the names that checks have and the day that a run counts as.
    pub fn new(names: Names, today: Date) -> Self {
        Self { names, today, ..Self::default() }
    }

    /// Adds exceptions that whoever runs the check hands in.
    pub fn add_central(&mut self, declared: Vec<Declared>) {
        for declared in declared {
            self.add(declared, Said::Central, None);
        }
    }

    /// Adds exceptions of the judged tree; they cover this folder and all below.
    pub fn add_of_tree(&mut self, declared: Vec<Declared>, home: Option<&Path>) {
        for declared in declared {
            self.add(declared, Said::Tree, home);
        }
    }

    /// Adds what an ignore file of another tool says. What no check of ours is called is noted.
    pub fn add_ignores(&mut self, home: &Path, file: &Arc<str>, marks: Vec<Mark>) -> Vec<Note> {
        let mut notes = Vec::new();
        for mut mark in marks {
            let unknown = mark.resolve(&self.names);
            notes.extend(unknown.iter().map(|name| marks::unknown_name(&mark, name, file)));
            self.files.push((home.to_owned(), mark));
        }
        notes
    }

    /// What checks are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    fn add(&mut self, declared: Declared, said: Said, home: Option<&Path>) {
        let Declared { exception, place, problems, object } = declared;
        let mut refuse = |message: String, field: String, place| {
            self.refused.push(Refused {
                message,
                field,
                place,
                object: object.clone(),
                home: home.map(Path::to_owned),
            });
        };
        let is_whole = problems.is_empty();
        for (message, field, place) in problems {
            refuse(message, field, place);
        }
        let Some(exception) = exception.filter(|_| is_whole) else { return };
        let mut checks = Vec::new();
        for (name, number) in exception.scope.checks.iter().zip(0..) {
            if &**name == "*" {
                continue;
            }
            let ids = self.names.any(name);
            if ids.is_empty() {
                let message = format!("spec.checks[{number}]: {}", self.names.unknown(name));
                refuse(message, format!("spec.checks[{number}]"), place.clone());
                return;
            }
            checks.extend(ids);
        }
        let all =
            exception.scope.checks.is_empty() || exception.scope.checks.iter().any(|name| &**name == "*");
        self.matter |= scope::needs_matter(&exception.scope);
        self.rules.push(Rule {
            expired: !exception.holds_on(self.today),
            exception,
            place,
            said,
            home: home.map(Path::to_owned),
            checks: (!all).then_some(checks),
            used: AtomicBool::new(false),
        });
    }

    /// Every exception, with the ids of its checks: all checks where there are none.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (&Exception, Option<&[Arc<str>]>)> {
        self.rules.iter().map(|rule| (&rule.exception, rule.checks.as_deref()))
    }

    /// What is wrong with exceptions that do not count, each a sentence with its place.
    pub fn mistakes(&self) -> impl Iterator<Item = String> {
        let place = |refused: &Refused| {
            format!("{}:{}:{}", refused.place.file, refused.place.line, refused.place.column)
        };
        self.refused.iter().map(move |refused| format!("{}: {}", place(refused), refused.message))
    }

    /// Whether nothing is excepted by anything but a document's own marks.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.files.is_empty()
    }

    /// Whether there is nothing to say of exceptions themselves.
    pub fn is_idle(&self) -> bool {
        self.is_empty() && self.refused.is_empty()
    }

    /// What must be known of a document before it is judged, so that [`Self::apply`] can tell what covers
    /// its findings.
    pub fn look(&self, tree: &Tree, file: &Arc<str>, trust: &Trust) -> Option<(Marks, Vec<Note>)> {
        let document = tree.extent().of(tree.source());
        let wanted = trust.counting != Counting::Off && peers::may_be_in(document);
        (wanted || self.matter).then(|| {
            let mut marks = marks::look(tree, wanted, trust.peers);
            let notes = marks.resolve(&self.names, file);
            (marks, notes)
        })
    }

    /// Marks the findings that are covered. What `marks` have to say beside is returned.
    pub fn apply(&self, findings: &mut [Finding], marks: Option<&Marks>, around: Around<'_>) {
        for finding in findings {
            let matter = marks.and_then(|marks| marks.matter_of(finding));
            self.cover(finding, matter, around);
        }
    }

    fn cover(&self, finding: &mut Finding, matter: Option<&Matter>, around: Around<'_>) {
        let covering = |said: Said| {
            let rules = self.rules.iter().filter(move |rule| rule.said == said && !rule.expired);
            rules.filter(move |rule| rule.is_at_home(around.folder))
        };
        for rule in covering(Said::Central) {
            if rule.covers(finding, matter) {
                rule.used.store(true, Ordering::Relaxed);
                finding.excepted = Some(Arc::new(rule.exception.excepted(Said::Central)));
                return;
            }
        }
        if around.trust.counting == Counting::Off {
            return;
        }
        for rule in covering(Said::Tree) {
            if rule.covers(finding, matter) {
                rule.used.store(true, Ordering::Relaxed);
                Self::settle(finding, rule.exception.excepted(Said::Tree), around);
                if finding.excepted.is_some() {
                    return;
                }
            }
        }
        let of_document = matter.into_iter().flat_map(|matter| &matter.marks).map(|mark| (mark, None));
        let of_files = self.files.iter().filter(|_| around.trust.peers).filter_map(|(home, mark)| {
            let below = around.folder?.strip_prefix(home).ok()?;
            Some((mark, Some(below)))
        });
        for (mark, below) in of_document.chain(of_files) {
            if mark.covers(finding, matter) && mark.counts(self.today) && mark.is_for_file(finding, below) {
                Self::settle(finding, mark.excepted(), around);
                if finding.excepted.is_some() {
                    return;
                }
            }
        }
    }

    /// What the tree says counts, or is merely told.
    fn settle(finding: &mut Finding, said: Excepted, around: Around<'_>) {
        if around.trust.counts(&finding.check, said.owner.as_deref()) {
            finding.excepted = Some(Arc::new(said));
        } else if finding.claimed.is_none() {
            finding.claimed = Some(Arc::new(said));
        }
    }
}

impl Rule {
    fn is_at_home(&self, folder: Option<&Path>) -> bool {
        match (&self.home, folder) {
            (None, _) => true,
            (Some(home), Some(folder)) => folder.starts_with(home),
            (Some(_), None) => false,
        }
    }

    fn covers(&self, finding: &Finding, matter: Option<&Matter>) -> bool {
        let by_check = self.checks.as_ref().is_none_or(|checks| checks.contains(&finding.check));
        by_check && scope::covers(&self.exception.scope, finding, matter)
    }
}
