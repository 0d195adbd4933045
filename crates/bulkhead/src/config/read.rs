//! One settings file out of its tree, with the place of every mistake.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bulkhead_document::{Kind, Limits, Node, Position, Span, Tree, read};
use bulkhead_kinds::{Minor, SUPPORTED};
use bulkhead_model::Severity;
use bulkhead_policy::{Counting, Set};
use bulkhead_source::{ChartSettings, PathRules};

use super::{Config, ConfigError, ExceptionSettings, PolicyPath, PolicySetting};

const FIELDS: [&str; 11] = [
    "extends",
    "locked",
    "kubernetesVersion",
    "defaultNamespace",
    "complete",
    "set",
    "policies",
    "policyPaths",
    "paths",
    "charts",
    "exceptions",
];
const EXCEPTION_FIELDS: [&str; 5] = ["tree", "peers", "owners", "never", "files"];
const POLICY_FIELDS: [&str; 3] = ["enabled", "severity", "parameters"];
const CHART_FIELDS: [&str; 4] = ["path", "release", "namespace", "values"];
const PATH_FIELDS: [&str; 2] = ["include", "exclude"];

type Found<T> = Result<T, ConfigError>;

/// Reads a settings file. `Ok(None)` when it is a Kubernetes object that merely has the name of one.
pub(crate) fn config(file: &str, folder: &Path, text: &str) -> Found<Option<Config>> {
    let file: Arc<str> = file.into();
    let empty = Config { file: file.clone(), folder: folder.to_owned(), ..Config::default() };
    let mut documents = read(text.into(), &Limits::default());
    let tree = match documents.next() {
        None => return Ok(Some(empty)),
        Some(Ok(tree)) => tree,
        Some(Err(error)) => {
            return Err(ConfigError { file, at: error.at, message: error.problem.to_string() });
        }
    };
    let root = tree.root();
    if root.get("apiVersion").is_some() && root.get("kind").is_some() {
        return Ok(None);
    }
    let reader = Reader { file, tree: &tree };
    if let Some(next) = documents.next() {
        let at = next.map_or_else(|error| error.at, |next| next.position(next.root().span().start));
        return Err(reader.at(at, "expected one document, found another".to_owned()));
    }
    if let Some(duplicate) = tree.duplicate_keys().first() {
        let message = format!("{} stands here a second time", tree.key_name(duplicate.key));
        return Err(reader.error(duplicate.again, message));
    }
    reader.config(empty).map(Some)
}

struct Reader<'a> {
    file: Arc<str>,
    tree: &'a Tree,
}

impl<'a> Reader<'a> {
    fn config(&self, mut config: Config) -> Found<Config> {
        let root = self.tree.root();
        self.fields(root, "the file", &FIELDS)?;
        config.kubernetes_version =
            root.get("kubernetesVersion").map(|node| self.version(node)).transpose()?;
        let namespace = root.get("defaultNamespace").map(|node| self.text(node, "defaultNamespace"));
        config.default_namespace = namespace.transpose()?.map(Arc::from);
        config.complete = root.get("complete").map(|node| self.truth(node, "complete")).transpose()?;
        config.set = root.get("set").map(|node| self.word::<Set>(node, "set")).transpose()?;
        if let Some(policies) = root.get("policies") {
            self.mapping(policies, "policies")?;
            for entry in policies.raw_entries() {
                let name = self.tree.key_name(entry.key);
                let at = self.tree.position(entry.span.start);
                config.policies.push(self.policy(name, at, self.tree.node(entry.value))?);
            }
        }
        for (path, at) in self.texts(root.get("policyPaths"), "policyPaths")? {
            config.policy_paths.push(PolicyPath { path: path.into(), at });
        }
        if let Some(paths) = root.get("paths") {
            self.fields(paths, "paths", &PATH_FIELDS)?;
            config.paths = self.paths(paths)?;
        }
        config.extends = match root.get("extends") {
            Some(one) if one.as_str().is_some() => {
                vec![(self.text(one, "extends")?.into(), self.tree.position(one.span().start))]
            }
            many => self.paths_of(many, "extends")?,
        };
        config.locked = self.texts(root.get("locked"), "locked")?;
        if let Some(exceptions) = root.get("exceptions") {
            config.exceptions = self.exceptions(exceptions)?;
        }
        if let Some(charts) = root.get("charts") {
            if !charts.is_sequence() {
                return Err(self.wrong(charts, "charts", "a list"));
            }
            config.charts =
                charts.items().map(|chart| self.chart(chart, &config.folder)).collect::<Found<_>>()?;
        }
        Ok(config)
    }

    fn truth(&self, node: Node<'a>, path: &str) -> Found<bool> {
        node.as_bool().ok_or_else(|| self.wrong(node, path, "true or false"))
    }

    fn exceptions(&self, node: Node<'a>) -> Found<ExceptionSettings> {
        self.fields(node, "exceptions", &EXCEPTION_FIELDS)?;
        // `off` is false to YAML, and a word here.
        let tree = match node.get("tree") {
            Some(off) if off.as_bool() == Some(false) => Counting::Off,
            Some(word) => self.word(word, "exceptions.tree")?,
            None => Counting::default(),
        };
        let peers = node
            .get("peers")
            .map(|peers| peers.as_bool().ok_or_else(|| self.wrong(peers, "exceptions.peers", "on or off")));
        let owners = node.get("owners").map(|owners| self.texts(Some(owners), "exceptions.owners"));
        let owners = owners.transpose()?;
        Ok(ExceptionSettings {
            tree,
            no_peers: peers.transpose()? == Some(false),
            owners: owners.map(|owners| owners.into_iter().map(|(owner, _)| owner).collect()),
            never: self.texts(node.get("never"), "exceptions.never")?,
            files: self.paths_of(node.get("files"), "exceptions.files")?,
        })
    }

    fn paths_of(&self, node: Option<Node<'a>>, path: &str) -> Found<Vec<(PathBuf, Position)>> {
        let texts = self.texts(node, path)?;
        Ok(texts.into_iter().map(|(path, at)| (path.into(), at)).collect())
    }

    /// One way to render a chart; its paths begin at the file's folder.
    fn chart(&self, node: Node<'a>, folder: &Path) -> Found<ChartSettings> {
        self.fields(node, "charts", &CHART_FIELDS)?;
        let text =
            |field: &str| node.get(field).map(|node| self.text(node, &format!("charts.{field}"))).transpose();
        let path = text("path")?.ok_or_else(|| self.wrong(node, "charts", "a mapping with a path"))?;
        let values = self.texts(node.get("values"), "charts.values")?;
        Ok(ChartSettings {
            chart: folder.join(path),
            release: text("release")?.map(str::to_owned),
            namespace: text("namespace")?.map(str::to_owned),
            values: values.into_iter().map(|(file, _)| folder.join(file)).collect(),
            from: Some(self.file.clone()),
            ..ChartSettings::default()
        })
    }

    /// `off`, `on`, a severity, or a mapping of these.
    fn policy(&self, name: &str, at: Position, node: Node<'a>) -> Found<PolicySetting> {
        let mut setting = PolicySetting {
            name: name.to_owned(),
            at,
            on: None,
            severity: None,
            parameters: BTreeMap::new(),
        };
        match node.kind() {
            Kind::Bool(on) => setting.on = Some(on),
            Kind::Text(_) => setting.severity = Some(self.severity(node, &format!("policies.{name}"))?),
            Kind::Mapping(_) => {
                let path = format!("policies.{name}");
                self.fields(node, &path, &POLICY_FIELDS)?;
                if let Some(enabled) = node.get("enabled") {
                    let on = enabled.as_bool();
                    let wrong = || self.wrong(enabled, &format!("{path}.enabled"), "true or false");
                    setting.on = Some(on.ok_or_else(wrong)?);
                }
                let severity =
                    node.get("severity").map(|node| self.severity(node, &format!("{path}.severity")));
                setting.severity = severity.transpose()?;
                if let Some(parameters) = node.get("parameters") {
                    self.mapping(parameters, &format!("{path}.parameters"))?;
                    for entry in parameters.raw_entries() {
                        let value = self.tree.node(entry.value);
                        let plain = serde_json::to_value(value).unwrap_or_default();
                        let at = self.tree.position(entry.span.start);
                        setting.parameters.insert(self.tree.key_name(entry.key).to_owned(), (plain, at));
                    }
                }
            }
            _ => {
                let expected = "off, on, a severity, or enabled, severity and parameters";
                return Err(self.wrong(node, &format!("policies.{name}"), expected));
            }
        }
        Ok(setting)
    }

    /// `1.30`, also without quotes: the text counts, not the number that it spells.
    fn version(&self, node: Node<'a>) -> Found<Minor> {
        let written = match node.kind() {
            Kind::Text(text) => text,
            _ => node.span().of(self.tree.source()),
        };
        let expected = || format!("a version from 1.{} to 1.{}", SUPPORTED.start(), SUPPORTED.end());
        let minor = written.trim().parse::<Minor>().ok().filter(|minor| minor.is_supported());
        minor.ok_or_else(|| self.wrong(node, "kubernetesVersion", &expected()))
    }

    fn paths(&self, node: Node<'a>) -> Found<PathRules> {
        let mut lists =
            PATH_FIELDS.iter().map(|field| self.texts(node.get(field), &format!("paths.{field}")));
        let (include, exclude) =
            (lists.next().transpose()?.unwrap_or_default(), lists.next().transpose()?.unwrap_or_default());
        for (patterns, of) in [(&include, 0), (&exclude, 1)] {
            for (pattern, at) in patterns {
                let one = vec![pattern.clone()];
                let checked = if of == 0 { PathRules::new(one, vec![]) } else { PathRules::new(vec![], one) };
                checked.map_err(|error| self.at(*at, error.to_string()))?;
            }
        }
        let plain =
            |patterns: Vec<(String, Position)>| patterns.into_iter().map(|(pattern, _)| pattern).collect();
        PathRules::new(plain(include), plain(exclude))
            .map_err(|error| self.error(node.span(), error.to_string()))
    }

    fn severity(&self, node: Node<'a>, path: &str) -> Found<Severity> {
        let words = "off, on, critical, high, medium, low or info";
        let text = node.as_str().ok_or_else(|| self.wrong(node, path, words))?;
        text.parse().map_err(|_| self.wrong(node, path, words))
    }

    fn word<T: std::str::FromStr<Err = String>>(&self, node: Node<'a>, path: &str) -> Found<T> {
        let text = self.text(node, path)?;
        text.parse().map_err(|error: String| self.error(node.span(), format!("{path}: {error}")))
    }

    fn text(&self, node: Node<'a>, path: &str) -> Found<&'a str> {
        node.as_str()
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.wrong(node, path, "text"))
    }

    fn texts(&self, node: Option<Node<'a>>, path: &str) -> Found<Vec<(String, Position)>> {
        let Some(node) = node else { return Ok(Vec::new()) };
        if !matches!(node.kind(), Kind::Sequence(_)) {
            return Err(self.wrong(node, path, "a list"));
        }
        let text = |item: Node<'a>| {
            let at = self.tree.position(item.span().start);
            Ok((self.text(item, path)?.to_owned(), at))
        };
        node.items().map(text).collect()
    }

    fn mapping(&self, node: Node<'a>, path: &str) -> Found<()> {
        match node.kind() {
            Kind::Mapping(_) => Ok(()),
            _ => Err(self.wrong(node, path, "a mapping")),
        }
    }

    /// A mapping that has no other fields than these.
    fn fields(&self, node: Node<'a>, path: &str, known: &[&str]) -> Found<()> {
        self.mapping(node, path)?;
        for entry in node.raw_entries() {
            let name = self.tree.key_name(entry.key);
            if known.contains(&name) {
                continue;
            }
            let near = known.iter().map(|field| (strsim::damerau_levenshtein(name, field), field)).min();
            let message = match near {
                Some((distance, field)) if distance <= 3 => {
                    format!("{path} has no field {name}; did you mean {field}?")
                }
                _ => format!("{path} has no field {name}; it has {}", known.join(", ")),
            };
            return Err(self.error(entry.span, message));
        }
        Ok(())
    }

    fn wrong(&self, node: Node<'a>, path: &str, expected: &str) -> ConfigError {
        let found = match node.kind() {
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
            _ => format!("{node:?}"),
        };
        self.error(node.span(), format!("{path}: expected {expected}, found {found}"))
    }

    fn error(&self, span: Span, message: String) -> ConfigError {
        self.at(self.tree.position(span.start), message)
    }

    fn at(&self, at: Position, message: String) -> ConfigError {
        ConfigError { file: self.file.clone(), at, message }
    }
}

#[cfg(test)]
mod tests;
