//! What Argo CD deploys: Application and `ApplicationSet`.

use std::sync::Arc;

use bulkhead_document::{Limits, Node, read};

use super::{ChartSettings, Known, Settings, inline, word};

/// One Application: each of its sources that lies in this tree.
pub(super) fn application(root: Node<'_>, known: &Known<'_>, from: &Arc<str>, settings: &mut Settings) {
    let Some(spec) = root.get("spec") else { return };
    let single = spec.get("source").into_iter();
    let sources = single.chain(spec.get("sources").into_iter().flat_map(Node::items));
    for source in sources {
        let Some(path) = word(source, &["path"]) else { continue };
        let namespace = word(spec, &["destination", "namespace"]);
        if let Some(chart) = known.chart(&path) {
            let helm = source.get("helm");
            let text = |field: &str| helm.and_then(|helm| word(helm, &[field]));
            let files = helm.and_then(|helm| helm.get("valueFiles")).into_iter().flat_map(Node::items);
            // `$name/…` is in another source of the Application.
            let values = files.filter_map(Node::as_str).filter(|file| !file.starts_with('$'));
            let values = values.map(|file| crate::kustomize::resolve(chart, file)).collect();
            let object = inline(helm.and_then(|helm| helm.get("valuesObject")));
            let parameters = helm.and_then(|helm| helm.get("parameters")).into_iter().flat_map(Node::items);
            settings.add_chart(ChartSettings {
                chart: chart.to_owned(),
                release: text("releaseName").or_else(|| word(root, &["metadata", "name"])),
                namespace,
                values,
                inline: text("values").into_iter().chain(object).collect(),
                sets: parameters.filter_map(parameter).collect(),
                from: Some(from.clone()),
            });
        } else if let Some(kustomization) = known.kustomization(&path) {
            // The destination's namespace is for objects that name none, so nothing is laid over them.
            settings.add_kustomization(kustomization.to_owned(), None);
        }
    }
}

/// As Argo CD hands it to `helm --set`.
fn parameter(node: Node<'_>) -> Option<(String, bool)> {
    let (name, value) = (word(node, &["name"])?, node.get("value").and_then(Node::as_str)?);
    let is_text = node.get("forceString").and_then(Node::as_bool).unwrap_or(false);
    Some((format!("{name}={}", value.replace(',', "\\,")), is_text))
}

/// The most Applications that one set is followed to.
const MOST: usize = 200;

/// An `ApplicationSet`: its template with the elements of its list generators, and with the folders
/// of its git generators.
pub(super) fn set(root: Node<'_>, known: &Known<'_>, from: &Arc<str>, settings: &mut Settings) {
    let Some(template) = root.at(&["spec", "template"]) else { return };
    let Ok(template) = serde_json::to_string(&template) else { return };
    let generators = root.at(&["spec", "generators"]).into_iter().flat_map(Node::items);
    let mut rows: Vec<Vec<(String, String)>> = Vec::new();
    for generator in generators {
        for element in generator.at(&["list", "elements"]).into_iter().flat_map(Node::items) {
            let pairs = element.entries().filter_map(|(name, value)| Some((name.to_owned(), plain(value)?)));
            rows.push(pairs.collect());
        }
        for folder in generator.at(&["git", "directories"]).into_iter().flat_map(Node::items) {
            let Some(pattern) = word(folder, &["path"]) else { continue };
            rows.extend(known.folders(&pattern).map(|path| {
                let base = path.rsplit('/').next().unwrap_or_default().to_owned();
                vec![
                    ("path.basename".to_owned(), base),
                    ("path.path".to_owned(), path.clone()),
                    ("path".to_owned(), path),
                ]
            }));
        }
    }
    for row in rows.into_iter().take(MOST) {
        let filled = row.iter().fold(template.clone(), |text, (name, value)| fill(&text, name, value));
        for tree in read(filled.into(), &Limits::default()).flatten() {
            application(tree.root(), known, from, settings);
        }
    }
}

fn plain(node: Node<'_>) -> Option<String> {
    match serde_json::to_value(node).ok()? {
        serde_json::Value::String(text) => Some(text),
        value @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// Both ways to write a parameter: `{{name}}`, and `{{.name}}` of Go's templates. The text is JSON.
fn fill(text: &str, name: &str, value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    let value = quoted.trim_matches('"');
    let spellings = ["{{NAME}}", "{{ NAME }}", "{{.NAME}}", "{{ .NAME }}"];
    spellings
        .iter()
        .fold(text.to_owned(), |text, form| text.replace(&form.replace("NAME", name), value))
}
