//! Environments: which syntax, functions and variables an expression may use.
//!
//! [`Env::conformance`] is the language with all its extensions. [`Env::kubernetes`] is what a version of
//! the API server accepts in a new policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check;
use crate::check::objects::ObjectTypes;
use crate::check::signature::{NotAType, Signature};
use crate::check::types::StaticType;
use crate::error::CompileError;
use crate::estimate::{self, Estimate, Sizes};
use crate::library::{self, FormatVerbs, Function, Library};
use crate::objects::PatchTypes;
use crate::plan;
use crate::program::Program;
use crate::syntax::{self, Features};
use crate::value::Type;

/// How large an expression may be. The defaults are those of the API server, except that it also limits
/// runs of operators, to 250, which [`Env::kubernetes`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep brackets, arguments and conditions may nest; 250 at most.
    pub nesting: u32,
    /// How many operators a run of them may have (`a + b + …`), and how many selections a path; runs of
    /// `&&` and `||` are not counted.
    pub operators: u32,
    /// How many characters an expression may have.
    pub code_points: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nesting: 250, operators: u32::MAX, code_points: 100_000 }
    }
}

/// What an expression may use.
#[derive(Debug, Clone)]
pub struct Env {
    features: Features,
    functions: Arc<FunctionTable>,
    variables: BTreeMap<String, StaticType>,
    /// What the checker knows of functions, by name.
    signatures: Arc<BTreeMap<String, Vec<Arc<Signature>>>>,
    objects: Vec<Arc<dyn ObjectTypes>>,
    rules: Rules,
    container: String,
    checked: bool,
    /// The types of its libraries that have a name.
    types: Vec<Type>,
    optionals: bool,
    strict: bool,
}

/// What an environment asks of expressions beside sound types.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    /// The parts of a list or map literal are of one type; not even `dyn` will do for it.
    pub(crate) homogeneous: bool,
    /// Numbers of different types may be compared.
    pub(crate) cross_type: bool,
    /// Literals of patterns and times are looked at.
    pub(crate) literals: bool,
    /// The texts of `format` are looked at, and take these.
    pub(crate) format: Option<FormatVerbs>,
}

/// The version of a library that has all of it.
const LATEST: u32 = u32::MAX - 1;

/// Functions and methods by name.
#[derive(Debug, Clone, Default)]
struct FunctionTable {
    globals: BTreeMap<&'static str, Vec<&'static Function>>,
    methods: BTreeMap<&'static str, Vec<&'static Function>>,
}

impl Env {
    /// The language with all its extensions.
    pub fn conformance() -> Self {
        let libraries = library::ALL.iter().filter(|library| !library.kubernetes_only);
        let rules = Rules { format: Some(FormatVerbs::Neutral), ..Rules::default() };
        Self::of(libraries.map(|library| (*library, LATEST)), true, rules)
    }

    /// What the API server of Kubernetes 1.`minor` accepts in a new policy: what was introduced up to the
    /// version before it, so that the server can be rolled back.
    pub fn kubernetes(minor: u32) -> Self {
        Self::introduced(minor.saturating_sub(1))
    }

    /// What the API server of Kubernetes 1.`minor` runs stored expressions with: all that it has.
    pub fn kubernetes_stored(minor: u32) -> Self {
        Self::introduced(minor)
    }

    /// What was introduced up to a version.
    fn introduced(compatible: u32) -> Self {
        let libraries = library::ALL.iter().filter_map(|library| {
            let version = library.kubernetes.iter().rev().find(|(since, _)| *since <= compatible)?.1;
            Some((*library, version))
        });
        let rules = Rules {
            homogeneous: true,
            cross_type: compatible >= 28,
            literals: compatible >= 29,
            format: (compatible >= 29).then_some(FormatVerbs::English),
        };
        Self::of(libraries, false, rules)
    }

    fn of(libraries: impl Iterator<Item = (&'static Library, u32)>, conformance: bool, rules: Rules) -> Self {
        let mut functions = FunctionTable::default();
        let mut signatures: BTreeMap<String, Vec<Arc<Signature>>> = BTreeMap::new();
        let mut macros = Vec::new();
        let mut types = Vec::new();
        let mut optionals = false;
        for (library, version) in libraries {
            optionals |= library.name == "optionals";
            types.extend(library.types);
            macros
                .extend(library.macros.iter().filter(|(since, _)| *since <= version).map(|(_, known)| known));
            for function in library
                .functions
                .iter()
                .filter(|function| (function.since..function.until).contains(&version))
            {
                let table = if function.member { &mut functions.methods } else { &mut functions.globals };
                table.entry(function.name).or_default().push(function);
                let known = signatures.entry(function.name.to_owned()).or_default();
                known.extend(check::signatures_of(function));
            }
        }
        let Limits { nesting, operators, code_points } = Limits::default();
        let features = Features {
            optional_syntax: optionals,
            escaped_identifiers: conformance,
            allowed: Vec::new(),
            macros,
            nesting,
            visits: if conformance { operators } else { nesting },
            code_points,
        };
        Self {
            features,
            functions: Arc::new(functions),
            variables: BTreeMap::new(),
            signatures: Arc::new(signatures),
            objects: Vec::new(),
            rules,
            container: String::new(),
            checked: true,
            types,
            optionals,
            strict: conformance,
        }
    }

    /// The environment with a variable more. The name may be qualified: `variables.containers`. It may also
    /// be one of the language's reserved words, such as `namespace`, which no other environment then reads.
    #[must_use]
    pub fn with_variable(self, name: impl Into<String>) -> Self {
        self.with_typed_variable(name, StaticType::Dyn)
    }

    /// The environment with a variable more, of which the checker knows the type. What it is bound to has
    /// to be of that type.
    #[must_use]
    pub fn with_typed_variable(mut self, name: impl Into<String>, of: StaticType) -> Self {
        let name = name.into();
        if syntax::is_reserved(&name) {
            self.features.allowed.push(name.clone());
        }
        self.variables.insert(name, of);
        self
    }

    /// The environment in which the fields of some object types are known.
    #[must_use]
    pub fn with_objects(mut self, objects: Arc<dyn ObjectTypes>) -> Self {
        self.objects.push(objects);
        self
    }

    /// The environment in which a `MutatingAdmissionPolicy` says what to change: with `Object{…}`,
    /// `JSONPatch{…}` and `jsonpatch.escapeKey`.
    #[must_use]
    pub fn with_patches(mut self) -> Self {
        let functions = Arc::make_mut(&mut self.functions);
        let signatures = Arc::make_mut(&mut self.signatures);
        for function in library::PATCHES.functions {
            functions.globals.entry(function.name).or_default().push(function);
            let known = signatures.entry(function.name.to_owned()).or_default();
            known.extend(check::signatures_of(function));
        }
        self.with_objects(Arc::new(PatchTypes))
    }

    /// The environment with a function declared: expressions that call it can be checked, but fail when
    /// they run. A signature is written `(list(A), A) -> bool`, or `string.(int) -> string` for a method.
    ///
    /// # Errors
    /// A text is no signature.
    pub fn with_function(mut self, name: &str, signatures: &[&str]) -> Result<Self, NotAType> {
        let read = signatures.iter().map(|text| text.parse().map(Arc::new));
        let read = read.collect::<Result<Vec<Arc<Signature>>, _>>()?;
        Arc::make_mut(&mut self.signatures).entry(name.to_owned()).or_default().extend(read);
        Ok(self)
    }

    /// The environment with the namespace in which names are looked up first.
    #[must_use]
    pub fn with_container(mut self, name: impl Into<String>) -> Self {
        self.container = name.into();
        self
    }

    /// The environment with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.features.nesting = limits.nesting.min(Limits::default().nesting);
        self.features.visits = limits.operators;
        self.features.code_points = limits.code_points;
        self
    }

    /// The environment in which an unknown name is an error only when it is reached.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    /// The environment without macros.
    #[must_use]
    pub fn without_macros(mut self) -> Self {
        self.features.macros.clear();
        self
    }

    /// Reads an expression and makes it ready to run.
    ///
    /// # Errors
    /// It is no expression, is too large, or uses what the environment does not have.
    pub fn compile(&self, source: &str) -> Result<Program, CompileError> {
        let (ast, root) = syntax::parse(source, &self.features).map_err(|mistake| error(source, mistake))?;
        check::extremes_by_looks(&ast, self).map_err(|mistake| error(source, mistake))?;
        let checked = if self.checked { Some(check::check(&ast, root, self)) } else { None };
        let checked = checked.transpose().map_err(|mistake| error(source, mistake))?;
        let planned =
            plan::build(&ast, root, self, checked.as_ref()).map_err(|mistake| error(source, mistake))?;
        Ok(Program::new(planned, checked))
    }

    /// What an expression may cost, where fields are at most so large; `None` where it is too deep to tell.
    ///
    /// # Errors
    /// As [`Env::compile`].
    pub fn estimate(&self, source: &str, sizes: &dyn Sizes) -> Result<Option<Estimate>, CompileError> {
        let (ast, root) = syntax::parse(source, &self.features).map_err(|mistake| error(source, mistake))?;
        let checked = check::check(&ast, root, self).map_err(|mistake| error(source, mistake))?;
        Ok(estimate::estimate(&ast, root, self, &checked, sizes))
    }

    /// Reads an expression and writes it anew, in the one spelling it has: no brackets or blanks too many,
    /// escapes resolved.
    ///
    /// # Errors
    /// It is no expression, or is too large.
    pub fn rewrite(&self, source: &str) -> Result<String, CompileError> {
        let (ast, root) = syntax::parse(source, &self.features).map_err(|mistake| error(source, mistake))?;
        Ok(syntax::unparse(&ast, root))
    }

    /// Writes an expression anew with others in the place of its variables. Variables of macros are left
    /// alone, and renamed where they would capture one of a replacement.
    ///
    /// # Errors
    /// The expression or a replacement is none, or is too large.
    pub fn substitute(
        &self,
        source: &str,
        replacements: &BTreeMap<String, String>,
    ) -> Result<String, CompileError> {
        let read = |text: &str| syntax::parse(text, &self.features).map_err(|mistake| error(text, mistake));
        let (ast, root) = read(source)?;
        let used = syntax::free_variables(&ast, root);
        let replacements = replacements.iter().filter(|(name, _)| used.contains(*name));
        let replacements = replacements.map(|(name, text)| Ok((name.clone(), read(text)?)));
        let (ast, root) = syntax::substitute(&ast, root, &replacements.collect::<Result<_, _>>()?);
        Ok(syntax::unparse(&ast, root))
    }

    /// The variables that an expression uses and no macro of it binds.
    ///
    /// # Errors
    /// It is no expression, or is too large.
    pub fn free_variables(&self, source: &str) -> Result<BTreeSet<String>, CompileError> {
        let (ast, root) = syntax::parse(source, &self.features).map_err(|mistake| error(source, mistake))?;
        Ok(syntax::free_variables(&ast, root))
    }

    pub(crate) fn declares(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// The type of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&StaticType> {
        self.variables.get(name)
    }

    /// The signatures of all functions and methods of a name.
    pub(crate) fn signatures(&self, name: &str) -> Option<&[Arc<Signature>]> {
        self.signatures.get(name).map(Vec::as_slice)
    }

    /// The type of a field of an object type.
    pub(crate) fn field_of(&self, object: &str, field: &str) -> Option<StaticType> {
        self.objects.iter().find_map(|objects| objects.field(object, field))
    }

    /// Whether expressions can make objects of a type.
    pub(crate) fn makes(&self, name: &str) -> bool {
        self.objects.iter().any(|objects| objects.makes(name))
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) fn container(&self) -> &str {
        &self.container
    }

    pub(crate) fn is_checked(&self) -> bool {
        self.checked
    }

    /// Whether asking a number or a text for a field is an error; Kubernetes leaves that off.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether a conversion of a literal that fails is a mistake in the expression: the API server does
    /// it when it makes the program.
    pub(crate) fn refuses_constants(&self) -> bool {
        self.checked && !self.strict
    }

    /// The type that a name denotes.
    pub(crate) fn type_named(&self, name: &str) -> Option<Type> {
        let of_library = || self.types.iter().copied().find(|known| known.name() == name);
        plan::type_named(name).or_else(of_library)
    }

    pub(crate) fn has_optionals(&self) -> bool {
        self.optionals
    }

    /// The functions of a name, called on a value or not.
    pub(crate) fn functions(&self, name: &str, member: bool) -> &[&'static Function] {
        let table = if member { &self.functions.methods } else { &self.functions.globals };
        table.get(name).map_or(&[], |functions| functions)
    }
}

fn error(source: &str, mistake: syntax::Mistake) -> CompileError {
    let span = mistake.span.start as usize..mistake.span.end as usize;
    CompileError::new(source, mistake.message, span, mistake.at as usize)
}
