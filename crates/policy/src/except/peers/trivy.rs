//! Trivy: `.trivyignore`, `.trivyignore.yaml`, and `trivy:ignore:ID` in comments, all with a day to end.
//!
//! A comment covers its line, or the block below it. Ids come in three spellings (`KSV-0009`, `KSV009`,
//! `AVD-KSV-0009`). Vulnerabilities, secrets and licences in ignore files are for images and are left alone.
//!
//! <https://trivy.dev/latest/docs/configuration/filtering/>

use bulkhead_document::{Node, Position};
use bulkhead_model::Until;

use super::super::marks::{Mark, Where, settled};
use super::{IgnoreFile, Ignored, Peer, at, day, texts, trees};

const NAME: &str = "trivy";
const COMMENT: &str = "trivy:ignore:";

pub(super) const TRIVY: Peer = Peer {
    name: NAME,
    words: &[COMMENT],
    annotation: |_, _| Vec::new(),
    settle: settled,
    comment,
    files: &[
        IgnoreFile { names: &[".trivyignore"], read: read_lines },
        IgnoreFile { names: &[".trivyignore.yaml", ".trivyignore.yml"], read: read_yaml },
    ],
};

/// `KSV-0009`, whatever it is written like.
fn id(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    let plain = upper.strip_prefix("AVD-").unwrap_or(&upper);
    let digits = plain.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (family, number) = plain.split_at(plain.len() - digits);
    let family = family.trim_end_matches('-');
    if number.is_empty() || !family.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return plain.to_owned();
    }
    format!("{family}-{number:0>4}")
}

/// Whether an id is of a check on configuration; else it is of a vulnerability, a secret or a licence.
fn is_check(id: &str) -> bool {
    ["KSV-", "KCV-", "DS-", "AVD-KSV", "AVD-KCV", "AVD-DS"]
        .iter()
        .any(|family| id.starts_with(family))
}

fn comment(text: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(said) = word.strip_prefix(COMMENT) {
            let (name, until) = match said.split_once(":exp:") {
                Some((name, until)) => (name, Some(until)),
                None => (said, None),
            };
            // `id[parameter=value]` narrows by parameters that are Trivy's own.
            let name = name.split('[').next().unwrap_or(name);
            let mut mark = Mark::new(NAME, "trivy:ignore", vec![id(name)]);
            mark.at = Where::Block;
            if let Some(until) = until {
                end(&mut mark, until);
            }
            if !name.is_empty() {
                marks.push(mark);
            }
        } else if let (Some(until), Some(mark)) = (word.strip_prefix("exp:"), marks.last_mut()) {
            end(mark, until);
        }
    }
    marks
}

fn end(mark: &mut Mark, text: &str) {
    mark.until = day(text).map(Until::Date);
    if mark.until.is_none() {
        mark.problem = Some(format!("exp: expected a day such as 2027-01-31, found {text:?}"));
    }
}

fn read_lines(file: &str, text: &str) -> Ignored {
    let mut ignored = Ignored::default();
    for (line, number) in text.lines().zip(1..) {
        let said = line.split('#').next().unwrap_or_default();
        let mut words = said.split_whitespace();
        let Some(name) = words.next() else { continue };
        let name = id(name);
        if !is_check(&name) {
            continue;
        }
        let mut mark = Mark::new(NAME, format!("{file}:{number}"), vec![name]);
        // A comment on the lines above is where people put the reason.
        let before = text.lines().take(usize::try_from(number).unwrap_or(1) - 1).last();
        if let Some(reason) = before.and_then(|line| line.trim().strip_prefix('#')) {
            mark = mark.because(reason);
        }
        let position = Position { line: number, column: 1 };
        mark = mark.at(Where::Files(Vec::new()), position);
        for word in words {
            match word.strip_prefix("exp:") {
                Some(until) => end(&mut mark, until),
                None => ignored.problems.push((position, format!("{word:?} means nothing here"))),
            }
        }
        ignored.marks.push(mark);
    }
    ignored
}

fn read_yaml(file: &str, text: &str) -> Ignored {
    let mut ignored = Ignored::default();
    for tree in trees(text, &mut ignored) {
        for entry in tree.root().get("misconfigurations").into_iter().flat_map(Node::items) {
            let position = at(entry);
            let Some(name) = entry.get("id").and_then(Node::as_str) else {
                ignored.problems.push((position, "misconfigurations: expected an id".to_owned()));
                continue;
            };
            let field = |name: &str| entry.get(name).and_then(Node::as_str);
            let paths = texts(entry.get("paths")).map(|(path, _)| path.to_owned()).collect();
            let mut mark = Mark::new(NAME, format!("{file}:{}", position.line), vec![id(name)])
                .because(field("statement").unwrap_or_default())
                .at(Where::Files(paths), position);
            if let Some(until) = field("expired_at") {
                end(&mut mark, until);
            }
            ignored.marks.push(mark);
        }
    }
    ignored
}

#[test]
fn ids_as_people_write_them() {
    for text in ["KSV-0009", "ksv009", "AVD-KSV-0009", "KSV0009"] {
        assert_eq!(id(text), "KSV-0009");
    }
    assert!(!is_check(&id("CVE-2024-1234")) && is_check(&id("AVD-DS-0002")));
}

#[test]
fn files_and_comments() {
    let marks = read_lines("f", "# why\nKSV009 exp:2027-01-31\nCVE-2024-1\n\nKSV-0012\n").marks;
    assert_eq!(marks.len(), 2);
    assert_eq!(marks[0].reason.as_deref(), Some("why"));
    assert_eq!(marks[0].until, Some(Until::Date(jiff::civil::date(2027, 1, 31))));
    let yaml = "misconfigurations:\n- id: AVD-KSV-0009\n  paths: [a/**]\n  expired_at: 2027-01-31\n  statement: why\n- {}\n";
    let Ignored { marks, problems } = read_yaml("f", yaml);
    assert_eq!((marks.len(), problems.len()), (1, 1));
    assert_eq!(marks[0].at, Where::Files(vec!["a/**".to_owned()]));
    let marks = comment("trivy:ignore:KSV-0009 trivy:ignore:ksv012 exp:2027-01-31");
    assert_eq!(marks.len(), 2);
    assert!(marks[0].until.is_none() && marks[1].until.is_some());
}
