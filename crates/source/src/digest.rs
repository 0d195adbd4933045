//! What a report says of each named path, so that one can tell whether a run saw the same files.

use std::fmt::Write as _;

use bulkhead_model::Input;
use sha2::{Digest as _, Sha256};

use crate::sources::NamedPath;

/// The hash of one file's bytes.
pub type ContentHash = [u8; 32];

/// Hashes a file's bytes; done where the file is read.
pub fn hash(bytes: &[u8]) -> ContentHash {
    Sha256::digest(bytes).into()
}

/// Gathers the files of one named path, in their order.
#[derive(Debug)]
pub struct InputDigest {
    name: std::sync::Arc<str>,
    hasher: Sha256,
    files: u64,
    bytes: u64,
}

impl InputDigest {
    /// Nothing was read yet.
    pub fn new(input: &NamedPath) -> Self {
        Self { name: input.name.clone(), hasher: Sha256::new(), files: 0, bytes: 0 }
    }

    /// Takes up a file: its name below the named path, its bytes' hash and count.
    pub fn add(&mut self, file: &str, content: &ContentHash, bytes: u64) {
        let below = file.strip_prefix(&*self.name).unwrap_or(file).trim_start_matches('/');
        self.hasher.update((below.len() as u64).to_le_bytes());
        self.hasher.update(below.as_bytes());
        self.hasher.update(content);
        self.files += 1;
        self.bytes += bytes;
    }

    /// What the report says.
    pub fn finish(self) -> Input {
        let mut digest = "sha256:".to_owned();
        for byte in self.hasher.finalize() {
            _ = write!(digest, "{byte:02x}");
        }
        Input { path: self.name, digest: digest.into(), files: self.files, bytes: self.bytes }
    }
}

#[test]
fn names_count_only_below_the_named_path() {
    let digest = |root: &str, file: &str, content: &str| {
        let input = NamedPath { name: root.into(), skipped: bulkhead_model::Skipped::new() };
        let mut digest = InputDigest::new(&input);
        digest.add(file, &hash(content.as_bytes()), content.len() as u64);
        digest.finish().digest
    };
    assert_eq!(digest("a", "a/x.yaml", "1"), digest("/tmp/b", "/tmp/b/x.yaml", "1"));
    assert_ne!(digest("a", "a/x.yaml", "1"), digest("a", "a/y.yaml", "1"));
    assert_ne!(digest("a", "a/x.yaml", "1"), digest("a", "a/x.yaml", "2"));
}
