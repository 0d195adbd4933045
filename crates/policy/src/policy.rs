//! A policy, as read from its file.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use bulkhead_document::Position;
use bulkhead_model::Severity;
use serde_json::Value;

use crate::native::Native;
use crate::patch::Mend;
use crate::path::Path;
use crate::standard::{POD_SECURITY, Standard};

/// The sets of policies, each holding those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Set {
    /// Nearly always wrong.
    Essential,
    /// Quiet on good applications.
    #[default]
    Recommended,
    /// Everything.
    All,
}

impl Set {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Essential, Self::Recommended, Self::All];

    /// The word used in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Recommended => "recommended",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Set {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|set| set.as_str() == word);
        found.ok_or_else(|| format!("{word:?} is no set; expected essential, recommended or all"))
    }
}

/// What `self` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unit {
    Object,
    Pod,
    Container,
    Volume,
    /// Found by the reader or by Rust, without `find`.
    Document,
    /// The object, by a policy in a form that an API server runs itself.
    Native,
    /// Each match of a path in the object.
    Path(Path),
}

/// A kind a policy is for: `Service`, or `apps/Deployment` with its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KindPattern {
    pub(crate) group: Option<Box<str>>,
    pub(crate) kind: Box<str>,
}

/// The minors a policy is judged for; ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Minors {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Minors {
    pub(crate) const ALL: Self = Self { from: 0, to: u32::MAX };

    pub(crate) fn contains(self, minor: u32) -> bool {
        (self.from..=self.to).contains(&minor)
    }
}

/// A CEL expression and where it begins in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) source: Box<str>,
    pub(crate) at: Position,
}

/// Which field to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blame {
    At(Path),
    Missing(Path),
}

/// One way to be wrong.
#[derive(Debug, Clone)]
pub(crate) struct Find {
    pub(crate) blame: Blame,
    pub(crate) when: Option<Expression>,
    pub(crate) message: Vec<Part>,
    pub(crate) patch: Option<Mend>,
}

/// A piece of a message.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(Box<str>),
    Value(Expression),
}

/// What configuration may set.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: Box<str>,
    /// Its value unless configured.
    pub default: Value,
    /// What it is for.
    pub description: Box<str>,
    /// What is not judged while it is empty.
    pub off_without: Option<Box<str>>,
}

/// A policy: rule, page and test in one.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its id, such as `host-ports`.
    pub id: Arc<str>,
    /// What it finds, as a headline.
    pub title: Arc<str>,
    /// How bad that is.
    pub severity: Severity,
    /// The smallest set that holds it.
    pub set: Set,
    /// What goes wrong.
    pub why: Arc<str>,
    /// How to mend it.
    pub fix: Arc<str>,
    /// Controls of published standards, by standard.
    pub standards: BTreeMap<String, Vec<String>>,
    /// Ids of the same check elsewhere, by tool.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// What configuration may set.
    pub parameters: Vec<Parameter>,
    /// The file it was read from.
    pub file: Arc<str>,
    /// Where it begins there.
    pub line: u32,
    pub(crate) text: Arc<str>,
    pub(crate) document: usize,
    pub(crate) kubernetes: Minors,
    pub(crate) unit: Unit,
    pub(crate) kinds: Vec<KindPattern>,
    pub(crate) when: Option<Expression>,
    pub(crate) variables: Vec<(Box<str>, Expression)>,
    pub(crate) find: Vec<Find>,
    /// What is judged where the unit is native.
    pub(crate) native: Option<Arc<Native>>,
    /// The same for other kinds: the controllers of Pods.
    pub(crate) more: Vec<Arc<Native>>,
    /// A policy of Kyverno's, in the place of that.
    pub(crate) kyverno: Option<Arc<crate::kyverno::policy::Policy>>,
    /// Whether the policy itself says how bad it is.
    pub(crate) sets_severity: bool,
}

/// Pod Security levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nothing is refused.
    Privileged,
    /// Known ways out of a container are refused.
    Baseline,
    /// Hardening is demanded too.
    Restricted,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "privileged" => Ok(Self::Privileged),
            "baseline" => Ok(Self::Baseline),
            "restricted" => Ok(Self::Restricted),
            _ => {
                Err(format!("{word:?} is no Pod Security level; expected privileged, baseline or restricted"))
            }
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

impl Policy {
    /// Whether it is called so, here or in another tool; letter case does not matter.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name)
            || self.aliases.values().flatten().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// Whether a Pod Security level demands it.
    pub fn belongs_to(&self, level: Level) -> bool {
        let words = self.standards.get(POD_SECURITY).map_or(&[][..], Vec::as_slice);
        words.iter().any(|word| {
            let least = word.parse().ok().or_else(|| Standard::named(POD_SECURITY)?.control(word)?.level);
            least.is_some_and(|least: Level| least <= level)
        })
    }

    /// Its page, as Markdown.
    pub fn page(&self) -> String {
        let mut page = format!(
            "# {}\n\n`{}` · {} · in set {}\n\n{}\n\n**Fix.** {}.\n",
            self.title,
            self.id,
            self.severity,
            self.set,
            self.why.trim(),
            self.fix.trim().trim_end_matches('.'),
        );
        if self.kubernetes != Minors::ALL {
            let Minors { from, to } = self.kubernetes;
            let range = match to {
                u32::MAX => format!("1.{from} and later"),
                _ if from == 0 => format!("up to 1.{to}"),
                _ => format!("1.{from} to 1.{to}"),
            };
            _ = write!(page, "\nJudged for Kubernetes {range}.\n");
        }
        let tables = [("Standards", &self.standards), ("Also known as", &self.aliases)];
        for (heading, table) in tables.iter().filter(|(_, table)| !table.is_empty()) {
            _ = write!(page, "\n## {heading}\n\n");
            for (name, ids) in *table {
                _ = writeln!(page, "- {name}: {}", ids.join(", "));
            }
        }
        if !self.parameters.is_empty() {
            page.push_str("\n## Parameters\n\n");
            for Parameter { name, default, description, .. } in &self.parameters {
                _ = writeln!(page, "- `{name}` (default `{default}`): {description}");
            }
        }
        page
    }
}
