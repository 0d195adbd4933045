//! What the policies of a pack that change objects would make of the objects of a source.

use std::sync::Arc;

use bulkhead_document::{Edit, Tree};
use bulkhead_kinds::Kinds;
use bulkhead_model::{Gap, GapKind, Place, Subject};
use serde_json::Value as Json;

use super::{Admitted, World, admit};
use crate::judge::{Judge, Origin};
use crate::native::binding::{self, MUTATING};
use crate::native::compile;
use crate::native::document::Document;
use crate::native::request::Review;
use crate::native::surroundings::{Surroundings, Wanted};
use crate::native::verdict::InForce;
use crate::object;
use crate::pack::Pack;
use crate::policy::Policy;
use crate::read::PolicyError;

const GROUP: &str = "admissionregistration.k8s.io";

/// What would become of one object.
#[derive(Debug)]
pub struct Preview {
    /// The object.
    pub subject: Arc<Subject>,
    /// Line and column of the object, from 1.
    pub at: (u32, u32),
    /// Its place, where the document is a list.
    pub item: Option<usize>,
    /// What is changed in it as it is written, in this order, each with the policy that does it.
    pub edits: Vec<(Arc<str>, Edit)>,
    /// The object as the server would hold it after all of that.
    pub object: Json,
    /// Why the server would refuse the request, where it would: policy and reason.
    pub refused: Vec<(Arc<str>, String)>,
}

/// The policies that change objects, ready to run.
pub struct Previewer {
    kinds: &'static Kinds,
    declared: Vec<Arc<Policy>>,
    policies: Vec<InForce>,
    surroundings: Surroundings,
}

impl Previewer {
    /// Compiles the policies of a pack that change objects, for a version.
    ///
    /// # Errors
    /// One of them has a mistake.
    pub fn new(pack: &Pack, kinds: &'static Kinds) -> Result<Self, PolicyError> {
        let mut declared = pack.mutating().to_vec();
        declared.sort_by(|left, right| left.id.cmp(&right.id));
        let mut previewer =
            Self { kinds, declared, policies: Vec::new(), surroundings: Surroundings::default() };
        previewer.bind(&[])?;
        // A pack's own companions were read without a mistake.
        previewer.know(pack.surroundings().clone())?;
        Ok(previewer)
    }

    /// Whether there is no such policy.
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty()
    }

    /// The policies, in the order in which they run.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = &Arc<Policy>> {
        self.declared.iter()
    }

    /// What they ask for beside the objects.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        wanted.add(GROUP, MUTATING);
        wanted.add("", "Namespace");
        wanted.add("apiextensions.k8s.io", "CustomResourceDefinition");
        let natives = self.declared.iter().filter_map(|policy| policy.native.as_ref());
        for kind in natives.filter_map(|native| native.rules.parameter_kind.as_ref()) {
            wanted.add(kind.group(), &kind.kind);
        }
        wanted
    }

    /// Binds the policies by what was found; what of it could not be used is a gap.
    ///
    /// # Errors
    /// A policy has a mistake.
    pub fn know(&mut self, found: Surroundings) -> Result<Vec<Gap>, PolicyError> {
        self.surroundings.extend(found);
        let (mut bindings, mut gaps) = (Vec::<binding::Binding>::new(), Vec::new());
        for found in self.surroundings.found(GROUP, MUTATING) {
            match binding::read(&Document { file: &found.file, root: found.tree.root() }) {
                Ok(binding) if bindings.iter().any(|known| known.name == binding.name) => {}
                Ok(binding) => bindings.push(binding),
                Err(error) => gaps.push(binding::unused(&error, Vec::new())),
            }
        }
        bindings.sort_by(|left, right| left.name.cmp(&right.name));
        self.bind(&bindings)?;
        Ok(gaps)
    }

    /// The policies that nothing binds: they run as if bound to everything.
    pub fn unbound(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.declared
            .iter()
            .zip(&self.policies)
            .filter(|(_, each)| each.is_unbound)
            .map(|(policy, _)| policy)
    }

    fn bind(&mut self, bindings: &[binding::Binding]) -> Result<(), PolicyError> {
        let minor = self.kinds.minor();
        let ready = self.declared.iter().filter_map(|policy| Some((policy, policy.native.as_ref()?)));
        let ready = ready.map(|(policy, native)| {
            let prepared = compile::prepare(policy, native, None, minor)?;
            Ok(InForce::new(prepared, &native.name, bindings))
        });
        self.policies = ready.collect::<Result<_, PolicyError>>()?;
        Ok(())
    }

    /// What would become of the objects of a document, a List's items each, changed or not; and what could not be
    /// told.
    pub fn preview(&self, judge: &Judge, mut tree: Tree, origin: Origin<'_>) -> (Vec<Preview>, Vec<Gap>) {
        let (mut previews, mut gaps) = (Vec::new(), Vec::new());
        let items = bulkhead_kinds::items_of_list(&mut tree);
        let is_list = items.is_some();
        for (place, item) in items.unwrap_or_else(|| vec![tree.root().id()]).into_iter().enumerate() {
            tree.set_root(item);
            let preview = self.object(judge, tree.clone(), origin, &mut gaps);
            previews.extend(preview.map(|preview| Preview { item: is_list.then_some(place), ..preview }));
        }
        (previews, gaps)
    }

    fn object(
        &self,
        judge: &Judge,
        mut tree: Tree,
        origin: Origin<'_>,
        gaps: &mut Vec<Gap>,
    ) -> Option<Preview> {
        let facts = match object::facts(&tree, judge, origin) {
            Ok(facts) => facts,
            Err(gap) => {
                gaps.push(*gap);
                return None;
            }
        };
        let written = serde_json::to_value(tree.root()).unwrap_or_default();
        let position = tree.position(tree.root().span().start);
        let normalised = bulkhead_kinds::normalise(&mut tree, self.kinds).root;
        tree.set_root(normalised);
        let review = Review::default();
        let world =
            World { facts: &facts, kinds: self.kinds, surroundings: &self.surroundings, review: &review };
        let Admitted { edits, object, refused, unknown } = admit(&self.policies, &world, tree, written);
        for (id, names) in unknown {
            let names: Vec<String> = names.into_iter().collect();
            gaps.push(Gap {
                kind: GapKind::UNDECIDED_POLICY,
                place: Place {
                    file: Some(origin.file.clone()),
                    document: origin.document,
                    line: Some(position.line),
                    column: Some(position.column),
                    object: Some(facts.subject.to_string().into()),
                    field: None,
                },
                checks: vec![id.clone()],
                message: format!("what {id} changes hangs on {}", names.join(", ")).into(),
            });
        }
        let at = (position.line, position.column);
        Some(Preview { subject: facts.subject.clone(), at, item: None, edits, object, refused })
    }
}
