//! Environments: which syntax, functions and variables an expression may use.
//!
//! [`Env::conformance`] is the language with all its extensions. [`Env::kubernetes`] is what a version of
//! the API server accepts in a new policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::CompileError;
use crate::library::{self, Function, Library};
use crate::plan;
use crate::program::Program;
use crate::syntax::{self, Features};

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
    variables: BTreeSet<String>,
    container: String,
    checked: bool,
    optionals: bool,
    strict: bool,
}

/// The version of a library that has all of it.
const LATEST: u32 = u32::MAX - 1;

/// Functions and methods by name.
#[derive(Debug, Default)]
struct FunctionTable {
    globals: BTreeMap<&'static str, Vec<&'static Function>>,
    methods: BTreeMap<&'static str, Vec<&'static Function>>,
}

impl Env {
    /// The language with all its extensions.
    pub fn conformance() -> Self {
        let libraries = library::ALL.iter().filter(|library| !library.kubernetes_only);
        Self::of(libraries.map(|library| (*library, LATEST)), true)
    }

    /// What the API server of Kubernetes 1.`minor` accepts in a new policy: what was introduced up to the
    /// version before it, so that the server can be rolled back.
    pub fn kubernetes(minor: u32) -> Self {
        let compatible = minor.saturating_sub(1);
        let libraries = library::ALL.iter().filter_map(|library| {
            let version = library.kubernetes.iter().rev().find(|(since, _)| *since <= compatible)?.1;
            Some((*library, version))
        });
        Self::of(libraries, false)
    }

    fn of(libraries: impl Iterator<Item = (&'static Library, u32)>, conformance: bool) -> Self {
        let mut functions = FunctionTable::default();
        let mut macros = Vec::new();
        let mut optionals = false;
        for (library, version) in libraries {
            optionals |= library.name == "optionals";
            macros
                .extend(library.macros.iter().filter(|(since, _)| *since <= version).map(|(_, known)| known));
            for function in library
                .functions
                .iter()
                .filter(|function| (function.since..function.until).contains(&version))
            {
                let table = if function.member { &mut functions.methods } else { &mut functions.globals };
                table.entry(function.name).or_default().push(function);
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
            variables: BTreeSet::new(),
            container: String::new(),
            checked: true,
            optionals,
            strict: conformance,
        }
    }

    /// The environment with a variable more. The name may be qualified: `variables.containers`. It may also
    /// be one of the language's reserved words, such as `namespace`, which no other environment then reads.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if syntax::is_reserved(&name) {
            self.features.allowed.push(name.clone());
        }
        self.variables.insert(name);
        self
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
        let planned = plan::build(&ast, root, self).map_err(|mistake| error(source, mistake))?;
        Ok(Program::new(planned))
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

    pub(crate) fn declares(&self, name: &str) -> bool {
        self.variables.contains(name)
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
