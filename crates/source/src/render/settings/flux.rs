//! What Flux deploys: `HelmRelease` and Kustomization.

use std::sync::Arc;

use bulkhead_document::Node;

use super::{ChartSettings, Known, Settings, inline, word};

/// A release whose chart lies in this tree.
pub(super) fn helm_release(root: Node<'_>, known: &Known<'_>, from: &Arc<str>, settings: &mut Settings) {
    let Some(spec) = root.get("spec") else { return };
    let Some(chart) = word(spec, &["chart", "spec", "chart"]).as_deref().and_then(|path| known.chart(path))
    else {
        return;
    };
    let name = word(root, &["metadata", "name"]);
    let target = word(spec, &["targetNamespace"]);
    let composed = match (&target, name) {
        (Some(target), Some(name)) => Some(format!("{target}-{name}")),
        (None, name) => name,
        _ => None,
    };
    let files = spec.at(&["chart", "spec", "valuesFiles"]).into_iter().flat_map(Node::items);
    // These are named from the source's root on; the chart's own file is one of them.
    let values = files.filter_map(Node::as_str).filter_map(|file| known.beside(chart, file)).collect();
    settings.add_chart(ChartSettings {
        chart: chart.to_owned(),
        release: word(spec, &["releaseName"]).or(composed),
        namespace: target.or_else(|| word(root, &["metadata", "namespace"])),
        values,
        inline: inline(spec.get("values")).into_iter().collect(),
        sets: Vec::new(),
        from: Some(from.clone()),
    });
}

/// A kustomization of this tree, and the namespace that is laid over all of it.
pub(super) fn kustomization(root: Node<'_>, known: &Known<'_>, settings: &mut Settings) {
    let path = word(root, &["spec", "path"]);
    if let Some(real) = path.as_deref().and_then(|path| known.kustomization(path)) {
        settings.add_kustomization(real.to_owned(), word(root, &["spec", "targetNamespace"]));
    }
}
