//! Reads what `cargo test -- --show-output` prints.
//!
//! A test that cannot run here prints `skipped: NAME: reason` and returns; to libtest it has passed.
//! `--show-output` prints what each passing test said under `---- NAME stdout ----`, so that such a test
//! is counted as skipped instead. So is one that says it past libtest, on standard error. A test binary that
//! dies prints no result line at all: the caller has to look at cargo's exit code too.

use crate::tally::Tally;

/// Adds up the lines of a run.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) tally: Tally,
    block: Block,
    /// Whether the test whose output is being read said already that it was skipped.
    section: Option<bool>,
    /// Tests that libtest's next result line counts as passed though they were skipped.
    not_passed: u64,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Block {
    #[default]
    Progress,
    Successes,
    Failures,
}

impl Reader {
    /// Takes a line. Whether it is worth showing: what passing tests print is not, but for what was
    /// skipped and the sums of the corpora.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        match line {
            "successes:" => return self.enter(Block::Successes),
            "failures:" => return self.enter(Block::Failures),
            _ => {}
        }
        if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            self.section = Some(false);
            return self.block == Block::Failures;
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            let passed = count(result, "passed");
            self.tally.passed += passed.saturating_sub(std::mem::take(&mut self.not_passed));
            self.enter(Block::Progress);
            return true;
        }
        let (test, outcome) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")).unwrap_or_default();
        match self.block {
            Block::Progress if outcome == "FAILED" => self.tally.failed.push(test.to_owned()),
            Block::Progress if outcome.starts_with("ignored") => {
                let reason = outcome.strip_prefix("ignored, ").unwrap_or("marked #[ignore]");
                self.tally.skipped.push(format!("{test}: {reason}"));
            }
            Block::Progress => {
                return outcome.is_empty() && !line.is_empty() && !line.starts_with("running ");
            }
            Block::Successes => return self.success(line),
            Block::Failures => {}
        }
        true
    }

    /// Takes a line of standard error, where a test that runs long says what it does.
    pub(crate) fn stderr_line(&mut self, line: &str) {
        if let Some(skipped) = line.strip_prefix("skipped: ") {
            self.tally.skipped.push(skipped.to_owned());
            // Its result line may have been read already.
            self.tally.passed = self.tally.passed.saturating_sub(1);
        }
    }

    /// A line that a passing test printed.
    fn success(&mut self, line: &str) -> bool {
        let Some(skipped) = line.strip_prefix("skipped: ") else {
            return is_corpus_sum(line);
        };
        self.tally.skipped.push(skipped.to_owned());
        if self.section.replace(true) == Some(false) {
            self.not_passed += 1;
        }
        false
    }

    fn enter(&mut self, block: Block) -> bool {
        self.block = block;
        self.section = None;
        self.block == Block::Failures
    }
}

/// The number before a word: `7` of `ok. 7 passed; 0 failed`.
fn count(result: &str, word: &str) -> u64 {
    let before = result.split(word).next().unwrap_or_default();
    let number = before.split_whitespace().next_back().unwrap_or_default();
    number.parse().unwrap_or(0)
}

/// `psa: 4537 passed, 0 failed, 0 listed`: what a corpus came to.
fn is_corpus_sum(line: &str) -> bool {
    line.contains(" passed, ") && line.contains(" failed, ") && line.contains(" listed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Tally, Vec<&str>) {
        let mut reader = Reader::default();
        let shown = text.lines().filter(|line| reader.line(line)).collect();
        (reader.tally, shown)
    }

    #[test]
    fn skipped_tests_have_not_passed() {
        let (tally, shown) = read(
            "
running 4 tests
test corpus ... ok
test parses ... ok
test slow ... ignored, needs a cluster
test psa ... ok

successes:

---- corpus stdout ----
skipped: corpus: ../shared/corpora/cel is missing
skipped: corpus: ../shared/corpora/psa is missing

---- psa stdout ----
chatter
psa: 4537 passed, 0 failed, 0 listed


successes:
    corpus
    parses
    psa

test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
",
        );
        assert_eq!(tally.passed, 2);
        assert_eq!(
            tally.skipped,
            [
                "slow: needs a cluster",
                "corpus: ../shared/corpora/cel is missing",
                "corpus: ../shared/corpora/psa is missing",
            ]
        );
        assert!(tally.failed.is_empty());
        assert_eq!(
            shown,
            [
                "test slow ... ignored, needs a cluster",
                "psa: 4537 passed, 0 failed, 0 listed",
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            ]
        );
    }

    #[test]
    fn standard_error_is_heard() {
        let mut reader = Reader::default();
        reader.line("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        reader.stderr_line("skipped: differential-yaml: Go is missing");
        reader.stderr_line("   Compiling xtask");
        assert_eq!(reader.tally.to_string(), "2 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn failures_are_named_and_shown() {
        let (tally, shown) = read(
            "
running 2 tests
test a::good ... ok
test a::bad ... FAILED

successes:

successes:
    a::good

failures:

---- a::bad stdout ----
thread 'a::bad' panicked at src/lib.rs:1:1:
skipped: is no word of ours here

failures:
    a::bad

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
",
        );
        assert_eq!((tally.passed, tally.skipped.len()), (1, 0));
        assert_eq!(tally.failed, ["a::bad"]);
        assert!(shown.contains(&"thread 'a::bad' panicked at src/lib.rs:1:1:"));
    }
}
