//! The settings files that hold for a folder, one over the other.
//!
//! Scope 0 is that of `--config`, or of no file at all. Each `bulkhead.yaml` makes a scope of its own, over
//! that of the folder above it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use bulkhead_source::{LoadError, PathRules, Scope, TreeSettings, load_text};

use super::{Config, ConfigError, read};

/// Settings are written by hand.
const LIMIT: u64 = 1 << 20;
/// Files that extend each other.
const DEPTH: usize = 8;

/// Reads settings files as a walk comes by them.
#[derive(Debug)]
pub(crate) struct Layers {
    scopes: Vec<Layer>,
    /// Scopes by file and by the scope around it.
    known: HashMap<(PathBuf, Scope), Scope>,
    /// Whether files of the tree count.
    of_tree: bool,
    /// The first mistake; a walk cannot end because of it.
    mistake: Option<Mistake>,
}

/// One scope.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// The scope of the folder above.
    pub(crate) outer: Option<Scope>,
    pub(crate) config: Config,
}

/// Why a settings file could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Mistake {
    #[error("{file} {problem}")]
    Load { file: String, problem: LoadError },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Layers {
    /// Begins with `--config`, where it is given.
    pub(crate) fn new(outermost: Option<&Path>, of_tree: bool) -> Result<Self> {
        let config = match outermost {
            Some(file) => read_file(file, &file.display().to_string(), None)?.unwrap_or_default(),
            None => Config::default(),
        };
        let base = Layer { outer: None, config };
        Ok(Self { scopes: vec![base], known: HashMap::new(), of_tree, mistake: None })
    }

    /// The path rules that hold everywhere.
    pub(crate) fn outermost_paths(&self) -> PathRules {
        self.scopes.first().map(Layer::paths).unwrap_or_default()
    }

    /// All scopes, by number; outer before inner.
    pub(crate) fn scopes(self) -> Result<Vec<Layer>, Mistake> {
        match self.mistake {
            Some(mistake) => Err(mistake),
            None => Ok(self.scopes),
        }
    }
}

/// Whether files further in may not leave out paths.
fn locked_paths(scopes: &[Layer], scope: Scope) -> bool {
    let locks = |layer: &Layer| {
        layer
            .config
            .stack()
            .iter()
            .any(|config| config.locked.iter().any(|(field, _)| field == "paths"))
    };
    let mut next = Some(scope);
    while let Some(layer) = next.and_then(|scope| scopes.get(scope as usize)) {
        if locks(layer) {
            return true;
        }
        next = layer.outer;
    }
    false
}

impl Layer {
    /// The path rules of its file, or of the nearest one that it extends.
    fn paths(&self) -> PathRules {
        let rules = self.config.stack().into_iter().rev().map(|config| config.paths.clone());
        rules.into_iter().find(|rules| *rules != PathRules::default()).unwrap_or_default()
    }
}

/// Reads a file and those that it extends. `within` is the tree that they must lie in, of a file of a tree.
fn read_file(file: &Path, shown: &str, within: Option<&Path>) -> Result<Option<Config>, Mistake> {
    read_over(file, shown, within, &mut Vec::new())
}

fn read_over(
    file: &Path,
    shown: &str,
    within: Option<&Path>,
    open: &mut Vec<PathBuf>,
) -> Result<Option<Config>, Mistake> {
    let text = load_text(file, LIMIT).map_err(|problem| Mistake::Load { file: shown.to_owned(), problem })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let Some(mut config) = read::config(shown, folder, &text)? else { return Ok(None) };
    open.push(real(file));
    for (path, at) in config.extends.clone() {
        let wrong = |message: String| ConfigError { file: config.file.clone(), at, message };
        let named = folder.join(&path);
        if path.to_string_lossy().contains("://") {
            return Err(wrong(format!("extends: expected a path, found {}", path.display())).into());
        }
        if within.is_some_and(|tree| named.exists() && !real(&named).starts_with(tree)) {
            let message = "extends: leads out of the tree that this file belongs to, which only --config may";
            return Err(wrong(message.to_owned()).into());
        }
        if open.contains(&real(&named)) || open.len() > DEPTH {
            let message = format!("extends: {} extends this file again", path.display());
            return Err(wrong(message).into());
        }
        let shown = Path::new(shown).parent().unwrap_or(Path::new("")).join(&path);
        let beneath = read_over(&named, &shown.to_string_lossy(), within, open)?;
        let wrong = |message: String| ConfigError { file: config.file.clone(), at, message };
        let no_settings = || wrong(format!("extends: {} is a Kubernetes object", path.display()));
        config.beneath.push(beneath.ok_or_else(no_settings)?);
    }
    open.pop();
    Ok(Some(config))
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The Git repository around a file; its folder where there is none.
fn tree_around(file: &Path) -> PathBuf {
    let folder = real(file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")));
    let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
    repository.unwrap_or(&folder).to_owned()
}

impl TreeSettings for Layers {
    fn enter(&mut self, file: &Path, shown: &str, outer: Scope) -> (Scope, PathRules) {
        if !self.of_tree || self.mistake.is_some() {
            return (outer, PathRules::default());
        }
        let paths = |scopes: &[Layer], scope: Scope| match scopes.get(scope as usize) {
            Some(layer) if scope != outer && !locked_paths(scopes, outer) => layer.paths(),
            _ => PathRules::default(),
        };
        let key = (file.to_owned(), outer);
        if let Some(&scope) = self.known.get(&key) {
            return (scope, paths(&self.scopes, scope));
        }
        let scope = match read_file(file, shown, Some(&tree_around(file))) {
            Ok(Some(config)) => {
                tracing::debug!(file = shown, "read settings");
                self.scopes.push(Layer { outer: Some(outer), config });
                Scope::try_from(self.scopes.len() - 1).unwrap_or(outer)
            }
            Ok(None) => outer,
            Err(mistake) => {
                self.mistake = Some(mistake);
                outer
            }
        };
        self.known.insert(key, scope);
        (scope, paths(&self.scopes, scope))
    }
}
