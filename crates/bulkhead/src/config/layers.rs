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
            Some(file) => read_file(file, &file.display().to_string())?.unwrap_or_default(),
            None => Config::default(),
        };
        let base = Layer { outer: None, config };
        Ok(Self { scopes: vec![base], known: HashMap::new(), of_tree, mistake: None })
    }

    /// The path rules that hold everywhere.
    pub(crate) fn outermost_paths(&self) -> PathRules {
        self.scopes.first().map(|layer| layer.config.paths.clone()).unwrap_or_default()
    }

    /// All scopes, by number; outer before inner.
    pub(crate) fn scopes(self) -> Result<Vec<Layer>, Mistake> {
        match self.mistake {
            Some(mistake) => Err(mistake),
            None => Ok(self.scopes),
        }
    }
}

fn read_file(file: &Path, shown: &str) -> Result<Option<Config>, Mistake> {
    let text = load_text(file, LIMIT).map_err(|problem| Mistake::Load { file: shown.to_owned(), problem })?;
    Ok(read::config(shown, file.parent().unwrap_or(Path::new("")), &text)?)
}

impl TreeSettings for Layers {
    fn enter(&mut self, file: &Path, shown: &str, outer: Scope) -> (Scope, PathRules) {
        if !self.of_tree || self.mistake.is_some() {
            return (outer, PathRules::default());
        }
        let paths = |scopes: &[Layer], scope: Scope| match scopes.get(scope as usize) {
            Some(layer) if scope != outer => layer.config.paths.clone(),
            _ => PathRules::default(),
        };
        let key = (file.to_owned(), outer);
        if let Some(&scope) = self.known.get(&key) {
            return (scope, paths(&self.scopes, scope));
        }
        let scope = match read_file(file, shown) {
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
