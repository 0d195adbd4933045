//! One object judged by all policies that are for it.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use bulkhead_cel::Value;
use bulkhead_document::{EditStep, Node, Tree};
use bulkhead_kinds::{KindInfo, Kinds};
use bulkhead_model::{Analysis, Finding, Gap, GapKind, Note, Place as GapPlace, WorkloadFingerprints};

use crate::blame::{Place, Scribe, write_steps};
use crate::definition::Definitions;
use crate::index::{KeyIndex, Mask};
use crate::native::compile;
use crate::native::in_force::Natives;
use crate::native::request::Review;
use crate::native::surroundings::{Surroundings, Wanted};
use crate::object::{self, Facts};
use crate::pack::Pack;
use crate::patch::{Patch, Ways};
use crate::path::{self, Path, Root, Segment, Step};
use crate::plan::{self, PlannedFind, PlannedMessage, PlannedPart, Rule};
use crate::policy::{Blame, Unit as Kind};
use crate::reader_checks::{self, ReaderChecks};
use crate::schema::Schema;
use crate::scope::{Found, Object, Scope, Unit};
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
                judge.natives.add(policy, compile::prepare(policy, native, severity, target)?, kinds);
                continue;
            }
            if policy.unit == Kind::Document {
                judge.reader_checks.choose(policy, severity);
                judge.definitions.choose(policy, severity, target);
            }
            if !policy.kubernetes.contains(minor) || policy.unit == Kind::Document {
                continue;
            }
            let overrides = settings.parameters.get(&*policy.id);
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

    /// What is worth saying of the policies, once a run.
    pub fn notes(&self) -> Vec<Note> {
        self.natives.notes()
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

/// One object on the bench.
struct Bench<'a> {
    judge: &'a Judge,
    scribe: Scribe<'a>,
    object: Object<'a>,
    present: Mask,
    facts: &'a Facts<'a>,
    analysis: Analysis,
    /// The way to the object, and where to put changes that mend it, if they are wanted.
    mend: Option<(Vec<EditStep>, &'a mut Vec<Patch>)>,
    /// Reused from path to path.
    steps: Vec<Step>,
    /// Reused from message to message.
    message: String,
}

/// A unit with the ways to it.
struct Placed<'a, 's> {
    unit: Unit<'a>,
    steps: &'s [Step],
    pod: &'s [Step],
    /// What the unit is called before its name in a message; nothing where the object says enough.
    noun: &'static str,
}

impl<'a> Bench<'a> {
    fn object(&mut self) {
        let root = self.object.root;
        let unit = Unit { node: root, pod: None, effective: None, container_type: None, windows: false };
        for &place in self.judge.objects.get(&*self.facts.kind).map_or(&[][..], Vec::as_slice) {
            let Some(rule) = self.judge.rules.get(place) else {
                continue;
            };
            let named = |pattern: &crate::policy::KindPattern| {
                *pattern.kind == *self.facts.kind
                    && pattern.group.as_ref().is_none_or(|group| **group == *self.facts.group)
            };
            if !rule.kinds.iter().any(named) {
                continue;
            }
            match &rule.unit {
                Kind::Path(path) => {
                    let mut units = Vec::new();
                    path::matches(root, &path.segments, &mut Vec::new(), &mut |found| {
                        units.push((found.node, found.steps.to_vec()));
                    });
                    for (node, steps) in units {
                        self.rule(
                            rule,
                            &Placed { unit: Unit { node, ..unit }, steps: &steps, pod: &[], noun: "" },
                        );
                    }
                }
                _ => self.rule(rule, &Placed { unit, steps: &[], pod: &[], noun: "" }),
            }
        }
    }

    fn pod(&mut self, pod: &'a Pod) {
        let node = self.scribe.tree.node(pod.root);
        let unit =
            Unit { node, pod: Some(node), effective: None, container_type: None, windows: pod.windows };
        self.rules(&self.judge.pods, &Placed { unit, steps: &pod.steps, pod: &pod.steps, noun: "" });
        for container in &pod.containers {
            let node = self.scribe.tree.node(container.node);
            let effective = Some(self.scribe.tree.node(container.effective));
            let unit = Unit { node, effective, container_type: Some(container.sort), ..unit };
            let noun = match container.sort {
                "init" => "init container",
                "ephemeral" => "ephemeral container",
                _ => "container",
            };
            let placed = Placed { unit, steps: &container.steps, pod: &pod.steps, noun };
            self.rules(&self.judge.containers, &placed);
        }
        for (node, steps) in &pod.volumes {
            let node = self.scribe.tree.node(*node);
            let placed = Placed { unit: Unit { node, ..unit }, steps, pod: &pod.steps, noun: "volume" };
            self.rules(&self.judge.volumes, &placed);
        }
    }

    fn rules(&mut self, chosen: &'a [usize], placed: &Placed<'a, '_>) {
        for rule in chosen.iter().filter_map(|place| self.judge.rules.get(*place)) {
            self.rule(rule, placed);
        }
    }

    fn rule(&mut self, rule: &'a Rule, placed: &Placed<'a, '_>) {
        if rule
            .needs
            .as_ref()
            .is_some_and(|needs| needs.iter().all(|needed| !needed.within(&self.present)))
        {
            return;
        }
        let scope = Scope::new(self.object, placed.unit, rule);
        if let Some(when) = &rule.when {
            let outcome = scope.eval(when, Found::default());
            if !self.holds(rule, outcome, placed.steps) {
                return;
            }
        }
        for find in &rule.find {
            self.find(rule, find, &scope, placed);
        }
    }

    fn find(&mut self, rule: &'a Rule, find: &'a PlannedFind, scope: &Scope<'a>, placed: &Placed<'a, '_>) {
        let (path, absent) = match &find.blame {
            Blame::At(path) => (path, false),
            Blame::Missing(path) => (path, true),
        };
        let mut steps = std::mem::take(&mut self.steps);
        steps.clear();
        let Some((start, segments)) = self.start(path, &find.from_container, placed, &mut steps) else {
            return;
        };
        if absent {
            path::absences(start, None, segments, &mut steps, &mut |absence| {
                let found = Found { value: None, key: absence.key, parent: Some(absence.parent) };
                let place = Place { steps: absence.steps, node: absence.parent, rest: absence.rest };
                self.found(rule, find, scope, found, &place, placed);
            });
        } else {
            path::matches(start, segments, &mut steps, &mut |at| {
                let found = Found { value: Some(at.node), key: at.key, parent: Some(at.parent) };
                let place = Place { steps: at.steps, node: at.node, rest: &[] };
                self.found(rule, find, scope, found, &place, placed);
            });
        }
        self.steps = steps;
    }

    /// The node where a path begins, and what is left of the path from there. Writes the way to it.
    fn start<'p>(
        &self,
        path: &'p Path,
        from_container: &'p [Segment],
        placed: &Placed<'a, '_>,
        steps: &mut Vec<Step>,
    ) -> Option<(Node<'a>, &'p [Segment])> {
        let node = match path.root {
            Root::Workload => self.object.root,
            Root::Pod => {
                steps.extend_from_slice(placed.pod);
                placed.unit.pod?
            }
            Root::Unit => {
                steps.extend_from_slice(placed.steps);
                placed.unit.node
            }
            Root::Effective => match deciding(path, placed, steps) {
                Some(context) => context,
                None => return Some((placed.unit.node, from_container)),
            },
        };
        Some((node, &path.segments))
    }

    fn found(
        &mut self,
        rule: &'a Rule,
        find: &'a PlannedFind,
        scope: &Scope<'a>,
        found: Found<'a>,
        place: &Place<'a, '_>,
        placed: &Placed<'a, '_>,
    ) {
        if let Some(when) = &find.when {
            let outcome = scope.eval(when, found);
            if !self.holds(rule, outcome, place.steps) {
                return;
            }
        }
        // What is blamed on the Pod is no single container's.
        let own = !placed.noun.is_empty() && place.steps.starts_with(placed.steps);
        let message = match &find.message {
            PlannedMessage::Constant(message) if !own => message.clone(),
            message => {
                let text = &mut self.message;
                text.clear();
                if own {
                    let name = placed.unit.node.get("name").and_then(Node::as_str).unwrap_or("without name");
                    text.extend([placed.noun, " ", name, " "]);
                }
                match message {
                    PlannedMessage::Constant(message) => text.push_str(message),
                    PlannedMessage::Parts(parts) => write_message(text, parts, scope, found),
                }
                Arc::from(text.as_str())
            }
        };
        let finding = self.scribe.finding(&rule.head, place, message);
        if let (Some((object, patches)), Some(mend)) = (&mut self.mend, &find.patch) {
            let (pod, unit) = (placed.pod, placed.steps);
            let ways = Ways { object, pod, unit, blamed: place.steps, rest: place.rest };
            patches.push(Patch {
                check: rule.head.id.clone(),
                field: finding.field.clone(),
                edit: mend.edit(self.scribe.tree, &ways),
                may_break: mend.may_break.clone(),
            });
        }
        self.analysis.findings.push(finding);
    }

    /// Whether a condition is true. One that is unknown, fails, or is no truth value is a gap, once per
    /// policy and object.
    fn holds(
        &mut self,
        rule: &Rule,
        outcome: Result<Value<'a>, bulkhead_cel::EvalError>,
        steps: &[Step],
    ) -> bool {
        let (kind, message) = match outcome {
            Ok(Value::Bool(holds)) => return holds,
            Ok(Value::Unknown(unknown)) => (
                GapKind::UNDECIDED_POLICY,
                format!("{} needs {unknown}, which this source does not tell", rule.head.id),
            ),
            Ok(other) => {
                let found = other.type_of().name();
                (GapKind::FAILED_POLICY, format!("{} expected a truth value, found {found}", rule.head.id))
            }
            Err(error) => (GapKind::FAILED_POLICY, format!("{} could not be decided: {error}", rule.head.id)),
        };
        let known = self
            .analysis
            .coverage
            .gaps
            .iter()
            .any(|gap| gap.kind == kind && gap.checks == [rule.head.id.clone()]);
        if !known {
            let scribe = &self.scribe;
            let node = scribe.walk(steps).unwrap_or(scribe.root);
            let position = scribe.tree.position(node.span().start);
            let mut field = String::new();
            write_steps(&mut field, scribe.tree, steps);
            self.analysis.coverage.gaps.push(Gap {
                kind,
                place: GapPlace {
                    file: Some(scribe.file.clone()),
                    document: scribe.document,
                    line: Some(position.line),
                    column: Some(position.column),
                    object: Some(scribe.subject.to_string().into()),
                    field: (!field.is_empty()).then(|| field.into()),
                },
                checks: vec![rule.head.id.clone()],
                message: message.into(),
            });
        }
        false
    }
}

/// The security context that decides on a field: the container's, the Pod's where it alone says something;
/// where neither does, the container's if it has one. Writes the way to it, or to the container.
fn deciding<'a>(path: &Path, placed: &Placed<'a, '_>, steps: &mut Vec<Step>) -> Option<Node<'a>> {
    const CONTEXT: &str = "securityContext";
    // Inheritance is by field, for windowsOptions by the field below.
    let depth = match path.segments.first() {
        Some(Segment::Field { name, .. }) if **name == *"windowsOptions" => 2,
        _ => 1,
    };
    let says = |context: &Node<'a>| {
        let fields = path.segments.iter().take(depth);
        fields
            .filter_map(|segment| match segment {
                Segment::Field { name, known } => Some((name, known)),
                Segment::Every => None,
            })
            .try_fold(*context, |node, (name, known)| path::child(node, name, *known).map(|(_, child)| child))
            .is_some()
    };
    let own = path::child(placed.unit.node, CONTEXT, None);
    if !own.is_some_and(|(_, context)| says(&context)) {
        let inherited = placed.unit.pod.and_then(|pod| {
            let (spec_key, spec) = path::child(pod, "spec", None)?;
            let (key, context) = path::child(spec, CONTEXT, None)?;
            says(&context).then_some((spec_key, key, context))
        });
        if let Some((spec_key, key, context)) = inherited {
            steps.extend_from_slice(placed.pod);
            steps.extend([Step::Field(spec_key), Step::Field(key)]);
            return Some(context);
        }
    }
    steps.extend_from_slice(placed.steps);
    let (key, context) = own?;
    steps.push(Step::Field(key));
    Some(context)
}

/// A value that cannot be computed spares the rest of the message.
fn write_message<'a>(text: &mut String, parts: &'a [PlannedPart], scope: &Scope<'a>, found: Found<'a>) {
    for part in parts {
        match part {
            PlannedPart::Text(part) => text.push_str(part),
            PlannedPart::Value(value) => match scope.eval(value, found) {
                Ok(value) => text.push_str(&value.to_text()),
                Err(_) => text.push('…'),
            },
        }
    }
}
