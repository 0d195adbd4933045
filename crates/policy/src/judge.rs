//! One object judged by all policies that are for it.

mod bench;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bulkhead_document::{EditStep, Node, Tree};
use bulkhead_kinds::{KindInfo, Kinds};
use bulkhead_model::{Analysis, Finding, Gap, Note, Place, WorkloadFingerprints};
use serde_json::Value;

use bench::Bench;

use crate::blame::Scribe;
use crate::definition::Definitions;
use crate::index::{KeyIndex, Mask};
use crate::native::compile;
use crate::native::in_force::Natives;
use crate::native::request::Review;
use crate::native::surroundings::{Surroundings, Wanted};
use crate::object::{self};
use crate::pack::Pack;
use crate::patch::Patch;
use crate::plan::{self, Rule};
use crate::policy::{Policy, Unit as Kind};
use crate::reader_checks::{self, ReaderChecks};
use crate::schema::Schema;
use crate::scope::Object;
use crate::secret::Covers;
use crate::select::{Selection, SelectionError, Settings, choose};
use crate::units::{self, Pod};

/// A choice of policies, ready to judge; shared between threads.
pub struct Judge {
    pub(crate) kinds: &'static Kinds,
    pub(crate) settings: Settings,
    minor: u32,
    policies: u64,
    rules: Vec<Rule>,
    pods: Vec<usize>,
    containers: Vec<usize>,
    volumes: Vec<usize>,
    /// Policies for objects and for paths in them, by kind.
    objects: HashMap<Box<str>, Vec<usize>>,
    index: KeyIndex,
    pub(crate) reader_checks: ReaderChecks,
    /// Every policy that was chosen.
    heads: HashMap<Arc<str>, plan::Head>,
    natives: Natives,
    definitions: Definitions,
    /// Policies that are off for want of a parameter.
    off: Vec<(Arc<str>, Note)>,
    /// What is among the policies and is not judged by.
    unread: Vec<Gap>,
    /// Policies that the version judged for knows no fault of.
    other_version: BTreeSet<Arc<str>>,
}

/// Where a document comes from, and what is known around it.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The file as it is to be reported; `-` is standard input.
    pub file: &'a Arc<str>,
    /// Which document of the file, from 0.
    pub document: u32,
    /// The Namespace objects of the source.
    pub namespaces: &'a Namespaces,
}

/// The Namespace objects of a source, by name.
#[derive(Debug, Default)]
pub struct Namespaces(HashMap<String, Tree>);

impl Namespaces {
    /// Adds a Namespace object.
    pub fn add(&mut self, tree: Tree) {
        if let Some(name) = tree.root().at(&["metadata", "name"]).and_then(Node::as_str) {
            self.0.insert(name.to_owned(), tree);
        }
    }

    fn get(&self, name: Option<&str>) -> Option<Node<'_>> {
        self.0.get(name?).map(Tree::root)
    }
}

/// That a policy is off because a parameter is empty that it cannot do without.
fn off(policy: &Policy, overrides: Option<&BTreeMap<String, Value>>) -> Option<Note> {
    policy.parameters.iter().find_map(|parameter| {
        let what = parameter.off_without.as_deref()?;
        let configured = overrides.and_then(|overrides| overrides.get(&*parameter.name));
        let is_empty = match configured.unwrap_or(&parameter.default) {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        is_empty.then(|| Note {
            kind: "policy-off".into(),
            place: Place::default(),
            message: format!(
                "{what} was not judged: {} needs its parameter {} (bulkhead explain {0})",
                policy.id, parameter.name
            )
            .into(),
        })
    })
}

impl Judge {
    /// Chooses and compiles policies.
    ///
    /// # Errors
    /// A name is unknown, the version is not supported, or a policy has a mistake.
    pub fn new(pack: &Pack, selection: &Selection, settings: &Settings) -> Result<Self, SelectionError> {
        let (first, last) = (*bulkhead_kinds::SUPPORTED.start(), *bulkhead_kinds::SUPPORTED.end());
        let target = settings.minor.unwrap_or(last);
        let kinds = Kinds::for_minor(target);
        let kinds = kinds.ok_or(SelectionError::UnsupportedVersion { minor: target, first, last })?;
        let minor = selection.pod_security.and_then(|(_, minor)| minor).unwrap_or(target);
        // What policies are written in is Bulkhead's own choice, whatever version they judge for.
        let environment = plan::environment(last);
        let mut judge = Self {
            kinds,
            settings: settings.clone(),
            minor,
            policies: 0,
            rules: Vec::new(),
            pods: Vec::new(),
            containers: Vec::new(),
            volumes: Vec::new(),
            objects: HashMap::new(),
            index: KeyIndex::default(),
            reader_checks: ReaderChecks::default(),
            heads: HashMap::new(),
            natives: Natives::default(),
            definitions: Definitions::default(),
            off: Vec::new(),
            unread: pack.unread().to_vec(),
            other_version: BTreeSet::new(),
        };
        pack.check_whole()?;
        for policy in choose(pack, selection)? {
            let severity = settings.severities.get(&*policy.id).copied().unwrap_or(policy.severity);
            judge.policies += 1;
            let head = plan::Head { id: policy.id.clone(), severity, fix: policy.fix.clone() };
            judge.heads.insert(policy.id.clone(), head);
            if let Some(native) = &policy.native {
                let configured = settings.severities.get(&*policy.id).copied();
                let severity = configured.or(policy.sets_severity.then_some(policy.severity));
                for native in std::iter::once(native).chain(&policy.more) {
                    judge.natives.add(policy, compile::prepare(policy, native, severity, target)?, kinds);
                }
                continue;
            }
            if let Some(kyverno) = &policy.kyverno {
                let configured = settings.severities.get(&*policy.id).copied();
                let severity = configured.or(policy.sets_severity.then_some(policy.severity));
                judge.natives.kyverno.add(policy, kyverno, severity, target)?;
                continue;
            }
            if policy.unit == Kind::Document {
                judge.reader_checks.choose(policy, severity);
                judge.definitions.choose(policy, severity, target);
            }
            if !policy.kubernetes.contains(minor) {
                judge.other_version.insert(policy.id.clone());
                continue;
            }
            if policy.unit == Kind::Document {
                continue;
            }
            let overrides = settings.parameters.get(&*policy.id);
            if let Some(note) = off(policy, overrides) {
                judge.off.push((policy.id.clone(), note));
                continue;
            }
            let rule = plan::rule(policy, severity, overrides, &environment, &mut judge.index)?;
            judge.add(rule);
        }
        // A pack's own companions were read without a mistake.
        judge.know(pack.surroundings().clone());
        Ok(judge)
    }

    fn add(&mut self, rule: Rule) {
        let place = self.rules.len();
        match &rule.unit {
            Kind::Pod => self.pods.push(place),
            Kind::Container => self.containers.push(place),
            Kind::Volume => self.volumes.push(place),
            Kind::Object | Kind::Path(_) => {
                for pattern in &rule.kinds {
                    self.objects.entry(pattern.kind.clone()).or_default().push(place);
                }
            }
            Kind::Document | Kind::Native => (),
        }
        self.rules.push(rule);
    }

    /// The namespace of objects that name none.
    pub fn default_namespace(&self) -> Option<&str> {
        self.settings.default_namespace.as_deref()
    }

    /// A chosen check that compares several objects, which this judge does not run itself: its id, how
    /// severe it is, how to mend what it finds.
    pub fn over_several(&self, id: &str) -> Option<(&Arc<str>, bulkhead_model::Severity, &Arc<str>)> {
        let head = self.reader_checks.others.iter().find(|head| *head.id == *id)?;
        Some((&head.id, head.severity, &head.fix))
    }

    /// How many policies were chosen.
    pub fn policies(&self) -> u64 {
        self.policies
    }

    /// Whether a policy was chosen.
    pub fn judges(&self, id: &str) -> bool {
        self.heads.contains_key(id)
    }

    /// Whether a policy that was chosen judges nothing for want of a parameter.
    pub fn is_off(&self, id: &str) -> bool {
        self.off.iter().any(|(off, _)| **off == *id)
    }

    /// Whether a policy that was chosen had anything to judge among objects of these kinds, of which so many
    /// run Pods. Nothing where the version judged for knows no such fault.
    pub fn applies(&self, id: &str, kinds: &BTreeSet<Arc<str>>, workloads: u64) -> Option<bool> {
        if self.other_version.contains(id) {
            return None;
        }
        let Some(rule) = self.rules.iter().find(|rule| *rule.head.id == *id) else {
            return Some(!kinds.is_empty());
        };
        Some(match &rule.unit {
            Kind::Pod | Kind::Container | Kind::Volume => workloads > 0,
            _ => rule.kinds.iter().any(|pattern| kinds.iter().any(|kind| **kind == *pattern.kind)),
        })
    }

    /// What a finding of a policy says, if it was chosen.
    pub(crate) fn told(&self, id: &str) -> Option<&plan::Head> {
        self.heads.get(id)
    }

    /// Whether a policy of our own form reads the Namespace object of what it judges.
    fn needs_namespaces(&self) -> bool {
        let reads = |rule: &Rule| {
            let expressions = rule.when.iter().chain(&rule.variables);
            let finds = rule.find.iter().flat_map(|find| find.when.iter());
            expressions.chain(finds).any(|planned| planned.names.contains(&plan::Name::Namespace))
        };
        self.rules.iter().any(reads)
    }

    /// Objects to look for in the source before anything is judged: see [`Judge::know`].
    pub fn wanted(&self) -> Wanted {
        let mut wanted = self.natives.wanted();
        if self.needs_namespaces() {
            wanted.add("", "Namespace");
        }
        if let Some((group, kind)) = self.definitions.wanted() {
            wanted.add(group, kind);
        }
        wanted
    }

    /// Tells the judge what was found of [`Judge::wanted`]. What cannot be used is a gap.
    pub fn know(&mut self, found: Surroundings) -> Vec<Gap> {
        let gaps = self.natives.know(found);
        self.definitions.know(self.natives.definitions());
        gaps
    }

    /// What is wrong with the policies themselves, to be told once a run: native ones that do not fit the
    /// kinds that they match.
    pub fn findings_on_policies(&self) -> &[Finding] {
        self.natives.warnings()
    }

    /// What is among the policies and is not judged by, once a run.
    pub fn unread(&self) -> &[Gap] {
        &self.unread
    }

    /// What is worth saying of the policies, once a run.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = self.natives.notes();
        notes.extend(self.off.iter().map(|(_, note)| note.clone()));
        notes
    }

    /// Judges the objects of a document, a List's items each; findings in the order of their lines.
    pub fn judge(&self, tree: Tree, origin: Origin<'_>) -> Analysis {
        self.judge_review(tree, origin, &Review::default())
    }

    /// The same, with the changes that mend what was found, where policies know them.
    pub fn judge_and_mend(&self, tree: Tree, origin: Origin<'_>) -> (Analysis, Vec<Patch>) {
        let mut patches = Vec::new();
        let analysis = self.document(tree, origin, &Review::default(), Some(&mut patches));
        (analysis, patches)
    }

    /// The same, of objects that something else is asked for than their creation.
    pub fn judge_review(&self, tree: Tree, origin: Origin<'_>, review: &Review) -> Analysis {
        self.document(tree, origin, review, None)
    }

    fn document(
        &self,
        mut tree: Tree,
        origin: Origin<'_>,
        review: &Review,
        mut patches: Option<&mut Vec<Patch>>,
    ) -> Analysis {
        let mut review = review.clone();
        if let Some(old) = &mut review.old_object {
            let root = bulkhead_kinds::normalise(old, self.kinds).root;
            old.set_root(root);
        }
        let mut analysis = Analysis::default();
        analysis.coverage.looked_at.policies = self.policies;
        // Once for the document: a List may hold a whole cluster.
        let present = self.index.present(&tree, 0, Mask::default());
        let items = bulkhead_kinds::items_of_list(&mut tree);
        let is_list = items.is_some();
        for (number, item) in items.unwrap_or_else(|| vec![tree.root().id()]).into_iter().enumerate() {
            tree.set_root(item);
            let mend = patches.as_deref_mut().map(|patches| {
                let way = [EditStep::Field("items".to_owned()), EditStep::Item(number)];
                (if is_list { way.into() } else { Vec::new() }, patches)
            });
            analysis.extend(self.object(&mut tree, origin, &review, present, mend));
        }
        analysis.coverage.gaps.extend(reader_checks::ignored_text(&tree, origin));
        analysis
    }

    fn object(
        &self,
        tree: &mut Tree,
        origin: Origin<'_>,
        review: &Review,
        present: Mask,
        mend: Option<(Vec<EditStep>, &mut Vec<Patch>)>,
    ) -> Analysis {
        let entries = tree.entry_count();
        let mut analysis = Analysis::default();
        analysis.coverage.looked_at.policies = self.policies;
        let facts = match object::facts(tree, self, origin) {
            Ok(facts) => facts,
            Err(gap) => {
                analysis.coverage.gaps.push(*gap);
                return analysis;
            }
        };
        let covers = self.settings.excerpts.then(|| Covers::of(tree.root()));
        let written = tree.root().id();
        let normalised = bulkhead_kinds::normalise(tree, self.kinds);
        let root = normalised.root;
        let pods: Vec<Pod> = normalised.pods.iter().filter_map(|view| units::pod(tree, view)).collect();
        let tree = &*tree;
        let mut scribe = Scribe {
            tree,
            root: tree.node(written),
            file: origin.file,
            document: origin.document,
            subject: facts.subject.clone(),
            workload: &facts.workload,
            fingerprints: WorkloadFingerprints::of(&facts.workload),
            runs_pods: !pods.is_empty(),
            pod: None,
            schema: Schema::new(self.kinds, facts.info.and_then(KindInfo::object_type)),
            covers,
            text: Cell::default(),
        };
        self.reader_checks.duplicate_keys(&scribe, &mut analysis);
        self.reader_checks.removed_api(&scribe, &facts, &mut analysis);
        self.reader_checks.problems(&scribe, &normalised.problems, &facts, &mut analysis);
        scribe.root = tree.node(root);
        analysis.coverage.looked_at.objects = 1;
        if self.settings.kinds {
            analysis.coverage.kinds.insert(facts.kind.clone());
        }
        analysis.coverage.looked_at.workloads = u64::from(!pods.is_empty());
        let object = Object {
            root: tree.node(root),
            namespace: origin.namespaces.get(facts.workload.namespace.name()),
            minor: self.minor,
        };
        let mut bench = Bench {
            judge: self,
            scribe,
            object,
            present: self.index.present(tree, entries, present),
            facts: &facts,
            analysis,
            mend,
            steps: Vec::new(),
            message: String::new(),
        };
        bench.object();
        for pod in &pods {
            bench.scribe.pod = Some(pod);
            let (scribe, written) = (&bench.scribe, tree.node(written));
            self.reader_checks.deprecated_service_account(scribe, written, pod, &mut bench.analysis);
            bench.pod(pod);
        }
        let Bench { mut scribe, mut analysis, .. } = bench;
        if !self.natives.is_empty() {
            scribe.pod = pods.first();
            self.natives.judge(&facts, review, &scribe, self.kinds, &mut analysis);
        }
        self.definitions.judge(&facts, &scribe, &mut analysis);
        let at = |finding: &Finding| finding.at.as_ref().map(|at| (at.line, at.column));
        analysis.findings.sort_by(|left, right| {
            (at(left), &left.check, &left.field).cmp(&(at(right), &right.check, &right.field))
        });
        analysis.findings.dedup_by(|again, first| {
            again.check == first.check && again.field == first.field && again.fingerprint == first.fingerprint
        });
        analysis
    }
}
