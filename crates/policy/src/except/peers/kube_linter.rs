//! kube-linter: annotations of an object, and its configuration file.
//!
//! <https://docs.kubelinter.io/#/configuring-kubelinter>

use super::super::marks::{Mark, Where, nothing, settled};
use super::{IgnoreFile, Ignored, Peer, texts, trees};

const NAME: &str = "kube-linter";
const IGNORE: &str = "ignore-check.kube-linter.io/";
const IGNORE_ALL: &str = "kube-linter.io/ignore-all";

pub(super) const KUBE_LINTER: Peer = Peer {
    name: NAME,
    words: &["kube-linter.io/"],
    annotation,
    settle: settled,
    comment: nothing,
    files: &[IgnoreFile { names: &[".kube-linter.yaml", ".kube-linter.yml"], read }],
};

fn annotation(key: &str, value: &str) -> Vec<Mark> {
    if key == IGNORE_ALL {
        return vec![Mark::new(NAME, key, Vec::new()).because(value)];
    }
    let check = key.strip_prefix(IGNORE).filter(|check| !check.is_empty());
    check
        .map(|check| Mark::new(NAME, key, vec![check.to_owned()]).because(value))
        .into_iter()
        .collect()
}

fn read(file: &str, text: &str) -> Ignored {
    let mut ignored = Ignored::default();
    for tree in trees(text, &mut ignored) {
        let Some(checks) = tree.root().get("checks") else { continue };
        for (check, position) in texts(checks.get("exclude")) {
            let by = format!("{file}:{}", position.line);
            let mark = Mark::new(NAME, by, vec![check.to_owned()]);
            ignored.marks.push(mark.at(Where::Files(Vec::new()), position));
        }
        for (path, position) in texts(checks.get("ignorePaths")) {
            let by = format!("{file}:{}", position.line);
            let path = path.trim_start_matches("~/").to_owned();
            ignored.marks.push(Mark::new(NAME, by, Vec::new()).at(Where::Files(vec![path]), position));
        }
    }
    ignored
}

#[test]
fn annotations_and_configuration() {
    assert_eq!(annotation("ignore-check.kube-linter.io/host-network", "why")[0].checks, ["host-network"]);
    assert!(annotation("kube-linter.io/ignore-all", "")[0].checks.is_empty());
    assert!(annotation("ignore-check.kube-linter.io/", "").is_empty());
    let Ignored { marks, .. } = read("f", "checks:\n  exclude: [a, b]\n  ignorePaths: ['test/**']\n");
    assert_eq!(marks.len(), 3);
    assert_eq!(marks[2].at, Where::Files(vec!["test/**".to_owned()]));
}
