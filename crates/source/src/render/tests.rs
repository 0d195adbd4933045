//! The real programs where they are installed, and what is said where they are not.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::{PathRules, reasons, walk};

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn options(programs: Programs) -> RenderOptions {
    RenderOptions {
        programs,
        charts: Vec::new(),
        kubernetes_version: "1.35.0".into(),
        default_namespace: None,
        allow_remote: false,
        deadline: None,
    }
}

fn rendered(folder: &Path, options: &RenderOptions) -> Sources {
    let mut sources = walk(&[folder.to_owned()], &PathRules::default(), &mut ());
    render(&mut sources, options);
    sources
}

/// Everything that is to be read: its name in the tree, and its text where a program made it.
fn texts(folder: &Path, sources: &Sources) -> Vec<(String, Option<String>)> {
    let files = (0..sources.len()).filter_map(|number| sources.file(number));
    files
        .map(|file| {
            let name = file.path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            (name, file.rendered.map(|rendered| rendered.text.to_string()))
        })
        .collect()
}

fn gaps(sources: &Sources) -> Vec<(&str, &str)> {
    sources.coverage.gaps.iter().map(|gap| (gap.kind.as_str(), &*gap.message)).collect()
}

const CHART: &[(&str, &str)] = &[
    ("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
    ("chart/values.yaml", "image: web:1\n"),
    ("chart/prod.yaml", "image: web:2\n"),
    (
        "chart/templates/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  containers:\n  - name: web\n    image: {{ .Values.image }}\n",
    ),
];

#[test]
fn without_programs_there_are_gaps() {
    let folder = tree(CHART);
    fs::write(folder.path().join("kustomization.yaml"), "resources: [a.yaml]\n").unwrap();
    fs::write(folder.path().join("a.yaml"), "apiVersion: v1\nkind: Pod\n").unwrap();
    let sources = rendered(folder.path(), &options(Programs::default()));
    let kinds: Vec<&str> = gaps(&sources).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["helm-missing", "kustomize-missing"]);
    assert_eq!(sources.coverage.skipped.get(reasons::HELM_TEMPLATE), Some(&1));
    assert!(texts(folder.path(), &sources).iter().any(|(name, _)| name == "a.yaml"));
}

#[test]
fn remote_bases_and_ways_out_of_the_tree_are_not_followed() {
    for (resource, kind) in [
        ("https://example.test/base.yaml", "remote-dependency"),
        ("github.com/example/base?ref=v1", "remote-dependency"),
        ("missing.yaml", "not-rendered"),
        ("../../../../../../../../../etc/hostname", "not-rendered"),
    ] {
        let folder = tree(&[("kustomization.yaml", &format!("resources: ['{resource}']\n"))]);
        // A program that would leave a mark if it were run.
        let programs = Programs { helm: None, kustomize: Some(PathBuf::from("/bin/false")) };
        let sources = rendered(folder.path(), &options(programs));
        let found: Vec<&str> = gaps(&sources).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(found, [kind], "{resource}");
        assert!(!gaps(&sources)[0].1.contains("without a word"), "{resource}: the program was run");
    }
}

#[test]
fn a_chart_is_rendered_for_each_way_that_is_asked_for() {
    let programs = Programs::find();
    if programs.helm.is_none() {
        println!("skipped: a_chart_is_rendered_for_each_way_that_is_asked_for: helm is missing");
        return;
    }
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: live}\nspec:\n  \
        destination: {namespace: shop}\n  source: {path: chart, helm: {valueFiles: [prod.yaml]}}\n";
    let alone = tree(CHART);
    let sources = rendered(alone.path(), &options(programs.clone()));
    assert_eq!(gaps(&sources), []);
    assert_eq!(sources.coverage.skipped.get(reasons::HELM_TEMPLATE), None);
    let made = |sources: &Sources, folder: &Path| -> Vec<String> {
        texts(folder, sources).into_iter().filter_map(|(_, text)| text).collect()
    };
    let text = made(&sources, alone.path());
    assert!(
        text.len() == 1 && text[0].contains("image: web:1") && text[0].contains("name: shop"),
        "{text:?}"
    );
    let file = (0..sources.len())
        .filter_map(|number| sources.file(number))
        .find(|file| file.rendered.is_some());
    let file = file.unwrap();
    assert!(file.path.ends_with("chart/templates/web.yaml"));
    let line = file.rendered.unwrap().text.lines().position(|line| line.contains("web:1")).unwrap();
    let line = u32::try_from(line + 1).unwrap();
    let mut at =
        Location { file: file.name.clone(), document: 0, line, column: 12, end_line: line, end_column: 17 };
    file.rendered.unwrap().locate(&mut at, "spec.containers[0].image");
    assert_eq!(at.line, 9);

    let deployed = tree(CHART);
    fs::write(deployed.path().join("app.yaml"), application).unwrap();
    let sources = rendered(deployed.path(), &options(programs));
    let text = made(&sources, deployed.path());
    assert!(text[0].contains("image: web:2") && text[0].contains("namespace: shop"), "{text:?}");
}

#[test]
fn a_chart_that_cannot_be_rendered_is_a_gap() {
    let programs = Programs::find();
    if programs.helm.is_none() {
        println!("skipped: a_chart_that_cannot_be_rendered_is_a_gap: helm is missing");
        return;
    }
    let mut files = CHART.to_vec();
    files[0].1 = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n- {name: far, version: 1.0.0, repository: 'https://charts.example.test'}\n";
    let folder = tree(&files);
    let found = rendered(folder.path(), &options(programs.clone()));
    assert_eq!(gaps(&found)[0].0, "remote-dependency");
    assert_eq!(found.coverage.skipped.get(reasons::HELM_TEMPLATE), Some(&1));

    files[0].1 = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n- {name: near, version: 1.0.0, repository: 'file://../near'}\n";
    files.push(("near/Chart.yaml", "apiVersion: v2\nname: near\nversion: 1.0.0\n"));
    files.push(("near/templates/x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: near}\n"));
    let folder = tree(&files);
    let found = rendered(folder.path(), &options(programs.clone()));
    assert_eq!(gaps(&found), []);
    assert!(
        texts(folder.path(), &found)
            .iter()
            .any(|(name, text)| name == "chart/charts/near/templates/x.yaml" && text.is_some())
    );

    files.truncate(CHART.len());
    files[0].1 = CHART[0].1;
    files[3].1 = "{{ fail \"no region\" }}\n";
    let folder = tree(&files);
    let found = rendered(folder.path(), &options(programs));
    assert_eq!(gaps(&found)[0].0, "not-rendered");
    assert!(gaps(&found)[0].1.contains("no region"), "{:?}", gaps(&found));
}

#[test]
fn an_overlay_is_judged_and_its_base_is_not() {
    let programs = Programs::find();
    if programs.kustomize.is_none() {
        println!("skipped: an_overlay_is_judged_and_its_base_is_not: kustomize is missing");
        return;
    }
    let folder = tree(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        (
            "base/web.yaml",
            "# a comment\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: web:1\n",
        ),
        (
            "over/kustomization.yaml",
            "namePrefix: prod-\nresources: [../base]\nimages: [{name: web, newTag: '2'}]\n",
        ),
        ("other.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\n"),
    ]);
    let sources = rendered(folder.path(), &options(programs));
    assert_eq!(gaps(&sources), []);
    let found = texts(folder.path(), &sources);
    let made: Vec<&(String, Option<String>)> = found.iter().filter(|(_, text)| text.is_some()).collect();
    let [(name, Some(text))] = made.as_slice() else { panic!("{found:?}") };
    assert_eq!(name, "base/web.yaml");
    assert!(text.contains("image: web:2") && text.contains("name: prod-web"), "{text}");
    assert!(!text.contains("annotations"), "our own annotation is taken out: {text}");
    assert!(found.iter().any(|(name, text)| name == "other.yaml" && text.is_none()));
    assert_eq!(found.iter().filter(|(name, _)| name == "base/web.yaml").count(), 1);
}
