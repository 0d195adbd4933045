//! A finding as one line of JSON.
//!
//! The same bytes as serde makes of it (a test compares them), in a third of the time: a report of a whole
//! cluster is mostly findings. What all findings of an object share is written once, and a text without
//! anything to escape, as nearly all are, is copied whole.

use std::sync::Arc;

use bulkhead_model::{Finding, Location, Subject, Workload};

/// Writes findings, one after the other.
#[derive(Default)]
pub(super) struct Line {
    bytes: Vec<u8>,
    /// Of the finding before, with what was written of it.
    about: Option<(Arc<Subject>, Option<Arc<Workload>>)>,
    about_bytes: Vec<u8>,
}

impl Line {
    /// The finding's line, without its end.
    pub(super) fn of(&mut self, finding: &Finding) -> serde_json::Result<&[u8]> {
        // Every field by name, so that none that is added is forgotten here.
        let Finding {
            check,
            severity,
            subject,
            workload,
            field,
            at,
            message,
            fix,
            fingerprint,
            excepted,
            claimed,
            known,
            excerpt: _,
        } = finding;
        self.look_at(subject, workload.as_ref())?;
        let line = &mut self.bytes;
        line.clear();
        line.extend_from_slice(b"{\"check\":");
        string(line, check)?;
        line.extend_from_slice(b",\"severity\":");
        string(line, severity.as_str())?;
        line.extend_from_slice(&self.about_bytes);
        if !field.is_empty() {
            line.extend_from_slice(b",\"field\":");
            string(line, field)?;
        }
        if let Some(at) = at {
            line.extend_from_slice(b",\"at\":");
            location(line, at)?;
        }
        line.extend_from_slice(b",\"message\":");
        string(line, message)?;
        line.extend_from_slice(b",\"fix\":");
        string(line, fix)?;
        line.extend_from_slice(b",\"fingerprint\":\"");
        line.extend_from_slice(&fingerprint.to_ascii());
        line.push(b'"');
        for (name, said) in [(&b",\"excepted\":"[..], excepted), (b",\"claimed\":", claimed)] {
            if let Some(said) = said {
                line.extend_from_slice(name);
                serde_json::to_writer(&mut *line, said)?;
            }
        }
        if *known {
            line.extend_from_slice(b",\"known\":true");
        }
        line.push(b'}');
        Ok(line)
    }

    /// Findings come by object, and those of one object share what they are about.
    fn look_at(
        &mut self,
        subject: &Arc<Subject>,
        workload: Option<&Arc<Workload>>,
    ) -> serde_json::Result<()> {
        let is_same = |(known, of): &(Arc<Subject>, Option<Arc<Workload>>)| {
            Arc::ptr_eq(known, subject) && of.as_ref().map(Arc::as_ptr) == workload.map(Arc::as_ptr)
        };
        if self.about.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        let bytes = &mut self.about_bytes;
        bytes.clear();
        bytes.extend_from_slice(b",\"subject\":");
        serde_json::to_writer(&mut *bytes, subject)?;
        if let Some(workload) = workload {
            bytes.extend_from_slice(b",\"workload\":");
            serde_json::to_writer(&mut *bytes, workload)?;
        }
        self.about = Some((subject.clone(), workload.cloned()));
        Ok(())
    }
}

fn location(line: &mut Vec<u8>, at: &Location) -> serde_json::Result<()> {
    let Location { file, document: _, line: first, column, end_line, end_column } = at;
    line.extend_from_slice(b"{\"file\":");
    string(line, file)?;
    for (name, number) in [
        (&b",\"line\":"[..], first),
        (b",\"column\":", column),
        (b",\"endLine\":", end_line),
        (b",\"endColumn\":", end_column),
    ] {
        line.extend_from_slice(name);
        serde_json::to_writer(&mut *line, number)?;
    }
    line.push(b'}');
    Ok(())
}

fn string(line: &mut Vec<u8>, text: &str) -> serde_json::Result<()> {
    // Without a way out of the loop, so that it is done sixteen bytes at a time.
    let escaped = |byte: u8| u8::from(matches!(byte, ..0x20 | b'"' | b'\\'));
    let has_escapes = text.bytes().fold(0, |found, byte| found | escaped(byte)) != 0;
    if has_escapes {
        return serde_json::to_writer(line, text);
    }
    line.push(b'"');
    line.extend_from_slice(text.as_bytes());
    line.push(b'"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use bulkhead_model::{Excepted, Fingerprint, ObjectRef, Severity};

    use super::*;

    fn finding(name: &str, text: &str) -> Finding {
        let (kind, namespace) = (Arc::<str>::from("Deployment"), bulkhead_model::Namespace::Unknown);
        Finding {
            check: "host-ports".into(),
            severity: Severity::Medium,
            subject: Arc::new(Subject::Object(ObjectRef {
                api_version: "apps/v1".into(),
                kind: kind.clone(),
                namespace: namespace.clone(),
                name: name.into(),
            })),
            workload: Some(Arc::new(Workload { kind, namespace, name: name.into() })),
            field: text.into(),
            at: Some(Location {
                file: text.into(),
                document: 3,
                line: 10,
                column: 1,
                end_line: u32::MAX,
                end_column: 0,
            }),
            message: text.into(),
            fix: "Drop hostPort".into(),
            fingerprint: Fingerprint::of_parts(name, &[]),
            excepted: Some(Arc::new(Excepted {
                by: text.into(),
                owner: None,
                reason: text.into(),
                until: None,
                link: None,
                said: bulkhead_model::Said::default(),
            })),
            claimed: None,
            known: true,
            excerpt: None,
        }
    }

    #[test]
    fn says_what_serde_says() {
        let mut line = Line::default();
        let mut same = |finding: &Finding| {
            let expected = serde_json::to_string(finding).unwrap();
            assert_eq!(str::from_utf8(line.of(finding).unwrap()).unwrap(), expected);
        };
        for text in ["plain", "a \"b\"\\c", "new\nline\u{1}\u{7f}", "é\u{2028}😀", ""] {
            let full = finding("cart", text);
            same(&full);
            // Of the same object, then of one that is equal but another.
            same(&Finding { excepted: None, at: None, ..full.clone() });
            same(&Finding { workload: None, ..full });
            same(&finding("till", text));
        }
    }
}
