//! What every format does, one file each.

use std::io;

use bulkhead_model::{Coverage, Finding, Gap, Run, StandardResult, Verdict};

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod sarif;
pub(crate) mod text;

/// What is known when the last finding has come.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// What was looked at, left out and not judged.
    pub coverage: &'a Coverage,
    /// The run.
    pub run: &'a Run,
    /// Whether the gate held.
    pub verdict: Verdict,
    /// What came of the standards that were asked for.
    pub standards: &'a [StandardResult],
}

/// Writes one report in one format.
pub trait Renderer {
    /// Takes a finding. They come by path, document and line, checks over several objects last.
    ///
    /// # Errors
    /// Those of the writer.
    fn finding(&mut self, finding: &Finding) -> io::Result<()>;

    /// What the format has no room for. Asked once, after the last finding: the caller adds it to the
    /// coverage before judging the gate, so that every report of the run tells it.
    fn left_out(&self) -> Option<Gap> {
        None
    }

    /// Writes what is left and flushes.
    ///
    /// # Errors
    /// Those of the writer.
    fn finish(self: Box<Self>, end: &End<'_>) -> io::Result<()>;
}

/// Bytes are handed on when this many have gathered.
const BUFFER: usize = 64 << 10;
