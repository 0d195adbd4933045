//! What checks are called, here and by other tools.

use std::collections::HashMap;
use std::sync::Arc;

use crate::pack::Pack;

/// The ids that a name stands for.
#[derive(Debug, Default)]
pub struct Names {
    any: HashMap<String, Vec<Arc<str>>>,
    of_tool: HashMap<(String, String), Vec<Arc<str>>>,
    pack: Pack,
}

impl Names {
    /// Those of a pack.
    pub fn new(pack: &Pack) -> Self {
        let mut names = Self { pack: pack.clone(), ..Self::default() };
        for policy in pack.policies() {
            for (tool, aliases) in &policy.aliases {
                for alias in aliases {
                    let alias = alias.to_ascii_lowercase();
                    names.any.entry(alias.clone()).or_default().push(policy.id.clone());
                    names.of_tool.entry((tool.clone(), alias)).or_default().push(policy.id.clone());
                }
            }
        }
        // Our own id goes before whatever else is called so.
        for policy in pack.policies() {
            names.any.insert(policy.id.to_ascii_lowercase(), vec![policy.id.clone()]);
        }
        names
    }

    /// By our id or any alias.
    pub fn any(&self, name: &str) -> Vec<Arc<str>> {
        self.any.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    /// By what a tool calls its checks; `bulkhead` is us.
    pub fn of_tool(&self, tool: &str, name: &str) -> Vec<Arc<str>> {
        if tool == "bulkhead" {
            return self.any(name);
        }
        self.of_tool
            .get(&(tool.to_owned(), name.to_ascii_lowercase()))
            .cloned()
            .unwrap_or_default()
    }

    /// What to say of a name that no check has.
    pub fn unknown(&self, name: &str) -> String {
        match &*self.pack.similar(name) {
            [] => format!("no check is called {name:?}; `bulkhead policy list` shows them all"),
            similar => format!("no check is called {name:?}; did you mean {}?", similar.join(" or ")),
        }
    }
}
